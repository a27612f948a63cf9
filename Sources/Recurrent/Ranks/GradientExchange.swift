/// In which precision gradients of shards are summed, and go from process to process.
public enum GradientExchange: String, Sendable, Hashable, CaseIterable {
  /// As they were computed.
  case full
  /// The gradient of each shard, and each sum of two in the tree, is rounded to bfloat16 (8 significant bits), to the nearest, ties
  /// to even, whoever computes it: so the bits are still those of one process, and half the bytes are exchanged. For trainings in
  /// Floats.
  case bfloat16

  /// Why it is not for batches in so many shards; nil: it is.
  func fault(ofShards count: Int) -> String? {
    self != .full && count == 1
      ? "the gradient of a batch in 1 shard is not exchanged: \(rawValue) is for 2 shards or more" : nil
  }

  /// The same of the scalars that are trained.
  func fault<S: Scalar>(of _: S.Type) -> String? {
    self != .full && S.self != Float.self ? "gradients of \(S.self) are exchanged in full, not in \(rawValue)" : nil
  }
}
