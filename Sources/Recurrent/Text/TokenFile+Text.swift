internal import Storage

/// What `TokenFile.write` made of a text.
public struct TokenizedText: Sendable {
  /// What was written.
  public let file: TokenFile
  /// Bytes of the text.
  public let byteCount: Int
  /// How often each character came that a given vocabulary lacks, and that was skipped or replaced.
  public let unknownCounts: [UInt32: Int]
  /// Whether a file began with a byte order mark, which is no character of the text.
  package let hadMark: Bool
}

/// How far `TokenFile.write` has read a text.
public struct TokenizingProgress: Sendable, Hashable {
  /// 1 while characters are looked for that make a vocabulary, 2 while tokens are written; 2 at once where a vocabulary is given.
  public let pass: Int
  /// Bytes read in this pass.
  public let byteCount: Int
  /// Bytes of the text; nil where they are not known, as of a pipe.
  public let totalBytes: Int?
}

extension TokenFile {
  /// Writes the tokens of files, and of all files of directories, read one after the other as `Corpus` reads them, with the
  /// same memory whatever their size. In place of what was at `path`, whole or not at all.
  ///
  /// Without a vocabulary the text is read twice. What comes from a pipe is put aside for that, in a file without a name in the
  /// directory of `path`.
  /// - Parameters:
  ///   - paths: of files and directories, in the order in which they are read.
  ///   - fileExtension: takes only such files from directories.
  ///   - unit: ignored if a vocabulary is given, which has its own.
  ///   - normalization: the form of Unicode that the text is brought into; as the unit ignored if a vocabulary is given.
  ///   - vocabulary: that of a model, or of another token file; nil makes one of all characters of the text.
  ///   - unknown: what becomes of characters that a given vocabulary lacks.
  ///   - width: of a token; nil: the least that does.
  ///   - path: of a file; a pipe cannot be read at any place.
  ///   - hook: called now and then; where it throws nothing is written.
  /// - Precondition: bytes are not normalized.
  /// - Throws: `TokenFileError`; what the hook throws.
  public static func write(
    textFrom paths: [String], fileExtension: String? = nil, unit: Vocabulary.Unit = .unicodeScalar,
    normalization: Vocabulary.Normalization = .none, vocabulary: Vocabulary? = nil,
    unknown: Vocabulary.UnknownPolicy = .refuse, width: Width? = nil, to path: String,
    _ hook: (TokenizingProgress) throws -> Void = { _ in }
  ) throws -> TokenizedText {
    try write(
      textFrom: paths, fileExtension: fileExtension, unit: unit, normalization: normalization, vocabulary: vocabulary,
      unknown: unknown, width: width, to: path, pieceSize: 1 << 20, hook)
  }

  /// - Parameter pieceSize: bytes that are read at once.
  package static func write(
    textFrom paths: [String], fileExtension: String?, unit: Vocabulary.Unit, normalization: Vocabulary.Normalization,
    vocabulary: Vocabulary?, unknown: Vocabulary.UnknownPolicy, width: Width?, to path: String, pieceSize: Int,
    _ hook: (TokenizingProgress) throws -> Void
  ) throws -> TokenizedText {
    require(
      unit == .unicodeScalar || normalization == .none, "expected no normalization of bytes, got \(normalization)")
    do { try DurableFile.verifyReplaceable(path) } catch { throw TokenFileError(error) }
    var text: StreamedText
    do {
      text = StreamedText(
        try TextFiles.gather(paths, fileExtension: fileExtension), unit: vocabulary?.unit ?? unit,
        normalization: vocabulary?.normalization ?? normalization, pieceSize: pieceSize)
    } catch { throw TokenFileError.text(error) }
    let source = (1...3).contains(paths.count) ? paths.joined(separator: ", ") : "\(paths.count) paths"
    let found = vocabulary == nil ? try text.survey(spoolingBeside: path, source: source, hook) : nil
    guard let known = vocabulary ?? found?.vocabulary else { stop("no vocabulary") }
    if let width, known.count > width.tokenLimit {
      throw TokenFileError.otherVocabulary(
        file: path,
        reason: "the text has \(known.count) different characters, too many for tokens of \(width.rawValue) bits")
    }
    var counts: [UInt32: Int] = [:]
    try write(to: path, vocabulary: known, width: width) { writer in
      try text.encode(by: known, unknown, &counts, hook) { tokens in try writer.append(tokens) }
      if let found, found.count != writer.count { throw StreamedText.changed(source) }
      if writer.count == 0 { throw TokenFileError.text(.empty(source: source)) }
    }
    return TokenizedText(
      file: try TokenFile(path: path), byteCount: text.byteCount, unknownCounts: counts, hadMark: text.hadMark)
  }
}

