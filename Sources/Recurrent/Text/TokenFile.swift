internal import Storage

/// A text as tokens in a file, of any size: what it is made of is known at once, its tokens are read where they are asked for.
///
///     let file = try TokenFile(path: "corpus.tokens")
///     let (training, validation) = file.tokens.divided(validationFraction: 0.01)
///     let streams = try TokenStreams(training, batchSize: 32, sequenceLength: 64)
///
/// `rnn tokenize` and `TokenFile.write` make such files. Opening one checks its header, its vocabulary and its size; every
/// read checks the blocks that it touches. The file stays open as long as this value or a copy of it lives: one that is
/// replaced by renaming (as everything here does) changes nothing for it, one that is cut short or written over makes reading
/// throw.
public struct TokenFile: Sendable {
  /// Bits of a token in a file.
  public enum Width: Int, Sendable, Hashable, CaseIterable {
    /// Vocabularies of up to 256.
    case bits8 = 8
    /// Of up to 65,536.
    case bits16 = 16
    /// Of any size.
    case bits32 = 32

    /// The least that has room for a vocabulary.
    public init(vocabularyCount: Int) {
      self = vocabularyCount <= 1 << 8 ? .bits8 : vocabularyCount <= 1 << 16 ? .bits16 : .bits32
    }

    /// Bytes of a token.
    public var byteCount: Int { rawValue / 8 }

    /// Tokens that there can be.
    var tokenLimit: Int { self == .bits32 ? Int(Int32.max) : 1 << rawValue }
  }

  /// As it was given, for messages.
  public let path: String
  /// Of the tokens.
  public let vocabulary: Vocabulary
  let source: ByteSource
  let header: TokenFileHeader

  /// Opens a file, and reads what it says about itself. That takes the same time whatever its size.
  /// - Throws: `TokenFileError`.
  public init(path: String) throws(TokenFileError) {
    let source: ByteSource
    do { source = try ByteSource(path: path) } catch { throw TokenFileError(error) }
    try self.init(source, file: path)
  }

  /// Takes the bytes of a whole file; `file` names it in messages.
  package init(bytes: [UInt8], file: String) throws(TokenFileError) { try self.init(.memory(bytes), file: file) }

  private init(_ source: ByteSource, file: String) throws(TokenFileError) {
    (header, vocabulary) = try TokenFileHeader.read(source, file)
    (path, self.source) = (file, source)
  }

  /// Tokens of the text.
  public var count: Int { header.count }

  /// Bits of a token.
  public var width: Width { header.width }

  /// Bytes of the file.
  public var byteCount: Int { source.count }

  /// A hash of the text, as `Corpus.digest`: the same for the same text, whatever its vocabulary.
  public var digest: UInt64 { header.digest }

  /// Of no symbols.
  static let emptyDigest: UInt64 = 0xCBF2_9CE4_8422_2325

  /// FNV-1a (Fowler, Noll & Vo) with a symbol more.
  @inline(__always)
  static func digest(_ digest: UInt64, appending symbol: UInt32) -> UInt64 {
    (digest ^ UInt64(symbol)) &* 0x100_0000_01B3
  }

  /// Whether a regular file begins as a token file does. Nothing is taken from a pipe.
  public static func isTokenFile(at path: String) -> Bool {
    guard let status = try? FileStatus(of: path), status.kind == .regular,
      case .file(let file)? = try? ByteSource(path: path)
    else { return false }
    var start = [UInt8](repeating: 0, count: TokenFileHeader.magic.count)
    var span = start.mutableSpan
    guard let count = try? ByteSource.file(file).read(at: 0, into: &span) else { return false }
    return count == start.count && start == TokenFileHeader.magic
  }

  // MARK: Reading

  /// All tokens, none of which is read yet.
  public var tokens: TokenSource { TokenSource(self, translation: nil) }

  /// All tokens, none of which is read yet, as those of another vocabulary.
  /// - Throws: `TokenFileError.otherVocabulary` where that has another unit or normalization, or lacks a symbol of this one.
  public func tokens(for other: Vocabulary) throws(TokenFileError) -> TokenSource {
    if other == vocabulary { return tokens }
    let advice = "'rnn tokenize --vocabulary' makes a token file of its texts for the vocabulary of a model"
    guard other.pieces == nil else {
      throw .otherVocabulary(
        file: path,
        reason:
          "its tokens are single \(vocabulary.unit == .byte ? "bytes" : "characters"), and those of the model are pieces "
          + "of several: give the text itself")
    }
    guard other.unit == vocabulary.unit else {
      func name(_ unit: Vocabulary.Unit) -> String { unit == .byte ? "bytes" : "characters" }
      throw .otherVocabulary(
        file: path,
        reason: "its tokens are \(name(vocabulary.unit)), and those of the model are \(name(other.unit)); \(advice)")
    }
    guard other.normalization == vocabulary.normalization else {
      throw .otherVocabulary(
        file: path,
        reason: "its text is in form \(vocabulary.normalization.rawValue) of Unicode, and the model is for form "
          + "\(other.normalization.rawValue); \(advice)")
    }
    var translation: [Int32] = []
    for symbol in vocabulary.symbols {
      guard let token = other.token(of: symbol) else {
        throw .otherVocabulary(
          file: path,
          reason: "its vocabulary has \(vocabulary.unit.name(of: symbol)), which that of the model lacks; \(advice)")
      }
      translation.append(token)
    }
    return TokenSource(self, translation: translation)
  }

  /// Reads the whole file, and checks all that is in it.
  /// - Parameter hook: called now and then with the bytes done; where it throws, the reading ends.
  /// - Throws: `TokenFileError`; what the hook throws.
  public func verify(_ hook: (Int) throws -> Void = { _ in }) throws {
    var digest = Self.emptyDigest
    var block = TokenBlock()
    var tokens = [Int32](repeating: 0, count: header.blockTokens)
    for index in 0..<header.blockCount {
      try block.load(index, of: self)
      let count = header.bytes(ofBlock: index).count / width.byteCount
      var span = tokens.mutableSpan
      try block.copy(0..<count, of: self, translation: nil, into: &span, at: 0, stride: 1)
      for token in tokens[..<count] { digest = Self.digest(digest, appending: vocabulary.symbols[Int(token)]) }
      if index % 64 == 0 { try hook(header.tokenStart + index * TokenFileHeader.blockSize) }
    }
    guard digest == header.digest else {
      throw TokenFileError.invalid(
        file: path, offset: 24,
        reason: "the digest of its text is \(String(digest, radix: 16)), not \(String(header.digest, radix: 16))")
    }
  }
}
