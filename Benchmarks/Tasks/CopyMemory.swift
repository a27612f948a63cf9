import Foundation
public import Recurrent

/// The copying memory task (Hochreiter & Schmidhuber 1997), as Arjovsky, Shah & Bengio 2016 pose it: ten symbols of
/// eight, a delay of T steps at whose end a sign appears, and then the ten symbols are to be said. Everywhere else the
/// answer is the blank. The error is the mean cross-entropy.
public struct CopyMemory: SequenceTask {
  private static let length = 10
  private static let kinds: Int32 = 8
  private static let blank: Int32 = 8
  private static let sign: Int32 = 9

  public let delay: Int
  public var name: String { "copying memory, T = \(delay)" }
  public let input = ModelConfiguration.Input.oneHot(vocabularySize: 10)
  public let outputSize = 9
  public let head = ModelConfiguration.Head.everyStep
  public let loss = Loss.crossEntropy
  public var steps: Int { delay + 2 * Self.length }
  public let errorName = "cross-entropy"
  /// Blanks as they should be, and any of the eight symbols at the end.
  public var baseline: Double { Double(Self.length) * log(Double(Self.kinds)) / Double(steps) }

  /// - Precondition: a delay of at least one step, for the sign.
  public init(delay: Int) {
    precondition(delay >= 1, "the delay must be 1 or more, got \(delay)")
    self.delay = delay
  }

  public func trainingBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch {
    var batch = TaskBatch(count: count)
    batch.tokens = [Int32](repeating: Self.blank, count: steps * count)
    batch.classes = batch.tokens
    for sequence in 0..<count {
      batch.tokens[(delay + Self.length - 1) * count + sequence] = Self.sign
      for place in 0..<Self.length {
        let symbol = Int32(generator.index(below: Int(Self.kinds)))
        batch.tokens[place * count + sequence] = symbol
        batch.classes[(delay + Self.length + place) * count + sequence] = symbol
      }
    }
    return batch
  }

  public func testBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch {
    trainingBatch(count, using: &generator)
  }

  public func error(of outputs: [Float], on batch: TaskBatch) -> Double {
    var sum = 0.0
    for (row, target) in batch.classes.enumerated() {
      let logits = outputs[row * outputSize..<(row + 1) * outputSize].map { Double($0) }
      let greatest = logits.max()!
      sum += greatest + log(logits.reduce(0) { $0 + exp($1 - greatest) }) - logits[Int(target)]
    }
    return sum / Double(batch.classes.count)
  }
}
