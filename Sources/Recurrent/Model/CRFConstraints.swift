internal import Storage

/// What a conditional random field on a model's outputs forbids: labels that may not follow each other, begin or end a
/// sequence. `ModelConfiguration.crf` has it. What is forbidden costs 10⁴ in training and in decoding alike.
public struct CRFConstraints: Sendable, Hashable {
  /// A label after another.
  public struct Transition: Sendable, Hashable {
    /// The label before.
    public let from: Int
    /// The label after it.
    public let to: Int

    /// A pair of labels.
    public init(from: Int, to: Int) { (self.from, self.to) = (from, to) }
  }

  /// Pairs that may not stand side by side.
  public var transitions: [Transition]
  /// Labels that no sequence begins with.
  public var starts: [Int]
  /// Labels that no sequence ends with.
  public var ends: [Int]

  /// What is added to the score of what is forbidden. Finite, so that a sequence which breaks the rule has a loss and a gradient.
  static let penalty = -1e4

  /// Forbids these; nothing by default.
  public init(transitions: [Transition] = [], starts: [Int] = [], ends: [Int] = []) {
    (self.transitions, self.starts, self.ends) = (transitions, starts, ends)
  }

  /// Nothing is forbidden.
  public static let none = CRFConstraints()

  /// What labels of spans forbid each other (Ramshaw & Marcus 1995): I-X goes on with a span that B-X or I-X stands before. Where
  /// there are labels E-X or S-X (IOBES), a span of several ends with E-X, which B-X and I-X wait for, and a single one is S-X. Labels
  /// of no such form, as O, are outside of spans.
  /// - Parameter labels: the name of each label.
  public static func spans(_ labels: [String]) -> CRFConstraints {
    let parts = labels.map(SpanLabel.init)
    let hasEnds = parts.contains { $0.part == .end || $0.part == .single }
    var constraints = CRFConstraints()
    for (to, label) in parts.enumerated() {
      let continues = label.part == .inside || label.part == .end
      if continues { constraints.starts.append(to) }
      for (from, before) in parts.enumerated() {
        let isOpen = before.part == .begin || before.part == .inside
        let goesOn = isOpen && continues && before.type == label.type
        let isForbidden = hasEnds ? (continues || isOpen) && !goesOn : continues && !goesOn
        if isForbidden { constraints.transitions.append(Transition(from: from, to: to)) }
      }
      if hasEnds, label.part == .begin || label.part == .inside { constraints.ends.append(to) }
    }
    return constraints
  }

  /// Whether nothing is forbidden.
  public var isEmpty: Bool { transitions.isEmpty && starts.isEmpty && ends.isEmpty }

  /// What does not go with so many labels; nil: nothing.
  func fault(labelCount: Int) -> String? {
    let all = starts + ends + transitions.flatMap { [$0.from, $0.to] }
    guard let wrong = all.first(where: { !(0..<labelCount).contains($0) }) else { return nil }
    return "the CRF forbids label \(wrong), which is not in 0..<\(labelCount)"
  }
}

/// What a label says of a span: its part of it, and the span's type.
public struct SpanLabel: Sendable, Hashable {
  /// Where in a span, or outside.
  public enum Part: Sendable, Hashable {
    /// The first of a span (B-X).
    case begin
    /// In a span (I-X).
    case inside
    /// The last of a span of several (E-X).
    case end
    /// A span alone (S-X).
    case single
    /// In no span.
    case outside
  }

  /// Where in a span, or outside.
  public let part: Part
  /// What stands behind the hyphen; empty outside of spans.
  public let type: String

  /// Reads `B-X`, `I-X`, `E-X`, `S-X`, and BILOU's `L-X` and `U-X`; all else is outside.
  public init(_ label: String) {
    let letters = Array(label.unicodeScalars.prefix(2))
    let part: Part? =
      if letters.count == 2, letters[1] == "-" {
        switch letters[0] {
        case "B": .begin
        case "I": .inside
        case "E", "L": .end
        case "S", "U": .single
        default: nil
        }
      } else {
        nil
      }
    self.part = part ?? .outside
    type = part == nil ? "" : String(String.UnicodeScalarView(label.unicodeScalars.dropFirst(2)))
  }
}
