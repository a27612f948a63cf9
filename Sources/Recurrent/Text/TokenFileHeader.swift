internal import Storage

/// What stands at the beginning of a token file, and where the rest of it lies. Numbers are little-endian; the article Token
/// Files of the documentation has the layout for those who write such files themselves.
struct TokenFileHeader: Sendable {
  /// The first byte begins no text in UTF-8, and what follows shows whether the file was taken for one.
  static let magic: [UInt8] = [0x89, 0x54, 0x4F, 0x4B, 0x0D, 0x0A, 0x1A, 0x0A]
  static let version = 1
  /// Bytes before the vocabulary.
  static let size = 64
  /// The tokens begin at a multiple of it.
  static let alignment = 4096
  /// Bytes of tokens that have a checksum of their own.
  static let blockSize = 16384

  var unit = Vocabulary.Unit.unicodeScalar
  var normalization = Vocabulary.Normalization.none
  var width = TokenFile.Width.bits8
  /// Tokens.
  var count = 0
  /// FNV-1a over the symbols of the text.
  var digest = TokenFile.emptyDigest
  var vocabularyCount = 0

  // MARK: Places, in bytes

  var tokenStart: Int { Self.roundedUp(Self.size + 4 * vocabularyCount, Self.alignment) }
  var tokenBytes: Int { count * width.byteCount }
  var blockCount: Int { Self.roundedUp(tokenBytes, Self.blockSize) / Self.blockSize }
  var checksumStart: Int { Self.roundedUp(tokenStart + tokenBytes, 4) }
  var fileSize: Int { checksumStart + 4 * blockCount }

  /// Tokens of a block.
  var blockTokens: Int { Self.blockSize / width.byteCount }

  /// The bytes of a block, from the start of the tokens.
  func bytes(ofBlock index: Int) -> Range<Int> {
    index * Self.blockSize..<min(tokenBytes, (index + 1) * Self.blockSize)
  }

  private static func roundedUp(_ value: Int, _ unit: Int) -> Int { (value + unit - 1) / unit * unit }

  // MARK: Bytes

  private static let units: [Vocabulary.Unit] = [.unicodeScalar, .byte]
  private static let normalizations: [Vocabulary.Normalization] = [.none, .nfc, .nfd, .nfkc, .nfkd]

  /// The header of a file with this vocabulary, up to its tokens.
  func bytes(_ vocabulary: Vocabulary) -> [UInt8] {
    var bytes = Self.magic
    func append(_ value: UInt64, _ count: Int) {
      for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }
    append(UInt64(Self.version), 4)
    append(UInt64(Self.units.firstIndex(of: unit) ?? 0), 1)
    append(UInt64(Self.normalizations.firstIndex(of: normalization) ?? 0), 1)
    append(UInt64(width.rawValue), 2)
    append(UInt64(count), 8)
    append(digest, 8)
    append(UInt64(vocabularyCount), 4)
    append(0, 8)
    append(0, 8)
    append(0, 8)
    var symbols: [UInt8] = []
    for symbol in vocabulary.symbols {
      for index in 0..<4 { symbols.append(UInt8(truncatingIfNeeded: symbol >> (8 * UInt32(index)))) }
    }
    append(UInt64(Self.checksum(bytes, symbols)), 4)
    return bytes + symbols + [UInt8](repeating: 0, count: tokenStart - Self.size - symbols.count)
  }

  init(_ vocabulary: Vocabulary, width: TokenFile.Width) {
    (unit, normalization) = (vocabulary.unit, vocabulary.normalization)
    (self.width, vocabularyCount) = (width, vocabulary.count)
  }

