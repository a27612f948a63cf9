/// Whether a training step keeps all that backward needs, or keeps the states at some steps and computes the rest again:
/// with T steps memory for about √T of them suffices, for one more forward pass. Results are the same to the bit (where
/// this package's own products are used; where OpenBLAS multiplies, to rounding).
///
/// For layers that run forward only, with a head at every step or at the last one.
public enum Recomputation: Sendable, Hashable {
  /// Everything is kept.
  case none
  /// So many steps are kept at once.
  case segments(ofSteps: Int)
  /// As many steps are kept at once as the plan can have within so many bytes.
  case withinMemory(bytes: Int)
}

extension Plan {
  /// A plan for training on batches of N sequences, in so many shards.
  /// - Throws: `PlanError` where the memory, or what was allowed of it, does not suffice.
  init<S: Scalar>(
    training configuration: ModelConfiguration, loss: Loss?, momentCount: Int, steps: Int, batchSize: Int,
    shards: ShardShare, isRagged: Bool, recomputing: Recomputation, accumulatesGradients: Bool, products: Products,
    precision: WeightPrecision, scalar: S.Type
  ) throws(PlanError) {
    func plan(_ segmentSteps: Int?) throws(PlanError) -> Plan {
      try Plan(
        configuration, steps: steps, batchSize: batchSize / shards.count, shards: shards,
        purpose: .training(loss: loss, momentCount: momentCount), inputGradient: false, isRagged: isRagged,
        segmentSteps: segmentSteps, accumulatesGradients: accumulatesGradients, memory: nil, products: products,
        precision: precision, scalar: scalar)
    }
    switch recomputing {
    case .none: self = try plan(nil)
    case .segments(let segmentSteps): self = try plan(segmentSteps)
    case .withinMemory(let bytes):
      // More pieces need less memory, until the states between them outweigh what they save.
      var least = Int.max
      for pieces in 1...max(1, steps) {
        let candidate = try? plan((steps + pieces - 1) / pieces)
        let needed = candidate?.totalBytes ?? .max
        if let candidate, needed <= bytes {
          self = candidate
          return
        }
        if needed > least, least != .max { break }
        least = min(least, needed)
      }
      throw .exceedsMemory(what: "a batch of \(batchSize) sequences of \(steps) steps", needed: least, available: bytes)
    }
  }
}
