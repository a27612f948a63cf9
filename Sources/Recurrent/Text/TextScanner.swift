internal import Storage

/// Reads texts piece by piece as symbols: the numbers of their scalars, as they are normalized, or bytes. What it makes of a
/// text is what `SymbolText` makes of all of it at once.
struct TextScanner {
  let unit: Vocabulary.Unit
  private var normalizer: Normalizer?
  /// Whether a file began with a byte order mark, which is no character of the text.
  private(set) var hadMark = false
  /// Bytes read of all texts.
  private(set) var byteCount = 0

  /// Bytes that are read at once.
  private let pieceSize: Int

  /// - Precondition: a piece has room for what a file may begin with.
  init(unit: Vocabulary.Unit, normalization: Vocabulary.Normalization, pieceSize: Int) {
    require(pieceSize >= TokenFileHeader.magic.count, "expected pieces of 8 bytes or more, got \(pieceSize)")
    (self.unit, self.pieceSize) = (unit, pieceSize)
    normalizer = normalization == .none ? nil : Normalizer(normalization)
  }

  /// Reads a stream to its end.
  /// - Parameters:
  ///   - spool: gets all bytes that are read.
  ///   - body: takes the symbols of each piece.
  ///   - hook: called now and then with the bytes read so far, of all texts.
  /// - Throws: `TextError.notUTF8`, `unreadable`, as `TokenFileError.text`; what `body` throws.
  mutating func scan(
    _ stream: borrowing ByteStream, spool: SpoolFile?, _ body: (inout [Int32]) throws -> Void,
    hook: (Int) throws -> Void
  ) throws {
    let file = stream.path
    var place = SymbolPlace()
    var offset = 0
    /// The beginning of a character whose end is in the next piece.
    var rest: [UInt8] = []
    /// Symbols that may belong together with those of the next piece.
    var pending: [Int32] = []
    var symbols: [Int32] = []
    while true {
      let piece: [UInt8]
      do { piece = try stream.next(upTo: pieceSize) { try hook(byteCount) } } catch let error as FileError {
        throw TokenFileError.text(TextError(error))
      }
      let isLast = piece.count < pieceSize
      byteCount += piece.count
      try hook(byteCount)
      do { try spool?.append(piece) } catch { throw TokenFileError(error) }
      let bytes = rest.isEmpty ? piece : rest + piece
      var start = 0
      if offset == 0 {
        guard !bytes.starts(with: TokenFileHeader.magic) else { throw TokenFileError.text(.tokenFile(file)) }
        if unit == .unicodeScalar, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { (start, hadMark) = (3, true) }
      }
      let (end, hasZero) = decode(bytes, from: start, into: &symbols)
      // A character has 4 bytes at most.
      let isCut = end < bytes.count && (isLast || bytes.count - end >= 4)
      if isCut || (hasZero && offset == 0) {
        let origin = (offset: offset, line: place.line, column: place.column)
        let text = bytes.span.extracting(0..<(isCut ? bytes.count : end))
        if let fault = EncodingFault(text, file: file, startingAt: origin) {
          throw TokenFileError.text(.notUTF8(file: file, at: TextPlace(fault), reason: fault.reason))
        }
      }
      place.pass(symbols)
      offset += end
      rest = Array(bytes[end...])
      if normalizer != nil { normalize(&symbols, &pending, isLast: isLast) }
      if !symbols.isEmpty { try body(&symbols) }
      if isLast { return }
    }
  }

  /// Replaces `symbols` by those of the bytes from `start` on.
  /// - Returns: where the first byte stands that begins no character, and whether there are zeros.
  private func decode(_ bytes: [UInt8], from start: Int, into symbols: inout [Int32]) -> (end: Int, hasZero: Bool) {
    if symbols.count < bytes.count { symbols += repeatElement(0, count: bytes.count - symbols.count) }
    let source = bytes.span
    var (offset, count) = (start, 0)
    var hasZero = false
    var target = symbols.mutableSpan
    if unit == .byte {
      while offset < source.count {
        target[count] = Int32(source[offset])
        (offset, count) = (offset + 1, count + 1)
      }
    } else {
      while offset < source.count {
        let byte = source[offset]
        if byte < 0x80 {
          target[count] = Int32(byte)
          hasZero = hasZero || byte == 0
          offset += 1
        } else {
          guard let (scalar, length) = decodeScalar(source, at: offset, end: source.count) else { break }
          target[count] = Int32(bitPattern: scalar)
          offset += length
        }
        count += 1
      }
    }
    symbols.removeLast(symbols.count - count)
    return (offset, hasZero)
  }

  /// Brings symbols into the normal form, but for those at the end that may belong together with what comes.
  private mutating func normalize(_ symbols: inout [Int32], _ pending: inout [Int32], isLast: Bool) {
    pending += symbols
    let end = isLast ? pending.count : pending.lastIndex(where: Normalizer.isBoundary) ?? 0
    symbols.removeAll(keepingCapacity: true)
    normalizer?.append(pending[..<end], inPiecesTo: &symbols)
    pending.removeFirst(end)
  }
}

/// The place behind the symbols that it has passed, as `LineCounter` counts: cheap where there are many.
struct SymbolPlace {
  private(set) var offset = 0
  private(set) var line = 1
  private(set) var column = 1
  private var followsReturn = false

  mutating func pass(_ symbols: [Int32]) {
    guard let last = symbols.last else { return }
    let text = symbols.span
    var previous: Int32 = followsReturn ? 0x0D : 0
    var ends = 0
    for index in text.indices {
      let symbol = text[index]
      ends += symbol == 0x0D || (symbol == 0x0A && previous != 0x0D) ? 1 : 0
      previous = symbol
    }
    line += ends
    // A line feed that ends no line counts for no column either.
    if let end = symbols.lastIndex(where: { $0 == 0x0D || $0 == 0x0A }) {
      column = (ends == 0 ? column : 1) + symbols.count - 1 - end
    } else {
      column += symbols.count
    }
    offset += symbols.count
    followsReturn = last == 0x0D
  }
}
