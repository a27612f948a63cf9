internal import Kernels

/// A worker's share in each step of a recurrence: places of its own, which need no word with the others; or, where the
/// sequences are few, columns of the recurrent product for all of them, and then the workers meet twice a step.
struct StepShare {
  /// Whose row functions the worker calls.
  let places: Range<Int>
  /// Rows of its products: its places, or all.
  let rows: Range<Int>
  /// Columns of its products: of h·Wₕᵀ and of dZ·Wₕ.
  let gateColumns: Range<Int>
  let outputColumns: Range<Int>
  let isByColumns: Bool

  init(
    _ recurrence: RecurrencePlan, places: Range<Int>, batchSize: Int, worker: Int, of workers: Int,
    mayShareColumns: Bool
  ) {
    let (gates, output) = (recurrence.recurrentColumns.count, recurrence.outputSize)
    self.places = places
    isByColumns =
      mayShareColumns && recurrence.isPlain
      && ProductChoice.sharesColumns(rows: batchSize, columns: gates, inner: output, workers: workers)
    if isByColumns {
      rows = 0..<batchSize
      gateColumns =
        ProductPart(rows: batchSize, columns: gates, inner: output, worker: worker, of: workers).columns
      outputColumns =
        ProductPart(rows: batchSize, columns: output, inner: gates, worker: worker, of: workers).columns
    } else {
      rows = places
      gateColumns = 0..<gates
      outputColumns = 0..<output
    }
  }
}

extension Range<Int> {
  func moved(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
