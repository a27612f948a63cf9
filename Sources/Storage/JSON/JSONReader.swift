/// Reads JSON one value at a time, in the order of the text.
///
/// A caller that knows what it expects asks for exactly that and stops at the first thing that is not: hostile
/// input is refused before it is turned into a tree many times its size.
package struct JSONReader {
  /// Arrays and objects inside each other; the limit of serde_json, and a bound on recursion.
  package static let depthLimit = 128
  /// Longer than any number a writer makes.
  private static let numberLimit = 1024

  private let bytes: [UInt8]
  private let endOffset: Int
  /// Of the next byte to read.
  package private(set) var offset: Int
  private var depth = 0

  /// Reads `range` of `bytes`; offsets in errors count from the start of `bytes`.
  package init(_ bytes: [UInt8], range: Range<Int>? = nil) {
    let range = range ?? bytes.indices
    require(
      range.lowerBound >= 0 && range.upperBound <= bytes.count, "range \(range) of \(bytes.count) bytes")
    self.bytes = bytes
    offset = range.lowerBound
    endOffset = range.upperBound
  }

  /// Any value, as a tree.
  package mutating func value() throws(JSONError) -> JSON {
    skipWhitespace()
    switch peek {
    case UInt8(ascii: "{"):
      var members: [(key: String, value: JSON)] = []
      try object { (reader, key, _) throws(JSONError) in members.append((key, try reader.value())) }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSON] = []
      try array { (reader) throws(JSONError) in elements.append(try reader.value()) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): return try anyNumber()
    default: throw unexpected("a value")
    }
  }

  /// An object; `member` is called after each key and must read the value.
  /// - Parameter member: gets the reader, the key, and the offset of the key.
  package mutating func object(
    _ member: (inout JSONReader, String, Int) throws(JSONError) -> Void
  ) throws(JSONError) {
    var keys = Set<ExactString>()
    try items(open: "{", close: "}") { (reader) throws(JSONError) in
      reader.skipWhitespace()
      guard reader.peek == UInt8(ascii: "\"") else { throw reader.unexpected("a key in quotes") }
      let start = reader.offset
      let key = try reader.string()
      guard keys.insert(ExactString(key)).inserted else {
        throw JSONError(offset: start, reason: "the key \"\(printable(key))\" comes twice")
      }
      reader.skipWhitespace()
      guard reader.take(UInt8(ascii: ":")) else { throw reader.unexpected("':'") }
      try member(&reader, key, start)
    }
  }

  /// An array; `element` is called for each element and must read it.
  package mutating func array(_ element: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
    try items(open: "[", close: "]", element)
  }

  /// An integer: digits only, in the range of `Int`.
  package mutating func integer() throws(JSONError) -> Int {
    skipWhitespace()
    let start = offset
    guard let byte = peek, byte == UInt8(ascii: "-") || isDigit(byte) else {
      throw unexpected("an integer")
    }
    guard case .integer(let value) = try anyNumber() else {
      throw JSONError(offset: start, reason: "expected an integer, found a fraction or exponent")
    }
    return value
  }

  package mutating func string() throws(JSONError) -> String {
    skipWhitespace()
    guard take(UInt8(ascii: "\"")) else { throw unexpected("a string") }
    var pieceStart = offset
    // Used only once there is an escape: most strings have none and are decoded where they lie.
    var unescaped: [UInt8] = []
    while true {
      guard let byte = peek else { throw JSONError(offset: offset, reason: "the string does not end") }
      switch byte {
      case UInt8(ascii: "\""):
        let piece = try validated(pieceStart..<offset)
        offset += 1
        if unescaped.isEmpty { return String(decoding: piece, as: UTF8.self) }
        unescaped += piece
        return String(decoding: unescaped, as: UTF8.self)
      case UInt8(ascii: "\\"):
        unescaped += try validated(pieceStart..<offset)
        unescaped += try escape().utf8
        pieceStart = offset
      case 0..<0x20:
        throw JSONError(offset: offset, reason: "a control character in a string must be escaped")
      default: offset += 1
      }
    }
  }

  /// Checks that nothing but whitespace is left.
  package mutating func end() throws(JSONError) {
    skipWhitespace()
    guard let byte = peek else { return }
    if byte == 0 {
      throw JSONError(
        offset: offset, reason: "NUL bytes follow the value; padding must be spaces (0x20), not zeros")
    }
    throw unexpected("the end")
  }

  /// The error of finding something other than `expected` here; for callers that check further.
  package func unexpected(_ expected: String) -> JSONError {
    guard let byte = peek else {
      return JSONError(offset: offset, reason: "expected \(expected), found the end")
    }
    if byte == 0xEF, offset == 0 {
      return JSONError(offset: 0, reason: "expected \(expected), found a byte order mark")
    }
    let found =
      (0x20..<0x7F).contains(byte)
      ? "'\(Character(UnicodeScalar(byte)))'" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
    return JSONError(offset: offset, reason: "expected \(expected), found \(found)")
  }
}

