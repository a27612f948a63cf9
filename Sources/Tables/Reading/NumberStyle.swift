import Storage

/// How the numbers of a column are written, and which texts stand for a missing one.
package struct NumberStyle: Sendable, Hashable {
  /// nil: nothing shows it; a point is taken for one.
  var decimalMark: DecimalMark?
  /// Why none of the numbers can be taken.
  var fault: String?
  /// Beside the usual ones; in small letters.
  private let missing: Set<String>

  package init(decimalMark: DecimalMark? = nil, missingValues: [String] = []) {
    self.decimalMark = decimalMark
    missing = Set(missingValues.map { $0.lowercased() })
  }

  /// Texts that stand for no value in any table, in small letters. Other texts of dots and dashes do, too.
  private static let usualMissing: Set<String> = [
    "na", "n/a", "nan", "-nan", "+nan", "null", "none", "?", "#n/a", "#n/a n/a", "#na", "<na>", "n.a.", "n.a", "nil",
    "nat",
    "(null)", "\\n", "#null!", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "1.#qnan", "-1.#ind", "missing", ":",
  ]

  package func isMissing(_ text: String) -> Bool {
    if text.isEmpty { return true }
    let lower = text.lowercased()
    if Self.usualMissing.contains(lower) || missing.contains(lower) { return true }
    if let first = text.unicodeScalars.first, !first.isASCII || !UInt8(first.value).isDigit {
      return text.unicodeScalars.allSatisfy {
        $0.properties.isWhitespace || ".-\u{2013}\u{2014}\u{2212}\u{2026}".unicodeScalars.contains($0)
      }
    }
    return false
  }

  /// About what a `Float` holds; squares and sums of such numbers do not overflow a `Double`.
  private static let largest = 1e38

  /// The number; nil where it is missing.
  /// - Throws: what is wrong with it.
  package func number(_ text: String) throws(TableError.Reason) -> Double? {
    guard let value = try plainNumber(text) else { return nil }
    if let fault { throw .other(fault) }
    // A number may be one of those that stand for none, -999 for instance, also where it is written -999.0.
    if !missing.isEmpty, missing.contains(where: { Double($0) == value }) { return nil }
    return value
  }

  private func plainNumber(_ text: String) throws(TableError.Reason) -> Double? {
    guard let first = text.utf8.first else { return nil }
    let isDecimal = first.isDigit || first == .plus || first == .minus || first == .point
    let hasPlainMark = decimalMark != .comma || !text.utf8.contains(.point)
    if isDecimal, hasPlainMark, let value = Double(decimal: text) { return try Self.checked(value, text) }
    if isMissing(text) { return nil }
    if let number = NumberText(text) {
      if let read = number.value(decimalMark ?? .point), !read.grouped || decimalMark != nil {
        return try Self.checked(read.value, text)
      }
      throw number.value(.comma) != nil && decimalMark == nil && number.value(.point) != nil
        ? .ambiguousNumber(text) : .notANumber(text)
    }
    switch text.lowercased() {
    case "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity": throw .notFinite(text)
    default: throw .notANumber(text)
    }
  }

  private static func checked(_ value: Double, _ text: String) throws(TableError.Reason) -> Double {
    guard value.isFinite else { throw .notFinite(text) }
    guard abs(value) <= largest else { throw .tooLarge(text) }
    return value
  }
}

extension TableError.Reason: Error {}

/// What the texts of a column show about its numbers.
struct NumberEvidence {
  /// Texts that are numbers with this mark alone.
  private(set) var hasPoint = false
  private(set) var hasComma = false
  /// A number that is one with either mark, and another one with each.
  private(set) var either: String?
  /// The first number with percent, with currency, and one with digits in groups.
  private(set) var percent: String?
  private(set) var currency: String?
  private(set) var grouped: String?
  /// Two numbers in different units: $1 and €2.
  private(set) var differing: (first: String, second: String)?
  private var unit: (name: String, text: String)?

  mutating func take(_ text: String) {
    guard let number = NumberText(text) else { return }
    let (point, comma) = (number.value(.point), number.value(.comma))
    if comma == nil, point != nil { hasPoint = true }
    if point == nil, comma != nil { hasComma = true }
    if either == nil, let point, let comma, point.value != comma.value { either = text }
    if let name = number.unit {
      if let unit, differing == nil, !NumberText.mayBeSame(unit.name, name) { differing = (unit.text, text) }
      unit = unit ?? (name, text)
    }
    if percent == nil, number.hasPercent { percent = text }
    if currency == nil, number.hasCurrency { currency = text }
    if grouped == nil, number.hasGroups || point?.grouped == true || point == nil && comma?.grouped == true {
      grouped = text
    }
  }
}

/// A number with a decimal point, or thousands that nothing else can be; nil where it is missing.
/// - Throws: what is wrong with it.
package func parseNumber(_ text: String) throws(TableError.Reason) -> Double? { try NumberStyle().number(text) }

/// 0.002, 5, 1e-08: the shortest text that reads back as the same number.
package func shortest(_ value: some BinaryFloatingPoint) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// 1,115,394
package func grouped(_ value: Int) -> String {
  let digits = String(value.magnitude)
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { result += "," }
    result.append(digit)
  }
  return value < 0 ? "-" + result : result
}
