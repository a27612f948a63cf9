public import Recurrent

/// Strings of digits, to be said backwards. Held out are those whose digits sum up to a multiple of 5.
public struct DigitReversal: PairTask {
  public var name: String { "reversal of up to \(sourceLength) digits" }
  public let sourceVocabularySize = 10
  public let sourceLength: Int
  public let targetVocabularySize = 11
  public var targetLength: Int { sourceLength }
  public let marks = SequenceMarks(start: 10, end: 10)

  /// - Precondition: at least three digits.
  public init(length: Int) {
    precondition(length >= 3, "the most digits must be 3 or more, got \(length)")
    sourceLength = length
  }

  public func pair(
    isHeldOut: Bool, using generator: inout SeededGenerator
  ) -> (source: [Int32], target: [Int32]) {
    while true {
      let length = 3 + generator.index(below: sourceLength - 2)
      let digits = (0..<length).map { _ in Int32(generator.index(below: 10)) }
      if (digits.reduce(0, +) % 5 == 0) == isHeldOut { return (digits, digits.reversed()) }
    }
  }
}
