import Kernels

/// A text as the numbers of its scalars or bytes, on the way to being tokens.
///
/// The symbols are turned into tokens where they lie, so that a text of gigabytes takes 4 bytes a character and
/// the bytes of one file, never more.
struct SymbolText {
  let unit: Vocabulary.Unit
  private var symbols: [Int32] = []
  /// Where each file's symbols begin.
  private var files: [(name: String, start: Int)] = []

  init(unit: Vocabulary.Unit) { self.unit = unit }

  var count: Int { symbols.count }

  /// - Throws: `TextError.invalidUTF8` with the offset in `bytes`; `TextError.notEnoughMemory`.
  mutating func append(_ bytes: [UInt8], file: String?) throws(TextError) {
    if let file { files.append((file, symbols.count)) }
    let bytes = bytes.span
    let total = symbols.count + scalarCount(bytes)
    let needed = total * MemoryLayout<Int32>.size
    // Small texts are not worth asking the system for.
    if needed > 1 << 24 {
      let available = SystemMemory.available()
      guard needed <= available else { throw .notEnoughMemory(needed: needed, available: available) }
    }
    // The first file gets just its room; among many, growth must be by a factor.
    if total > symbols.capacity { symbols.reserveCapacity(max(total, symbols.count * 3 / 2)) }
    guard unit == .unicodeScalar else {
      for index in bytes.indices { symbols.append(Int32(bytes[index])) }
      return
    }
    var offset = 0
    while offset < bytes.count {
      guard let (scalar, length) = decodeScalar(bytes, at: offset, end: bytes.count) else {
        throw .invalidUTF8(file: file, offset: offset, byte: bytes[offset])
      }
      symbols.append(Int32(bitPattern: scalar))
      offset += length
    }
  }

  /// The vocabulary of all symbols of the text.
  /// - Throws: `TextError.singleSymbol`; the text is not empty.
  func vocabulary() throws(TextError) -> Vocabulary {
    var isPresent = [Bool](repeating: false, count: Int(unit.largestSymbol) + 1)
    var marks = isPresent.mutableSpan
    let text = symbols.span
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

  /// Exact for valid UTF-8: every byte that continues no sequence begins one.
  private func scalarCount(_ bytes: Span<UInt8>) -> Int {
    guard unit == .unicodeScalar else { return bytes.count }
    var count = 0
    for index in bytes.indices { count += bytes[index] & 0xC0 == 0x80 ? 0 : 1 }
    return count
  }
}