/// The files of a text, read one after the other, twice where it must be.
private struct StreamedText {
  private let files: [String]
  private let unit: Vocabulary.Unit
  private let normalization: Vocabulary.Normalization
  private let pieceSize: Int
  private let totalBytes: Int?
  /// What was put aside of files that cannot be read again.
  private var spools: [String: SpoolFile] = [:]
  /// Of the last pass.
  private(set) var byteCount = 0
  private(set) var hadMark = false

  init(_ files: [String], unit: Vocabulary.Unit, normalization: Vocabulary.Normalization, pieceSize: Int) {
    (self.files, self.unit, self.normalization, self.pieceSize) = (files, unit, normalization, pieceSize)
    let sizes = files.map { file in
      (try? FileStatus(of: file)).flatMap { $0.kind == .regular ? $0.size : nil }
    }
    totalBytes = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
  }

  static func changed(_ source: String) -> TokenFileError {
    .io(file: source, reason: "the text changed while it was read: nothing is written")
  }

  /// What the text has: its vocabulary, and how many characters.
  mutating func survey(
    spoolingBeside path: String, source: String, _ hook: (TokenizingProgress) throws -> Void
  ) throws -> (vocabulary: Vocabulary, count: Int) {
    var isPresent = [Bool](repeating: false, count: Int(unit.largestSymbol) + 1)
    var largest: Int32 = 0
    var count = 0
    var scanner = TextScanner(unit: unit, normalization: normalization, pieceSize: pieceSize)
    for file in files {
      let stream = try Self.open(file)
      if !stream.isRepeatable {
        do { spools[file] = try SpoolFile(beside: path) } catch { throw TokenFileError(error) }
      }
      try scan(stream, &scanner, pass: 1, spool: spools[file], hook) { symbols in
        let text = symbols.span
        var marks = isPresent.mutableSpan
        for index in text.indices {
          marks[Int(text[index])] = true
          largest = max(largest, text[index])
        }
        count += symbols.count
      }
    }
    let symbols = (0...Int(largest)).filter { isPresent[$0] }.map { UInt32($0) }
    do throws(TextError) {
      guard !symbols.isEmpty else { throw .empty(source: source) }
      guard symbols.count > 1 else { throw .singleSymbol(symbols[0], unit: unit) }
      return (try Vocabulary(unit: unit, symbols: symbols, normalization: normalization), count)
    } catch { throw TokenFileError.text(error) }
  }

  /// The tokens of the text, piece by piece.
  /// - Parameter counts: of the symbols without one that are skipped or replaced.
  mutating func encode(
    by vocabulary: Vocabulary, _ unknown: Vocabulary.UnknownPolicy, _ counts: inout [UInt32: Int],
    _ hook: (TokenizingProgress) throws -> Void, _ body: ([Int32]) throws -> Void
  ) throws {
    var scanner = TextScanner(unit: unit, normalization: normalization, pieceSize: pieceSize)
    for file in files {
      let stream = try again(file)
      var place = SymbolPlace()
      try scan(stream, &scanner, pass: 2, spool: nil, hook) { symbols in
        let start = place
        place.pass(symbols)
        if let index = vocabulary.encode(inPlace: &symbols, unknown: unknown, counts: &counts) {
          var end = start
          end.pass(symbols[..<index].map { Int32(bitPattern: vocabulary.symbols[Int($0)]) })
          throw TokenFileError.text(
            .unknownSymbol(
              UInt32(bitPattern: symbols[index]), unit: unit,
              at: TextPlace(offset: end.offset, line: end.line, column: end.column), file: file))
        }
        try body(symbols)
      }
    }
    hadMark = scanner.hadMark
    byteCount = scanner.byteCount
  }

  private func scan(
    _ stream: borrowing ByteStream, _ scanner: inout TextScanner, pass: Int, spool: SpoolFile?,
    _ hook: (TokenizingProgress) throws -> Void, _ body: (inout [Int32]) throws -> Void
  ) throws {
    try scanner.scan(stream, spool: spool, body) { (bytes: Int) in
      try hook(TokenizingProgress(pass: pass, byteCount: bytes, totalBytes: totalBytes))
    }
  }

  private func again(_ file: String) throws(TokenFileError) -> ByteStream {
    guard let spool = spools[file] else { return try Self.open(file) }
    do { return try spool.reading(as: file) } catch { throw TokenFileError(error) }
  }

  private static func open(_ file: String) throws(TokenFileError) -> ByteStream {
    do { return try ByteStream(path: file) } catch { throw .text(TextError(error)) }
  }
}
