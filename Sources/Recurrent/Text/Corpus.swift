import Storage

/// A text as tokens, cut into a part to train on and a part to validate with.
///
///     let corpus = try Corpus(paths: ["shakespeare.txt"], validationFraction: 0.1)
///     let streams = try TokenStreams(corpus.training, batchSize: 32, sequenceLength: 64)
///
/// Larger texts than fit into memory are read as a `TokenFile`.
///
/// Memory: 4 bytes a character, and while reading the bytes of one file (8 bytes a character more where it is normalized).
public struct Corpus: Sendable {
  /// Of the tokens of both parts.
  public let vocabulary: Vocabulary
  /// The tokens of the first part of the text.
  public let training: [Int32]
  /// The tokens of the last part; empty if no fraction was asked for.
  public let validation: [Int32]
  /// How often each character came that a given vocabulary lacks, and that was skipped or replaced.
  public let unknownCounts: [UInt32: Int]
  /// Whether a file began with a byte order mark, which is no character of the text.
  package let hadMark: Bool

  /// Reads files, and all files of directories (see `TextFiles`), one after the other into one text. Line ends are taken as
  /// they are; of a byte order mark at the start of a file, characters are read without it, and bytes with it.
  ///
  /// - Parameters:
  ///   - paths: of files and directories, in the order in which they are read.
  ///   - fileExtension: takes only such files from directories.
  ///   - unit: ignored if a vocabulary is given, which has its own.
  ///   - normalization: the form of Unicode that the text is brought into; as the unit ignored if a vocabulary is given.
  ///   - vocabulary: that of a model trained before; nil makes one of all characters of the text, validation
  ///     part included.
  ///   - validationFraction: how much of the end of the text is kept for validation, in `0..<1`.
  ///   - unknown: what becomes of characters that a given vocabulary lacks.
  /// - Precondition: bytes are not normalized.
  /// - Throws: `TextError`: a file is missing, unreadable or not valid UTF-8 (each file is valid by itself), the
  ///   text is empty, repeats a single character, or holds one that the given vocabulary lacks.
  public init(
    paths: [String], fileExtension: String? = nil, unit: Vocabulary.Unit = .unicodeScalar,
    normalization: Vocabulary.Normalization = .none, vocabulary: Vocabulary? = nil, validationFraction: Double = 0,
    unknown: Vocabulary.UnknownPolicy = .refuse
  ) throws(TextError) {
    try self.init(
      paths: paths, fileExtension: fileExtension, unit: unit, normalization: normalization, vocabulary: vocabulary,
      validationFraction: validationFraction, unknown: unknown, keepsMarks: false)
  }

  /// - Parameter keepsMarks: takes byte order marks for characters, as earlier versions did.
  package init(
    paths: [String], fileExtension: String?, unit: Vocabulary.Unit, normalization: Vocabulary.Normalization = .none,
    vocabulary: Vocabulary?, validationFraction: Double, unknown: Vocabulary.UnknownPolicy = .refuse, keepsMarks: Bool
  ) throws(TextError) {
    var text = SymbolText(
      unit: vocabulary?.unit ?? unit, normalization: vocabulary?.normalization ?? normalization)
    text.keepsMarks = keepsMarks
    for path in try TextFiles.gather(paths, fileExtension: fileExtension) {
      let bytes: [UInt8]
      do { bytes = try readFile(path) } catch { throw TextError(error) }
      try text.append(bytes, file: path)
    }
    let source = (1...3).contains(paths.count) ? paths.joined(separator: ", ") : "\(paths.count) paths"
    try self.init(text, source: source, vocabulary, validationFraction, unknown)
  }

  /// Takes a text in memory; otherwise as `init(paths:)`.
  public init(
    text: String, unit: Vocabulary.Unit = .unicodeScalar, normalization: Vocabulary.Normalization = .none,
    vocabulary: Vocabulary? = nil, validationFraction: Double = 0, unknown: Vocabulary.UnknownPolicy = .refuse
  ) throws(TextError) {
    try self.init(
      bytes: Array(text.utf8), unit: unit, normalization: normalization, vocabulary: vocabulary,
      validationFraction: validationFraction, unknown: unknown)
  }

