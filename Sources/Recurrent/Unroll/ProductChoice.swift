internal import Kernels

/// How each kind of product is computed and shared out: the one place that knows, from what was measured
/// (`Benchmarks/README.md`). Which code runs depends on sizes and the instruction set, never on the number of workers:
/// the bits of a result must not. How the workers share our own products is free, as those do not depend on it.
enum ProductChoice {
  /// Whether our kernels beat OpenBLAS on this machine when they multiply many rows at once: those for AVX2 do, which
  /// pack the weights once an update and not once a product.
  private static let areOwnProductsFast = Processor.instructionSet != "baseline" && Processor.instructionSet != "neon"

  /// X·Wᵀ and dZ·W for `rows` rows at once. OpenBLAS spends its time packing where they are few.
  static func packsInputWeights(rows: Int) -> Bool { rows <= 32 || areOwnProductsFast }

  /// dW = dZᵀ·X.
  static var multipliesTransposed: Bool { areOwnProductsFast }

  /// Whether workers share the columns of a product and not its rows. With fewer than four rows each, a tile does not keep
  /// the arithmetic units busy. And weights of 4 MiB and more (of Floats) come from the third-level cache in every step:
  /// then each worker had better read half of them for all rows than all of them for half the rows. In a step of the
  /// sequence this takes two barriers, which must cost less than what is won.
  static func sharesColumns(rows: Int, columns: Int, inner: Int, workers: Int) -> Bool {
    guard workers > 1 else { return false }
    if columns * inner >= 1 << 20, rows <= 16 * workers { return true }
    return rows < 4 * workers && rows * columns * inner >= (rows < workers ? 1 << 15 : 1 << 18)
  }

  /// Workers for a plan where `wanted` are to be had: one for a stream, a step a call, whose products are too small to
  /// share. Waking a second worker would take longer than the step.
  static func workers(for plan: Plan, wanted: Int) -> Int {
    let isStream = plan.steps * plan.batchSize < 4
    let shares = plan.recurrences.contains { recurrence in
      sharesColumns(
        rows: plan.batchSize, columns: recurrence.recurrentColumns.count, inner: recurrence.outputSize, workers: wanted)
    }
    return isStream && !shares ? 1 : wanted
  }
}

/// What one worker computes of a product: a part of the columns of some ranges of rows.
struct ProductPart {
  let columns: Range<Int>
  private let pieces: Pieces
  private let first: Int
  private let step: Int

  /// A part of our own product [rows, inner]·[inner, columns].
  init(rows: Int, columns: Int, inner: Int, worker: Int, of workers: Int) {
    if ProductChoice.sharesColumns(rows: rows, columns: columns, inner: inner, workers: workers) {
      let unit = Block<Float>.packedColumnUnit
      let units = (columns + unit - 1) / unit
      self.columns = units * worker / workers * unit..<min(columns, units * (worker + 1) / workers * unit)
      (pieces, first, step) = (Pieces(of: rows, count: 1), 0, 1)
    } else {
      self.columns = 0..<columns
      (pieces, first, step) = (Pieces(of: rows, count: min(workers, rows)), worker, workers)
    }
  }

  /// A part of a product of OpenBLAS: the output is cut by its size alone.
  init(ofOpenBLASRows rows: Int, columns: Int, worker: Int, of workers: Int) {
    self.columns = 0..<columns
    (pieces, first, step) = (Pieces(of: rows, atMost: 256), worker, workers)
  }

  /// The worker's ranges of rows.
  var rows: some Sequence<Range<Int>> { stride(from: first, to: pieces.count, by: step).lazy.map { pieces[$0] } }
}
