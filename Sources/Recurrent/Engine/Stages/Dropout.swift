internal import Kernels

/// Dropout between two layers, or before the head: what is passed on, with masks that depend on the seed of the call, the
/// stream, the step and the sequence alone.
struct Dropout: Sendable {
  /// The copy that is read instead, of the source's shape.
  let dropped: Region
  let rate: Double
  /// Whether all steps of a sequence have the same mask (Gal & Ghahramani 2016).
  let isVariational: Bool
  let stream: UInt64

  init(_ dropped: Region, rate: Double, isVariational: Bool, stream: UInt64) {
    (self.dropped, self.rate, self.isVariational, self.stream) = (dropped, rate, isVariational, stream)
  }

  /// Of what a residual block adds, in its place; nil without.
  init?(branchesOf configuration: ModelConfiguration, _ outputs: Region, stream: UInt64, _ sizes: BatchSizes) {
    guard sizes.isTraining, configuration.dropsBranches else { return nil }
    self.init(
      outputs, rate: configuration.dropout, isVariational: configuration.isDropoutVariational, stream: stream)
  }

  /// Rows of the source, one for each step of each sequence, dropped out; without a seed they are copied.
  func drop<S: Scalar>(_ source: Region, rows: Range<Int>, _ call: Call, in memory: Memory<S>) {
    guard call.dropoutSeed != nil else { return memory.copy(source.rows(rows), to: dropped.rows(rows)) }
    mask(source, into: dropped, rows: rows, columns: 0..<source.columns, call, in: memory)
  }

  /// The gradient by what was passed on becomes that by the source: the same mask. Or what is to be dropped in its place.
  func dropBack<S: Scalar>(
    _ gradient: Region, rows: Range<Int>, columns: Range<Int>, _ call: Call, in memory: Memory<S>
  ) {
    mask(gradient, into: gradient, rows: rows, columns: columns, call, in: memory)
  }

  private func mask<S: Scalar>(
    _ source: Region, into target: Region, rows: Range<Int>, columns: Range<Int>, _ call: Call, in memory: Memory<S>
  ) {
    guard let seed = call.dropoutSeed else { return }
    call.rows.forEachRow(in: rows) { row, step, sequence in
      let number = isVariational ? call.rows.maskNumber(of: sequence) : call.rows.maskNumber(ofStep: step, sequence)
      memory.dropout(
        source.row(row), into: target.row(row), columns: columns, rate: rate, seed: seed &+ stream,
        first: number * source.columns)
    }
  }

  /// The same for rows of which each sequence has one.
  func dropPooled<S: Scalar>(
    _ source: Region, into target: Region, rows: Range<Int>, columns: Range<Int>, _ call: Call, in memory: Memory<S>
  ) {
    guard let seed = call.dropoutSeed else {
      if source != target { memory.copy(source.rows(rows), to: target.rows(rows)) }
      return
    }
    memory.dropout(
      source.rows(rows), into: target.rows(rows), columns: columns, rate: rate, seed: seed &+ stream,
      first: call.rows.maskNumber(of: rows.lowerBound) * source.columns)
  }
}