  /// Takes the bytes of a text in memory; otherwise as `init(paths:)`.
  package init(
    bytes: [UInt8], unit: Vocabulary.Unit = .unicodeScalar, normalization: Vocabulary.Normalization = .none,
    vocabulary: Vocabulary? = nil, validationFraction: Double = 0, unknown: Vocabulary.UnknownPolicy = .refuse
  ) throws(TextError) {
    var symbols = SymbolText(
      unit: vocabulary?.unit ?? unit, normalization: vocabulary?.normalization ?? normalization)
    try symbols.append(bytes, file: nil)
    try self.init(symbols, source: "the text", vocabulary, validationFraction, unknown)
  }

  /// A corpus whose tokens are those of another vocabulary.
  /// - Precondition: the vocabulary is of the same unit and has all symbols of this one, which has no pieces.
  public func encoded(by vocabulary: Vocabulary) -> Corpus {
    require(vocabulary.unit == self.vocabulary.unit, "the vocabularies are of different units")
    require(self.vocabulary.pieces == nil, "a corpus of pieces cannot be encoded anew")
    let tokens = self.vocabulary.symbols.map { symbol in
      guard let token = vocabulary.token(of: symbol) else { stop("no token for symbol \(symbol)") }
      return token
    }
    func encoded(_ part: [Int32]) -> [Int32] {
      var result = part.map { tokens[Int($0)] }
      vocabulary.joinPieces(&result)
      return result
    }
    return Corpus(
      vocabulary: vocabulary, training: encoded(training), validation: encoded(validation),
      unknownCounts: unknownCounts, hadMark: hadMark)
  }

  private init(
    vocabulary: Vocabulary, training: [Int32], validation: [Int32], unknownCounts: [UInt32: Int], hadMark: Bool
  ) {
    self.vocabulary = vocabulary
    self.training = training
    self.validation = validation
    self.unknownCounts = unknownCounts
    self.hadMark = hadMark
  }

  /// A hash of the text, whatever the vocabulary and however it is divided: FNV-1a (Fowler, Noll & Vo) over its symbols.
  /// Tells whether a text is the one it was; a text made to have a certain hash can be found easily.
  public var digest: UInt64 {
    var hash = TokenFile.emptyDigest
    for tokens in [training, validation] {
      for token in tokens {
        if Int(token) < vocabulary.symbols.count {
          hash = TokenFile.digest(hash, appending: vocabulary.symbols[Int(token)])
        } else {
          for symbol in vocabulary.symbols(of: token) { hash = TokenFile.digest(hash, appending: symbol) }
        }
      }
    }
    return hash
  }

  private init(
    _ text: consuming SymbolText, source: String, _ vocabulary: Vocabulary?, _ validationFraction: Double,
    _ unknown: Vocabulary.UnknownPolicy
  ) throws(TextError) {
    require(
      validationFraction >= 0 && validationFraction < 1,
      "expected a validation fraction in 0..<1, got \(validationFraction)")
    guard text.count > 0 else { throw .empty(source: source) }
    let used = if let vocabulary { vocabulary } else { try text.vocabulary() }
    hadMark = text.hadMark
    var counts: [UInt32: Int] = [:]
    var tokens = try text.encoded(by: used, unknown: unknown, counts: &counts)
    unknownCounts = counts
    let validationCount = Int(Double(tokens.count) * validationFraction)
    // Where a text is cut does not depend on the pieces.
    var held = Array(tokens.suffix(validationCount))
    // In place: a copy of the training part would double the memory.
    tokens.removeLast(validationCount)
    used.joinPieces(&tokens)
    used.joinPieces(&held)
    (training, validation) = (tokens, held)
    self.vocabulary = used
  }
}
