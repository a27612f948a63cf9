/// Words as UAX #29 (Unicode text segmentation, §4.1) finds their boundaries, by the properties of characters that the standard
/// library knows. Of its rules those for Hebrew quotation marks are left out, and Thai, Lao, Khmer and Burmese, which are
/// written without spaces and need a dictionary, fall into characters, as they do there.
extension TextTokenizer {
  /// The words of a text, its numbers, marks and symbols, each by itself, without white space.
  public static func words(of text: String) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var kinds = scalars.map(WordKind.init)
    // Marks belong to what they stand on (WB4): those after the start of a line or white space stand alone.
    var isMark = kinds.map { $0 == .mark }
    for index in kinds.indices where isMark[index] {
      if index == 0 || kinds[index - 1] == .space {
        isMark[index] = false
        kinds[index] = .other
      } else {
        kinds[index] = kinds[index - 1]
      }
    }
    let bases = kinds.indices.filter { !isMark[$0] }
    var words: [String] = []
    var current = String.UnicodeScalarView()
    /// Regional indicators before this one in a row: flags are pairs of them (WB15, WB16).
    var flags = 0
    for (place, index) in bases.enumerated() {
      func kind(_ offset: Int) -> WordKind? {
        bases.indices.contains(place + offset) ? kinds[bases[place + offset]] : nil
      }
      let end = place + 1 < bases.count ? bases[place + 1] : scalars.count
      flags = kind(-1) == .flag ? flags + 1 : 0
      let isJoined =
        index > 0 && joins(kind(-2), kind(-1), kinds[index], kind(1), flags: flags)
        || isEmoji(scalars[index]) && index > 0 && scalars[index - 1].value == 0x200D
      if !isJoined, !current.isEmpty {
        words.append(String(current))
        current = String.UnicodeScalarView()
      }
      if kinds[index] != .space { current.append(contentsOf: scalars[index..<end]) }
    }
    if !current.isEmpty { words.append(String(current)) }
    return words
  }

  /// Whether there is no boundary before a character (WB5 to WB13, WB15, WB16), by its kind and those beside it.
  private static func joins(
    _ beforeLast: WordKind?, _ last: WordKind?, _ next: WordKind, _ afterNext: WordKind?, flags: Int
  ) -> Bool {
    switch (last, next) {
    case (.letter, .letter), (.letter, .number), (.number, .letter), (.number, .number), (.katakana, .katakana),
      (.letter, .connector), (.number, .connector), (.katakana, .connector), (.connector, .connector),
      (.connector, .letter), (.connector, .number), (.connector, .katakana):
      true
    case (.letter, .midLetter), (.letter, .midBoth): afterNext == .letter
    case (.midLetter, .letter), (.midBoth, .letter): beforeLast == .letter
    case (.number, .midNumber), (.number, .midBoth): afterNext == .number
    case (.midNumber, .number), (.midBoth, .number): beforeLast == .number
    case (.flag, .flag): flags % 2 == 1
    default: false
    }
  }

  /// A pictograph, which a joiner ties to the one before (WB3c); regional indicators are none.
  private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value > 0xFF && scalar.properties.isEmoji && !(0x1F1E6...0x1F1FF).contains(scalar.value)
  }
}

/// A character's part in words: UAX #29's Word_Break, as far as it is used.
private enum WordKind {
  case letter, number, katakana
  /// An underscore and its like.
  case connector
  /// Joins letters, as the apostrophe in "can't" is `midBoth`, which joins digits as well.
  case midLetter, midNumber, midBoth
  /// Stands on the character before it: combining marks, and what only controls the layout.
  case mark
  case space
  /// A regional indicator.
  case flag
  /// Stands alone: ideographs, hiragana, punctuation, symbols.
  case other

  init(_ scalar: Unicode.Scalar) {
    let (value, properties) = (scalar.value, scalar.properties)
    if value < 0x80 {
      self = Self.ascii(UInt8(value))
      return
    }
    switch value {
    case 0xB7, 0x387, 0x55F, 0x5F4, 0x2027, 0xFE13, 0xFE55, 0xFF1A: self = .midLetter
    case 0x2018, 0x2019, 0x2024, 0xFE52, 0xFF07, 0xFF0E: self = .midBoth
    case 0x37E, 0x589, 0x60C, 0x60D, 0x66C, 0x7F8, 0x2044, 0xFE10, 0xFE14, 0xFE50, 0xFE54, 0xFF0C, 0xFF1B:
      self = .midNumber
    case 0x202F: self = .connector
    case 0x1F1E6...0x1F1FF: self = .flag
    case 0x3031...0x3035, 0x309B, 0x309C, 0x30A0...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF, 0x32D0...0x32FE,
      0x3300...0x3357, 0xFF66...0xFF9D:
      self = .katakana
    case 0x200B: self = .other
    default: self = Self.general(value, properties)
    }
  }

  private static func ascii(_ byte: UInt8) -> WordKind {
    switch byte {
    case 0x30...0x39: .number
    case 0x41...0x5A, 0x61...0x7A: .letter
    case UInt8(ascii: "_"): .connector
    case UInt8(ascii: ":"): .midLetter
    case UInt8(ascii: ","), UInt8(ascii: ";"): .midNumber
    case UInt8(ascii: "'"), UInt8(ascii: "."): .midBoth
    case 0x09...0x0D, 0x20: .space
    default: .other
    }
  }

  private static func general(_ value: UInt32, _ properties: Unicode.Scalar.Properties) -> WordKind {
    if properties.isWhitespace { return .space }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .format: return .mark
    case .decimalNumber: return .number
    case .connectorPunctuation: return .connector
    default: break
    }
    // Modifiers of emoji's skin colours.
    if (0x1F3FB...0x1F3FF).contains(value) { return .mark }
    guard properties.isAlphabetic, !properties.isIdeographic, !isUnspaced(value) else { return .other }
    return .letter
  }

  /// Hiragana, and the letters of Thai, Lao, Burmese and Khmer.
  private static func isUnspaced(_ value: UInt32) -> Bool {
    switch value {
    case 0x3041...0x309F, 0xE00...0xEFF, 0x1000...0x109F, 0x1780...0x17FF, 0x1950...0x19DF, 0xAA60...0xAADF: true
    default: false
    }
  }
}
