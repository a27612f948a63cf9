/// A number as people write it: with a sign or in parentheses, with currency or percent, digits in groups. Which of comma and
/// point is the decimal mark is decided by who asks.
struct NumberText {
  /// Digits, commas, points, and an exponent.
  private let body: [UInt8]
  private let isNegative: Bool
  private(set) var hasPercent = false
  private(set) var hasCurrency = false
  /// The sign of currency or percent; nil without.
  private(set) var unit: String?
  /// Blanks or apostrophes between groups of digits.
  private(set) var hasGroups = false

  /// nil where it is no number, whatever the decimal mark.
  init?(_ text: String) {
    var scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    var negative = false
    if scalars.first == "(", scalars.last == ")" {
      scalars = scalars.dropFirst().dropLast()
      negative = true
    }
    var hasSign = negative
    // Signs and marks stand in any order: -$5, $ -5, 5-, 5 %.
    var isStripped = true
    while isStripped, let first = scalars.first, let last = scalars.last {
      isStripped = true
      if first.properties.isWhitespace {
        scalars = scalars.dropFirst()
      } else if last.properties.isWhitespace {
        scalars = scalars.dropLast()
      } else if !hasSign, Self.minuses.contains(first) || first == "+" {
        (hasSign, negative) = (true, first != "+")
        scalars = scalars.dropFirst()
      } else if !hasSign, Self.minuses.contains(last) {
        (hasSign, negative) = (true, true)
        scalars = scalars.dropLast()
      } else if !hasPercent, Self.percents.contains(last) {
        hasPercent = true
        unit = last == "\u{2030}" ? "\u{2030}" : "%"
        scalars = scalars.dropLast()
      } else if !hasCurrency, let (name, rest) = Self.withoutCurrency(scalars) {
        hasCurrency = true
        unit = name
        scalars = rest
      } else {
        isStripped = false
      }
    }
    var body: [UInt8] = []
    var place = scalars.startIndex
    while place < scalars.endIndex {
      let scalar = scalars[place]
      if scalar.isASCII, let byte = UInt8(exactly: scalar.value),
        byte.isDigit || [.comma, .point, .upperE, .lowerE, .plus, .minus].contains(byte)
      {
        body.append(byte)
      } else if scalar.properties.isWhitespace || Self.apostrophes.contains(scalar) {
        // Three digits stand on its right, and then none.
        let next = scalars[scalars.index(after: place)...].prefix { $0.isASCII && UInt8($0.value).isDigit }
        guard next.count == 3, let last = body.last, last.isDigit, !body.contains(.comma), !body.contains(.point),
          hasGroups || (body.count <= 3 && body[0] != .zero)
        else { return nil }
        hasGroups = true
      } else {
        return nil
      }
      place = scalars.index(after: place)
    }
    guard let first = body.first, first.isDigit || first == .point || first == .comma else { return nil }
    (self.body, isNegative) = (body, negative)
  }

  /// Whether digits stand in groups where that is the decimal mark.
  func isGrouped(_ mark: DecimalMark) -> Bool { hasGroups || value(mark)?.grouped == true }

  /// With thousands between digits also where comma and point are otherwise.
  /// - Returns: nil where it is no number with that mark; `grouped`: the other mark stands between thousands.
  func value(_ mark: DecimalMark) -> (value: Double, grouped: Bool)? {
    let (decimal, group): (UInt8, UInt8) = mark == .point ? (.point, .comma) : (.comma, .point)
    var digits: [UInt8] = isNegative ? [.minus] : []
    let whole = body.prefix { $0 != decimal && $0 | 0x20 != .lowerE }
    let rest = body[whole.endIndex...]
    let groups = whole.split(separator: group, omittingEmptySubsequences: false)
    if groups.count > 1 {
      // As in 1,234,567, and in 12,34,567.
      guard let first = groups.first, (1...3).contains(first.count), first.first != .zero, groups.last?.count == 3,
        groups.dropFirst().dropLast().allSatisfy({ $0.count == 2 || $0.count == 3 })
      else { return nil }
    }
    for part in groups { digits += part }
    digits += rest.map { $0 == decimal ? .point : $0 }
    guard !rest.contains(group), rest.count(where: { $0 == decimal }) <= 1,
      let value = Double(decimal: String(decoding: digits, as: UTF8.self))
    else { return nil }
    return (value, groups.count > 1)
  }

  private static let minuses: Set<Unicode.Scalar> = ["-", "\u{2212}", "\u{2013}", "\u{FE63}", "\u{FF0D}"]
  private static let percents: Set<Unicode.Scalar> = ["%", "\u{2030}", "\u{FF05}"]
  private static let apostrophes: Set<Unicode.Scalar> = ["'", "\u{2019}"]
  /// Beside the signs of currencies.
  private static let currencies = [
    "US$", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL",
    "R$",
    "kr.", "kr", "zł", "Fr.", "Kč", "Ft",
  ].map { Array($0.unicodeScalars) }

  private static func withoutCurrency(
    _ scalars: Substring.UnicodeScalarView
  ) -> (name: String, rest: Substring.UnicodeScalarView)? {
    for scalarsOfName in currencies {
      let (name, count) = (String(String.UnicodeScalarView(scalarsOfName)), scalarsOfName.count)
      if scalars.starts(with: scalarsOfName) { return (name, scalars.dropFirst(count)) }
      if scalars.suffix(count).elementsEqual(scalarsOfName) { return (name, scalars.dropLast(count)) }
    }
    func isSign(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .currencySymbol }
    if let first = scalars.first, isSign(first) { return (String(Character(first)), scalars.dropFirst()) }
    if let last = scalars.last, isSign(last) { return (String(Character(last)), scalars.dropLast()) }
    return nil
  }

  /// The sign of each currency; some have one sign together.
  private static let signs = [
    "US$": "$", "USD": "$", "AUD": "$", "CAD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹",
    "BRL": "R$", "kr.": "kr", "SEK": "kr", "NOK": "kr", "DKK": "kr", "PLN": "zł", "Fr.": "CHF", "CZK": "Kč",
  ]

  /// Whether two units may be one: a currency and its sign, or two of its names.
  static func mayBeSame(_ unit: String, _ other: String) -> Bool {
    let (sign, otherSign) = (signs[unit] ?? unit, signs[other] ?? other)
    let areCodes = [unit, other].allSatisfy { $0.count == 3 && $0 != "US$" && $0 != "kr." && $0 != "Fr." }
    return unit == other || sign == otherSign && !areCodes
  }
}

extension UInt8 {
  static let comma = UInt8(ascii: ",")
  static let point = UInt8(ascii: ".")
  static let minus = UInt8(ascii: "-")
  static let plus = UInt8(ascii: "+")
  static let zero = UInt8(ascii: "0")
  static let lowerE = UInt8(ascii: "e")
  static let upperE = UInt8(ascii: "E")
  var isDigit: Bool { (0x30...0x39).contains(self) }
}
