/// Which sequences of a whole batch a call is about: all of them, or those of one shard.
struct BatchPart: Sendable, BitwiseCopyable {
  /// The first, as the whole batch counts them.
  let first: Int
  /// The most that there are in the part: N of the plan.
  let count: Int
  /// N of the whole batch.
  let whole: Int

  /// All of a batch.
  static func all(of count: Int) -> BatchPart { BatchPart(first: 0, count: count, whole: count) }

  /// Those of the part, where the batch has `sequences` of them: fewer at the end of a batch that is not full.
  func sequences(of sequences: Int) -> Range<Int> { min(first, sequences)..<min(first + count, sequences) }
}

extension Rows {
  /// What of a random mask a step of a sequence has: the same whether its batch is computed at once or part by part.
  @inline(__always)
  func maskNumber(ofStep step: Int, _ sequence: Int) -> Int {
    (firstStep + step) * part.whole + part.first + sequence
  }

  /// What of a mask that all steps share a sequence has.
  @inline(__always)
  func maskNumber(of sequence: Int) -> Int { part.first + sequence }
}
