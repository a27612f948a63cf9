internal import Kernels

/// A worker's share in each step of a recurrence: slots of its own, which need no word with the others; or, where the
/// sequences are few, columns of the recurrent product for all of them, and then the workers meet twice a step.
struct StepShare {
  /// Whose rows of the cell the worker computes.
  let slots: Range<Int>
  /// Rows of its products: its slots, or all.
  let rows: Range<Int>
  /// Columns of its products: of h·Wₕᵀ and of dZ·Wₕ; of low rank also of what lies between, h·Bᵀ and dZ·A.
  let gateColumns: Range<Int>
  let outputColumns: Range<Int>
  let narrowColumns: Range<Int>
  let isByColumns: Bool

  /// - Parameters:
  ///   - gates: columns of h·Wₕᵀ.
  ///   - output: columns of dZ·Wₕ.
  ///   - rank: r of Wₕ = A·B; nil for a whole matrix.
  ///   - mayShareColumns: whether a step is nothing but a packed product of the states as they stand, and the cell.
  init(
    _ rows: Rows, gates: Int, output: Int, rank: Int?, isPacked: Bool, mayShareColumns: Bool, worker: Int,
    of workers: Int
  ) {
    // OpenBLAS's pieces go by N, whichever sequences there are; all else goes by those that there are.
    let count = rows.sequenceCount
    isByColumns =
      mayShareColumns && isPacked
      && ProductChoice.sharesColumns(rows: count, columns: gates, inner: rank ?? output, workers: workers)
    slots = Self.slots(rows, isPacked: isPacked, worker: worker, of: workers)
    if isByColumns {
      self.rows = 0..<count
      gateColumns = ProductPart.share(ofColumns: gates, worker: worker, of: workers)
      outputColumns = ProductPart.share(ofColumns: output, worker: worker, of: workers)
      narrowColumns = ProductPart.share(ofColumns: rank ?? 0, worker: worker, of: workers)
    } else {
      self.rows = slots
      gateColumns = 0..<gates
      outputColumns = 0..<output
      narrowColumns = 0..<(rank ?? 0)
    }
  }
  /// Slots that a worker alone has, and which need no word with the others.
  init(slots: Range<Int>, gates: Int, output: Int, rank: Int?) {
    (self.slots, rows, isByColumns) = (slots, slots, false)
    (gateColumns, outputColumns, narrowColumns) = (0..<gates, 0..<output, 0..<(rank ?? 0))
  }

  /// A worker's share of the slots where columns are not shared.
  static func slots(_ rows: Rows, isPacked: Bool, worker: Int, of workers: Int) -> Range<Int> {
    guard !isPacked else {
      return rows.firstSlot(ofShare: worker, of: workers)..<rows.firstSlot(ofShare: worker + 1, of: workers)
    }
    // Rows that OpenBLAS multiplies together decide each other's rounding: they are cut by a number of their own.
    let pieces = (rows.batchSize + ProductChoice.stepRows - 1) / ProductChoice.stepRows
    let (first, last) = (pieces * worker / workers, pieces * (worker + 1) / workers)
    return min(
      first * ProductChoice.stepRows, rows.sequenceCount)..<min(
        last * ProductChoice.stepRows, rows.sequenceCount)
  }
}
