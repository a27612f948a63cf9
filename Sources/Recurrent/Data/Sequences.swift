internal import Storage

/// Sequences of different lengths: tokens, classes, or vectors of `width` numbers, a step each.
public struct Sequences<Element: Sendable & BitwiseCopyable>: Sendable {
  /// Elements of a step.
  public let width: Int
  /// Steps of each sequence.
  public let lengths: [Int]
  /// All steps of the first sequence, then those of the next: [Σ lengths, width].
  public let values: [Element]
  /// First step of each sequence in `values`.
  private let starts: [Int]

  /// - Parameters:
  ///   - sequences: [length, width] each.
  ///   - width: elements of a step.
  /// - Precondition: every sequence consists of whole steps.
  public init(_ sequences: [[Element]], width: Int = 1) {
    require(width >= 1, "a step needs 1 element or more, got \(width)")
    for (index, sequence) in sequences.enumerated() {
      require(
        sequence.count.isMultiple(of: width),
        "sequence \(index) has \(sequence.count) elements; expected a multiple of \(width)")
    }
    self.init(values: sequences.flatMap { $0 }, lengths: sequences.map { $0.count / width }, width: width)
  }

  /// - Precondition: as many values as the lengths say.
  public init(values: [Element], lengths: [Int], width: Int = 1) {
    var starts: [Int] = []
    var total = 0
    for length in lengths {
      require(length >= 0, "a sequence cannot have \(length) steps")
      starts.append(total)
      total += length
    }
    require(
      values.count == total * width, "expected \(total) steps of \(width) elements, got \(values.count) elements")
    self.width = width
    self.lengths = lengths
    self.values = values
    self.starts = starts
  }

  /// How many sequences there are, empty ones included.
  public var count: Int { lengths.count }

  /// Steps of all sequences.
  public var stepCount: Int { values.count / width }

  /// One sequence, [length, width].
  /// - Precondition: there is one of this number.
  public subscript(sequence: Int) -> ArraySlice<Element> {
    require(sequence >= 0 && sequence < count, "expected a sequence in 0..<\(count), got \(sequence)")
    return values[starts[sequence] * width..<(starts[sequence] + lengths[sequence]) * width]
  }

  /// Some of the sequences, in this order.
  func selecting(_ sequences: [Int]) -> Sequences {
    var chosen: [Element] = []
    chosen.reserveCapacity(sequences.reduce(0) { $0 + lengths[$1] } * width)
    for sequence in sequences { chosen += self[sequence] }
    return Sequences(values: chosen, lengths: sequences.map { lengths[$0] }, width: width)
  }

  /// Where a step of a sequence begins in `values`.
  func position(of sequence: Int, step: Int) -> Int { (starts[sequence] + step) * width }
}

extension Sequences: Equatable where Element: Equatable {}
