internal import Storage

/// A block of a token file in memory.
struct TokenBlock: Sendable {
  /// The block's tokens, and behind their room its checksum.
  private var bytes = [UInt8](repeating: 0, count: TokenFileHeader.blockSize + 4)
  /// Which block of the file it is; nil before the first one.
  private(set) var index: Int?

  /// Reads a block, and checks that it is as it was written.
  mutating func load(_ index: Int, of file: TokenFile) throws(TokenFileError) {
    if self.index == index { return }
    self.index = nil
    let header = file.header
    let range = header.bytes(ofBlock: index)
    let size = TokenFileHeader.blockSize
    try read(header.tokenStart + range.lowerBound, 0..<range.count, of: file)
    try read(header.checksumStart + 4 * index, size..<size + 4, of: file)
    var checksum = CRC32C()
    checksum.append(bytes.span.extracting(0..<range.count))
    let expected = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[size + $1]) << UInt32(8 * $1) }
    guard checksum.value == expected else {
      let start = header.tokenStart + range.lowerBound
      throw .damaged(file: file.path, bytes: start..<start + range.count)
    }
    self.index = index
  }

  private mutating func read(_ offset: Int, _ places: Range<Int>, of file: TokenFile) throws(TokenFileError) {
    var span = bytes.mutableSpan
    let count: Int
    do { count = try file.source.read(at: offset, into: &span, places) } catch { throw TokenFileError(error) }
    // The size was right when the file was opened.
    guard count == places.count else {
      throw .wrongSize(file: file.path, expected: file.source.count, actual: offset + count)
    }
  }

  /// Copies tokens of the file to every `stride`-th place of `target`, from `place` on, block by block: the last of them stays.
  /// - Parameters:
  ///   - tokens: counted from the file's first.
  ///   - translation: the token that stands for each of the file's; nil: they are what is wanted.
  mutating func copy(
    fromFile file: TokenFile, _ tokens: Range<Int>, translation: [Int32]?, into target: inout MutableSpan<Int32>,
    at place: Int, stride: Int
  ) throws(TokenFileError) {
    let blockTokens = file.header.blockTokens
    var (position, place) = (tokens.lowerBound, place)
    while position < tokens.upperBound {
      let start = position % blockTokens
      let count = min(blockTokens - start, tokens.upperBound - position)
      try load(position / blockTokens, of: file)
      try copy(
        start..<start + count, of: file, translation: translation, into: &target, at: place, stride: stride)
      position += count
      place += count * stride
    }
  }

  /// Copies some tokens of the block to every `stride`-th place of `target`, from `place` on.
  /// - Parameters:
  ///   - tokens: counted from the block's first.
  ///   - translation: the token that stands for each of the file's; nil: they are what is wanted.
  func copy(
    _ tokens: Range<Int>, of file: TokenFile, translation: [Int32]?, into target: inout MutableSpan<Int32>,
    at place: Int, stride: Int
  ) throws(TokenFileError) {
    let source = bytes.span
    let limit = UInt32(file.vocabulary.count)
    var place = place
    for token in tokens {
      let value: UInt32 =
        switch file.width {
        case .bits8: UInt32(source[token])
        case .bits16: UInt32(source[2 * token]) | UInt32(source[2 * token + 1]) << 8
        case .bits32:
          UInt32(source[4 * token]) | UInt32(source[4 * token + 1]) << 8 | UInt32(source[4 * token + 2]) << 16
            | UInt32(source[4 * token + 3]) << 24
        }
      guard value < limit else { throw fault(value, token, file) }
      target[place] = Int32(bitPattern: value)
      place += stride
    }
    guard let translation else { return }
    let table = translation.span
    place -= tokens.count * stride
    for _ in tokens {
      target[place] = table[Int(target[place])]
      place += stride
    }
  }

  private func fault(_ value: UInt32, _ token: Int, _ file: TokenFile) -> TokenFileError {
    let offset = (index ?? 0) * TokenFileHeader.blockSize + token * file.width.byteCount
    return .invalid(
      file: file.path, offset: file.header.tokenStart + offset,
      reason: "there is a token \(value), and the vocabulary has \(file.vocabulary.count)")
  }
}
