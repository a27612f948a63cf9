internal import Kernels

/// Which entries of a recurrent matrix are 0 in a batch, by the seed of the call: of the weights before they are packed, and of their
/// gradient.
struct WeightMask: Sendable {
  let rate: Double
  let stream: UInt64
  /// Number of the first entry of what it is applied to.
  private var first = 0

  /// nil where nothing is dropped.
  init?(rate: Double, recurrence: Int) {
    guard rate > 0 else { return nil }
    (self.rate, stream) = (rate, MaskStream.weights(recurrence))
  }

  /// Of what begins so many entries further on.
  func moved(by entries: Int) -> WeightMask {
    var mask = self
    mask.first += entries
    return mask
  }

  /// Without a seed nothing is dropped.
  func apply<S: Scalar>(to weights: Region, _ call: Call, in memory: Memory<S>) {
    guard let seed = call.dropoutSeed else { return }
    memory.dropout(
      weights, into: weights, columns: 0..<weights.columns, rate: rate, seed: seed &+ stream, first: first)
  }
}