extension JSONReader {
  private var peek: UInt8? { offset < endOffset ? bytes[offset] : nil }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    offset += 1
    return true
  }

  private mutating func skipWhitespace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    let start = offset
    for byte in String(describing: word).utf8 where !take(byte) {
      throw JSONError(offset: start, reason: "expected \(word)")
    }
  }

  private mutating func items(
    open: Unicode.Scalar, close: Unicode.Scalar, _ item: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    skipWhitespace()
    guard peek == UInt8(ascii: open) else { throw unexpected("'\(open)'") }
    guard depth < Self.depthLimit else {
      throw JSONError(offset: offset, reason: "more than \(Self.depthLimit) arrays and objects in each other")
    }
    depth += 1
    defer { depth -= 1 }
    offset += 1
    skipWhitespace()
    if take(UInt8(ascii: close)) { return }
    while true {
      try item(&self)
      skipWhitespace()
      if take(UInt8(ascii: close)) { return }
      guard take(UInt8(ascii: ",")) else { throw unexpected("',' or '\(close)'") }
    }
  }

  private mutating func anyNumber() throws(JSONError) -> JSON {
    let start = offset
    _ = take(UInt8(ascii: "-"))
    let first = offset
    try digits()
    if bytes[first] == UInt8(ascii: "0"), offset - first > 1 {
      throw JSONError(offset: first, reason: "a number must not begin with 0")
    }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    guard offset - start <= Self.numberLimit else {
      throw JSONError(offset: start, reason: "a number of more than \(Self.numberLimit) characters")
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    // No Int is -0.
    if isInteger, text != "-0" {
      guard let value = Int(text) else {
        throw JSONError(offset: start, reason: "the integer \(printable(text, limit: 40)) is out of range")
      }
      return .integer(value)
    }
    guard let value = Double(text), value.isFinite else {
      throw JSONError(offset: start, reason: "the number \(printable(text, limit: 40)) is out of range")
    }
    return .number(value)
  }

  private mutating func digits() throws(JSONError) {
    guard let byte = peek, isDigit(byte) else { throw unexpected("a digit") }
    while let byte = peek, isDigit(byte) { offset += 1 }
  }

  private func validated(_ range: Range<Int>) throws(JSONError) -> ArraySlice<UInt8> {
    if let invalid = firstInvalidUTF8(in: bytes.span, range) {
      let byte = String(bytes[invalid], radix: 16, uppercase: true)
      throw JSONError(offset: invalid, reason: "byte 0x\(byte) is not valid UTF-8")
    }
    return bytes[range]
  }

  private mutating func escape() throws(JSONError) -> String {
    let start = offset
    offset += 1
    guard let kind = peek else { throw JSONError(offset: offset, reason: "the string does not end") }
    offset += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(Unicode.Scalar(kind))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw JSONError(offset: start, reason: "an unknown escape in a string")
    }
    var code = try hexadecimal()
    if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try hexadecimal()
      // A high surrogate that no low one follows stays as it is, and is refused below.
      if (0xDC00..<0xE000).contains(low) { code = 0x1_0000 + (code - 0xD800) << 10 + (low - 0xDC00) }
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw JSONError(offset: start, reason: "half of a surrogate pair in a string")
    }
    return String(scalar)
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }
}