  /// Reads the header of a file, and checks everything but the tokens.
  static func read(
    _ source: ByteSource, _ file: String
  ) throws(TokenFileError) -> (header: TokenFileHeader, vocabulary: Vocabulary) {
    let bytes = try self.bytes(of: source, 0..<min(size, source.count), file)
    guard bytes.starts(with: magic) else {
      throw .foreignFile(file, reason: try foreignReason(source, file))
    }
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard bytes.count >= 12 else { throw .wrongSize(file: file, expected: size, actual: source.count) }
    guard number(8, 4) == version else {
      throw .unsupportedVersion(file: file, found: Int(number(8, 4)), supported: version)
    }
    guard bytes.count == size else { throw .wrongSize(file: file, expected: size, actual: source.count) }
    func fault(_ offset: Int, _ reason: String) -> TokenFileError {
      .invalid(file: file, offset: offset, reason: reason)
    }
    let vocabularyCount = Int(number(32, 4))
    // Before it says how much is to be read.
    guard (1...0x11_0000).contains(vocabularyCount) else { throw fault(32, "it has \(vocabularyCount) symbols") }
    let symbolEnd = size + 4 * vocabularyCount
    guard symbolEnd <= source.count else { throw .wrongSize(file: file, expected: symbolEnd, actual: source.count) }
    let symbols = try self.bytes(of: source, size..<symbolEnd, file)
    guard number(60, 4) == checksum(Array(bytes[..<60]), symbols) else {
      throw .damaged(file: file, bytes: 0..<symbolEnd)
    }

    guard units.indices.contains(Int(bytes[12])) else { throw fault(12, "there is no unit \(bytes[12])") }
    guard normalizations.indices.contains(Int(bytes[13])) else {
      throw fault(13, "there is no form of Unicode \(bytes[13])")
    }
    guard let width = TokenFile.Width(rawValue: Int(number(14, 2))) else {
      throw fault(14, "there are no tokens of \(number(14, 2)) bits")
    }
    guard number(36, 8) == 0, number(44, 8) == 0, number(52, 8) == 0 else { throw fault(36, "expected zeros") }
    // Twice the room that a file may have is still a number.
    guard number(16, 8) <= UInt64(Int.max / 16) else { throw fault(16, "it has \(number(16, 8)) tokens") }
    let vocabulary: Vocabulary
    do throws(TextError) {
      vocabulary = try Vocabulary(
        unit: units[Int(bytes[12])],
        symbols: stride(from: 0, to: symbols.count, by: 4).map { offset in
          symbols[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }, normalization: normalizations[Int(bytes[13])])
    } catch { throw fault(size, error.description) }
    guard vocabulary.count <= width.tokenLimit else {
      throw fault(14, "tokens of \(width.rawValue) bits are too narrow for \(vocabulary.count) symbols")
    }
    var header = TokenFileHeader(vocabulary, width: width)
    (header.count, header.digest) = (Int(number(16, 8)), number(24, 8))
    guard header.count > 0 else { throw .text(.empty(source: file)) }
    guard header.fileSize == source.count else {
      throw .wrongSize(file: file, expected: header.fileSize, actual: source.count)
    }
    return (header, vocabulary)
  }

  private static func checksum(_ header: [UInt8], _ symbols: [UInt8]) -> UInt32 {
    var checksum = CRC32C()
    checksum.append(header.span)
    checksum.append(symbols.span)
    return checksum.value
  }

  private static func foreignReason(_ source: ByteSource, _ file: String) throws(TokenFileError) -> String {
    if source.count == 0 { return "it is empty" }
    let format: ForeignFormat?
    do { format = try ForeignFormat(source) } catch { throw TokenFileError(error) }
    return format.map { "it is \($0.advice(file))" } ?? "it does not begin as one"
  }

  private static func bytes(
    of source: ByteSource, _ range: Range<Int>, _ file: String
  ) throws(TokenFileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var span = bytes.mutableSpan
    let count: Int
    do { count = try source.read(at: range.lowerBound, into: &span) } catch { throw TokenFileError(error) }
    guard count == range.count else {
      throw .wrongSize(file: file, expected: source.count, actual: range.lowerBound + count)
    }
    return bytes
  }
}
