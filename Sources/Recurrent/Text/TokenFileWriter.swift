internal import Storage

/// Takes the tokens of a file that is being written, in order; see `TokenFile.write`.
public struct TokenFileWriter: ~Copyable {
  private var file: DurableFile
  private let path: String
  private let vocabulary: Vocabulary
  private var header: TokenFileHeader
  /// The present block, its bytes so far, and of those before it a checksum each.
  private var block = [UInt8](repeating: 0, count: TokenFileHeader.blockSize)
  private var blockCount = 0
  private var checksums: [UInt8] = []
  /// The checksums for which memory would grow with the text.
  private var spool: SpoolFile?

  fileprivate init(
    _ file: consuming DurableFile, _ path: String, _ vocabulary: Vocabulary, _ width: TokenFile.Width
  ) {
    (self.path, self.vocabulary) = (path, vocabulary)
    header = TokenFileHeader(vocabulary, width: width)
    self.file = file
  }

  /// Writes what takes the place of the header, which is known at the end.
  fileprivate mutating func begin() throws(TokenFileError) { try write(header.bytes(vocabulary)) }

  /// Tokens so far.
  public var count: Int { header.count }

  /// Appends tokens.
  /// - Precondition: each is one of the vocabulary's.
  /// - Throws: `TokenFileError.io`.
  public mutating func append(_ tokens: [Int32]) throws(TokenFileError) { try append(tokens.span) }

  /// Appends tokens.
  /// - Precondition: each is one of the vocabulary's.
  /// - Throws: `TokenFileError.io`.
  public mutating func append(_ tokens: Span<Int32>) throws(TokenFileError) {
    let (width, symbols) = (header.width.byteCount, vocabulary.symbols)
    var start = 0
    while start < tokens.count {
      let end = min(tokens.count, start + (block.count - blockCount) / width)
      Self.put(
        tokens.extracting(start..<end), width, symbols.span, in: &block, at: &blockCount, digest: &header.digest)
      header.count += end - start
      start = end
      if blockCount == block.count { try endBlock() }
    }
  }

  /// Tokens for which the block has room, from a place on.
  private static func put(
    _ tokens: Span<Int32>, _ width: Int, _ symbols: Span<UInt32>, in block: inout [UInt8], at place: inout Int,
    digest: inout UInt64
  ) {
    var target = block.mutableSpan
    var (end, hash) = (place, digest)
    for index in tokens.indices {
      let token = tokens[index]
      require(token >= 0 && token < symbols.count, "expected a token in 0..<\(symbols.count), got \(token)")
      hash = TokenFile.digest(hash, appending: symbols[Int(token)])
      target[end] = UInt8(truncatingIfNeeded: token)
      for byte in 1..<width { target[end + byte] = UInt8(truncatingIfNeeded: token >> Int32(8 * byte)) }
      end += width
    }
    (place, digest) = (end, hash)
  }

  private mutating func endBlock() throws(TokenFileError) {
    var checksum = CRC32C()
    checksum.append(block.span.extracting(0..<blockCount))
    for index in 0..<4 { checksums.append(UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * index))) }
    let bytes = block
    do { try file.write(bytes.span.extracting(0..<blockCount)) } catch { throw TokenFileError(error) }
    blockCount = 0
    guard checksums.count >= Self.checksumLimit else { return }
    do {
      if spool == nil { spool = try SpoolFile(beside: path) }
      try spool?.append(checksums)
    } catch { throw TokenFileError(error) }
    checksums.removeAll(keepingCapacity: true)
  }

  /// Bytes of checksums that are kept in memory.
  private static let checksumLimit = 1 << 18

  private mutating func write(_ bytes: [UInt8]) throws(TokenFileError) {
    do { try file.write(bytes.span) } catch { throw TokenFileError(error) }
  }

  /// - Throws: `TokenFileError`.
  fileprivate mutating func finish() throws {
    guard header.count > 0 else { throw TokenFileError.text(.empty(source: path)) }
    if blockCount > 0 { try endBlock() }
    try write([UInt8](repeating: 0, count: header.checksumStart - header.tokenStart - header.tokenBytes))
    if let spool {
      do {
        let stream = try spool.reading(as: path)
        while case let piece = try stream.next(upTo: Self.checksumLimit, {}), !piece.isEmpty { try write(piece) }
      } catch let error as FileError { throw TokenFileError(error) }
    }
    try write(checksums)
    do { try file.overwrite(at: 0, with: header.bytes(vocabulary).span) } catch { throw TokenFileError(error) }
  }

  fileprivate consuming func release() -> DurableFile { file }
}

extension TokenFile {
  /// Writes a token file: in place of what was at `path`, whole or not at all.
  ///
  ///     try TokenFile.write(to: "corpus.tokens", vocabulary: vocabulary) { writer in
  ///       for line in lines { try writer.append(vocabulary.encode(line)) }
  ///     }
  ///
  /// - Parameters:
  ///   - path: of a file; a token file has to be read at any place, which a pipe cannot.
  ///   - vocabulary: of the tokens.
  ///   - width: of a token; nil: the least that does.
  ///   - body: appends the tokens. Where it throws, or the disk is full, what was at `path` is still there.
  /// - Precondition: the vocabulary has room in the width.
  /// - Throws: `TokenFileError`, also where there are no tokens; what `body` throws.
  public static func write(
    to path: String, vocabulary: Vocabulary, width: Width? = nil, _ body: (inout TokenFileWriter) throws -> Void
  ) throws {
    let width = width ?? Width(vocabularyCount: vocabulary.count)
    require(
      vocabulary.count <= width.tokenLimit,
      "expected a vocabulary of at most \(width.tokenLimit) for tokens of \(width.rawValue) bits, got \(vocabulary.count)"
    )
    do { try DurableFile.verifyReplaceable(path) } catch { throw TokenFileError(error) }
    try DurableFile.replace(path, failure: { TokenFileError($0) as any Error }) { (file) throws(any Error) in
      var writer = TokenFileWriter(consume file, path, vocabulary, width)
      let result = Result {
        try writer.begin()
        try body(&writer)
        try writer.finish()
      }
      file = writer.release()
      try result.get()
    }
  }
}
