internal import Storage

/// How labels of sequences agree with what they should be: single ones, and the spans that they make, counted as conlleval counts
/// them (Tjong Kim Sang & Buchholz 2000): a span is right where its type, its beginning and its end are.
///
///     var scores = SpanScores()
///     scores.add(predicted: ["B-PER", "I-PER", "O"], expected: ["B-PER", "I-PER", "O"])
///     print(scores.spans.f1)  // 1.0
///
/// A span begins at B-X, S-X, and where another label of X comes after one that it does not go on with; labels need not keep the rules.
public struct SpanScores: Sendable, Hashable {
  /// What was expected, what was found, and what of it was right.
  public struct Count: Sendable, Hashable {
    /// That should be there.
    public internal(set) var expected = 0
    /// That were predicted.
    public internal(set) var found = 0
    /// That are both.
    public internal(set) var right = 0

    /// right / found; 0 where nothing was found.
    public var precision: Double { found == 0 ? 0 : Double(right) / Double(found) }
    /// right / expected; 0 where nothing was expected.
    public var recall: Double { expected == 0 ? 0 : Double(right) / Double(expected) }
    /// 2·right / (found + expected); 0 where there is nothing.
    public var f1: Double { found + expected == 0 ? 0 : 2 * Double(right) / Double(found + expected) }

    static func += (left: inout Count, right: Count) {
      left.expected += right.expected
      left.found += right.found
      left.right += right.right
    }
  }

  /// A span: the labels `range` of a sequence are one of `type`.
  public struct Span: Sendable, Hashable {
    /// What stands behind the hyphen of its labels.
    public let type: String
    /// Steps.
    public let range: Range<Int>
  }

  /// Steps.
  public private(set) var count = 0
  /// Steps whose label is right.
  public private(set) var rightCount = 0
  /// Sequences.
  public private(set) var sequenceCount = 0
  /// Sequences all of whose labels are right.
  public private(set) var rightSequenceCount = 0
  /// Spans by their types.
  public private(set) var types: [String: Count] = [:]
  /// Steps by their labels.
  public private(set) var labels: [String: Count] = [:]

  /// Nothing was counted.
  public init() {}

  /// Adds a sequence.
  /// - Precondition: as many labels on both sides.
  public mutating func add(predicted: [String], expected: [String]) {
    require(
      predicted.count == expected.count, "expected \(expected.count) predicted labels, got \(predicted.count)")
    var right = 0
    for (own, other) in zip(predicted, expected) {
      labels[own, default: Count()].found += 1
      labels[other, default: Count()].expected += 1
      guard ExactString(own) == ExactString(other) else { continue }
      labels[own, default: Count()].right += 1
      right += 1
    }
    count += expected.count
    rightCount += right
    sequenceCount += 1
    if right == expected.count { rightSequenceCount += 1 }
    let (found, wanted) = (Self.spans(predicted), Self.spans(expected))
    let both = Set(wanted)
    for span in found {
      types[span.type, default: Count()].found += 1
      if both.contains(span) { types[span.type, default: Count()].right += 1 }
    }
    for span in wanted { types[span.type, default: Count()].expected += 1 }
  }

  /// The share of steps whose label is right; NaN where there are none.
  public var accuracy: Double { Double(rightCount) / Double(count) }

  /// Spans of all types.
  public var spans: Count { types.values.reduce(into: Count()) { $0 += $1 } }

  /// Whether any label, predicted or expected, is of a span.
  public var hasSpans: Bool { !types.isEmpty }

  /// The spans that labels make, in their order.
  public static func spans(_ labels: [String]) -> [Span] {
    var spans: [Span] = []
    var (open, first): (SpanLabel?, Int) = (nil, 0)
    func close(at step: Int) {
      guard let label = open else { return }
      spans.append(Span(type: label.type, range: first..<step))
      open = nil
    }
    for (step, text) in labels.enumerated() {
      let label = SpanLabel(text)
      if let before = open, !label.goesOn(with: before) { close(at: step) }
      guard label.part != .outside else { continue }
      if open == nil { first = step }
      open = label
    }
    close(at: labels.count)
    return spans
  }
}

extension SpanLabel {
  /// Whether it is of the span that the label before it is of.
  fileprivate func goesOn(with before: SpanLabel) -> Bool {
    guard part == .inside || part == .end, type == before.type else { return false }
    return before.part == .begin || before.part == .inside
  }
}
