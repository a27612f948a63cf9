import Storage

/// A text as the numbers of its scalars or bytes, on the way to being tokens.
///
/// The symbols become tokens where they lie, and cannot be copied by accident: a text of gigabytes takes 4 bytes
/// a character and the bytes of one file, never more.
struct SymbolText: ~Copyable {
  let unit: Vocabulary.Unit
  private var symbols: [Int32] = []
  /// Where each file's symbols begin.
  private var files: [(name: String, start: Int)] = []

  init(unit: Vocabulary.Unit) { self.unit = unit }

  var count: Int { symbols.count }

  /// - Throws: `TextError.invalidUTF8` with the offset in `bytes`; `TextError.notEnoughMemory`.
  mutating func append(_ bytes: [UInt8], file: String?) throws(TextError) {
    let start = symbols.count
    if let file { files.append((file, start)) }
    let bytes = bytes.span
    let isByteWise = unit == .byte
    try grow(by: isByteWise ? bytes.count : Self.scalarCount(bytes))
    var target = symbols.mutableSpan
    if isByteWise {
      for index in bytes.indices { target[start + index] = Int32(bytes[index]) }
      return
    }
    var offset = 0
    var place = start
    while offset < bytes.count {
      guard let (scalar, length) = decodeScalar(bytes, at: offset, end: bytes.count) else {
        throw .invalidUTF8(file: file, offset: offset, byte: bytes[offset])
      }
      target[place] = Int32(bitPattern: scalar)
      place += 1
      offset += length
    }
  }

  /// The vocabulary of all symbols of the text.
  /// - Throws: `TextError.singleSymbol`; the text is not empty.
  func vocabulary() throws(TextError) -> Vocabulary {
    let text = symbols.span
    var largest: Int32 = 0
    for index in text.indices { largest = max(largest, text[index]) }
    var isPresent = [Bool](repeating: false, count: Int(largest) + 1)
    var marks = isPresent.mutableSpan
    for index in text.indices { marks[Int(text[index])] = true }
    let present = isPresent.indices.filter { isPresent[$0] }.map { UInt32($0) }
    if present.count == 1 { throw .singleSymbol(present[0], unit: unit) }
    return try Vocabulary(unit: unit, symbols: present)
  }

  /// The tokens of the text.
  /// - Throws: `TextError.unknownSymbol`.
  consuming func encoded(by vocabulary: Vocabulary) throws(TextError) -> [Int32] {
    if let index = vocabulary.encode(inPlace: &symbols) {
      let file = files.last { $0.start <= index }
      throw .unknownSymbol(
        UInt32(bitPattern: symbols[index]), unit: unit, offset: index - (file?.start ?? 0), file: file?.name)
    }
    return symbols
  }

  private mutating func grow(by count: Int) throws(TextError) {
    let total = symbols.count + count
    let needed = total * MemoryLayout<Int32>.size
    // Small texts are not worth asking the system for.
    if needed > 1 << 24 {
      let available = SystemMemory.available()
      guard needed <= available else { throw .notEnoughMemory(needed: needed, available: available) }
    }
    // The first file gets just its room; among many, growth must be by a factor.
    if total > symbols.capacity { symbols.reserveCapacity(max(total, symbols.count * 3 / 2)) }
    symbols.append(contentsOf: repeatElement(0, count: count))
  }

  /// Exact for valid UTF-8, where every scalar has one byte that continues nothing; and as each scalar before a
  /// fault has one too, never too few.
  private static func scalarCount(_ bytes: Span<UInt8>) -> Int {
    var count = 0
    for index in bytes.indices { count += bytes[index] & 0xC0 == 0x80 ? 0 : 1 }
    return count
  }
}
