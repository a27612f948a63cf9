internal import Kernels

/// A worker's share in each step of a layer: sequences of its own, which need no word with the others; or, where the
/// sequences are few, columns of the recurrent product for all of them, and then the workers meet twice a step.
struct StepShare {
  /// Whose row functions the worker calls.
  let sequences: Range<Int>
  /// Rows of its products: its sequences, or all.
  let rows: Range<Int>
  /// Columns of its products: of h·Wₕᵀ and of dZ·Wₕ.
  let gateColumns: Range<Int>
  let hiddenColumns: Range<Int>
  let isByColumns: Bool

  init(_ layer: LayerPlan, batchSize: Int, worker: Int, of workers: Int) {
    let gates = layer.recurrentColumns.count
    sequences = batchSize * worker / workers..<batchSize * (worker + 1) / workers
    isByColumns = ProductChoice.sharesColumns(
      rows: batchSize, columns: gates, inner: layer.hidden, workers: workers)
    if isByColumns {
      rows = 0..<batchSize
      gateColumns =
        ProductPart(rows: batchSize, columns: gates, inner: layer.hidden, worker: worker, of: workers).columns
      hiddenColumns =
        ProductPart(rows: batchSize, columns: layer.hidden, inner: gates, worker: worker, of: workers).columns
    } else {
      rows = sequences
      gateColumns = 0..<gates
      hiddenColumns = 0..<layer.hidden
    }
  }
}

extension Range<Int> {
  func moved(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
