internal import Kernels

/// How many workers are worth waking: those that bring more than they cost.
///
/// To wake a worker and to meet it at the barriers takes some microseconds where a processor is free, and where none is as
/// long as others keep it: milliseconds. A call that is done in some tens of microseconds is done alone, then. Whether a
/// larger one of a single step is shared, or one whose workers meet every few microseconds, times decide (`SharingTrial`);
/// all others are shared until they turn out to be slower for it (`CrowdWatch`).
extension Plan {
  /// Multiply-adds of a call from which on its work is shared. A few rows read weights for each multiply-add, and are slower
  /// at it than many, which use them again.
  private static func leastSharedWork(rows: Int) -> Int { rows < 4 ? 1 << 18 : 1 << 22 }

  /// Workers to be kept where `wanted` are to be had: one where no call would ever wake another.
  func workers(wanted: Int) -> Int {
    guard !isTraining, attention == nil else { return wanted }
    let rows = steps * batchSize
    guard sharesWork(rows: rows) else { return 1 }
    // The products of a stream, a step a call, are shared by their columns or not at all.
    let shares =
      rows >= 4
      || recurrences.contains { recurrence in
        ProductChoice.sharesColumns(
          rows: batchSize, columns: recurrence.recurrent.map.weights.rows,
          inner: recurrence.recurrent.map.weights.columns, workers: wanted)
      }
      || layers.contains { $0.feedForward?.sharesColumns(rows: batchSize, workers: wanted) ?? false }
    return shares ? wanted : 1
  }

  /// Workers for a call, of so many: all, or one.
  func workers(for rows: Rows, of count: Int) -> Int {
    count == 1 || isTraining || attention != nil || sharesWork(rows: rows.rowCount) ? count : 1
  }

  /// Whether a call is shared that may be.
  enum Sharing {
    /// As long as its workers do not lose more by waiting for each other than they win (`CrowdWatch`).
    case unlessCrowded
    /// As the times say that such calls take, which are of so many rows; 0: of any.
    case onTrial(rows: Int)
    /// As the calls are that go back.
    case asTried
  }

  /// Multiply-adds of a step, from which on workers gain where they have processors, however far these are from each other: on a
  /// shared host a meeting takes four times as long at one time as at another.
  private static let leastStep = 1 << 18

  func sharing(of phases: EnginePhases, _ rows: Rows) -> Sharing {
    if !isTraining, rows.steps == 1, attention == nil { return .onTrial(rows: rows.rowCount) }
    guard batchSize * workOfRow < Self.leastStep else { return .unlessCrowded }
    return !isTraining || phases.contains(.backward) ? .onTrial(rows: 0) : .asTried
  }

  private func sharesWork(rows: Int) -> Bool { rows * workOfRow >= Self.leastSharedWork(rows: rows) }
}
