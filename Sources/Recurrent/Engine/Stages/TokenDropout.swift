internal import Kernels

/// Drops tokens: their vectors are 0 wherever they come in a batch, and those of the others are scaled up.
struct TokenDropout: Sendable {
  let rate: Double
  /// [1, V] 0, or 1 / (1 − rate), of each token.
  let scales: Region

  /// Decides about a batch, if there is a seed. Workers wait for each other.
  func draw<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    guard let seed = call.dropoutSeed else { return }
    let share = call.share(of: scales.columns)
    engine.memory.fill(scales.columns(share), with: 1)
    engine.memory.dropout(
      scales, into: scales, columns: share, rate: rate, seed: seed &+ MaskStream.embedding, first: 0)
    engine.pool.barrier()
  }

  /// - Parameter tokens: where in the indices the tokens of the rows stand.
  func apply<S: Scalar>(to rows: Region, at tokens: Int, _ call: Call, _ engine: Engine<S>) {
    guard call.dropoutSeed != nil else { return }
    engine.memory.scale(rows, by: scales, engine.indices, at: tokens)
  }
}
