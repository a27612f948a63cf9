import Storage

/// A text as the numbers of its scalars or bytes, on the way to being tokens.
///
/// The symbols become tokens where they lie, and cannot be copied by accident: a text of gigabytes takes 4 bytes
/// a character and the bytes of one file, never more.
struct SymbolText: ~Copyable {
  let unit: Vocabulary.Unit
  let normalization: Vocabulary.Normalization
  private var symbols: [Int32] = []
  /// Where each file's symbols begin.
  private var files: [(name: String, start: Int)] = []

  /// - Precondition: bytes are not normalized.
  init(unit: Vocabulary.Unit, normalization: Vocabulary.Normalization) {
    require(
      unit == .unicodeScalar || normalization == .none, "expected no normalization of bytes, got \(normalization)")
    (self.unit, self.normalization) = (unit, normalization)
  }

  var count: Int { symbols.count }

  /// Whether a file began with a byte order mark, which is no character of the text.
  private(set) var hadMark = false
  /// Takes byte order marks for characters, as earlier versions did.
  var keepsMarks = false

  /// - Throws: `TextError.notUTF8` with the place in `bytes`; `TextError.notEnoughMemory`; `TextError.unreadable` of a token
  ///   file.
  mutating func append(_ bytes: [UInt8], file: String?) throws(TextError) {
    let start = symbols.count
    if let file { files.append((file, start)) }
    if let file, bytes.starts(with: TokenFileHeader.magic) { throw .tokenFile(file) }
    let span = bytes.span
    if unit == .byte {
      try grow(by: span.count)
      var target = symbols.mutableSpan
      for index in span.indices { target[start + index] = Int32(span[index]) }
      return
    }
    let hasMark = file != nil && span.count >= 3 && span[0] == 0xEF && span[1] == 0xBB && span[2] == 0xBF
    hadMark = hadMark || hasMark
    let first = hasMark && !keepsMarks ? 3 : 0
    try grow(by: Self.scalarCount(span.extracting(first...)))
    var target = symbols.mutableSpan
    var offset = first
    var place = start
    var hasZero = false
    while offset < span.count {
      guard let (scalar, length) = decodeScalar(span, at: offset, end: span.count) else { break }
      target[place] = Int32(bitPattern: scalar)
      hasZero = hasZero || scalar == 0
      place += 1
      offset += length
    }
    // Zeros in memory are what they are; a file of them may be UTF-16.
    let isDoubtful = offset < span.count || (hasZero && file != nil)
    if isDoubtful, let fault = EncodingFault(span, file: file) {
      throw .notUTF8(file: file, at: TextPlace(fault), reason: fault.reason)
    }
    if normalization != .none { try normalize(from: start) }
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
    return try Vocabulary(unit: unit, symbols: present, normalization: normalization)
  }

  /// The tokens of the text, one for each symbol: pieces are not joined.
  /// - Parameter counts: of the symbols that the vocabulary lacks, where they are skipped or replaced.
  /// - Throws: `TextError.unknownSymbol`.
  consuming func encoded(
    by vocabulary: Vocabulary, unknown: Vocabulary.UnknownPolicy, counts: inout [UInt32: Int]
  ) throws(TextError) -> [Int32] {
    if let index = vocabulary.encode(inPlace: &symbols, unknown: unknown, counts: &counts) {
      let file = files.last { $0.start <= index }
      let before = symbols[(file?.start ?? 0)..<index].lazy.map { vocabulary.symbols[Int($0)] }
      throw .unknownSymbol(
        UInt32(bitPattern: symbols[index]), unit: unit, at: TextPlace(after: before), file: file?.name)
    }
    return symbols
  }

  /// Brings what follows `start` into the normal form.
  private mutating func normalize(from start: Int) throws(TextError) {
    var normalizer = Normalizer(normalization)
    var result: [Int32] = []
    result.reserveCapacity(symbols.count - start)
    normalizer.append(symbols[start...], inPiecesTo: &result)
    try grow(by: max(0, result.count - (symbols.count - start)))
    symbols.replaceSubrange(start..., with: result)
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
