import Storage

/// Vectors of words that were learnt elsewhere, in the text format of GloVe (Pennington et al. 2014), word2vec and fastText: a
/// word and its numbers on each line, in files of the latter two under a line `count size`.
public struct WordVectors: Sendable {
  /// D, numbers of a vector.
  public let size: Int
  /// Vectors of the file, wanted or not.
  public let count: Int
  /// Vectors that the file's first line says it has; nil where it does not begin so. More than `count` where it was cut short.
  public let declaredCount: Int?
  private var vectors: [ExactString: [Float]] = [:]
  /// By words in lower case: of the first spelling of each in the file.
  private var others: [ExactString: [Float]] = [:]

  /// Reads the vectors of some words alone, as they are spelled or with other capitals: files have millions.
  /// - Parameters:
  ///   - path: of the file; its words may have spaces.
  ///   - words: those that are wanted.
  /// - Throws: `TextError` where it cannot be read, with the line of what is no vector.
  public init(path: String, of words: some Sequence<String>) throws(TextError) {
    var wanted = Set<ExactString>()
    for word in words {
      wanted.insert(ExactString(word))
      wanted.insert(ExactString(word.lowercased()))
    }
    var (size, number, count, declared): (Int?, Int, Int, Int?) = (nil, 0, 0, nil)
    var (found, others): ([ExactString: [Float]], [ExactString: [Float]]) = ([:], [:])
    try Self.forEachLine(of: path) { (bytes) throws(TextError) in
      number += 1
      func fault(_ reason: String) -> TextError { .unreadable(path: path, reason: "line \(number): \(reason)") }
      let fields = bytes.split { $0 == 0x20 || $0 == 0x09 }
      if fields.isEmpty { return true }
      if number == 1, let header = Self.header(fields) {
        guard header.size > 0 else { throw fault("vectors have 0 numbers") }
        (declared, size) = (header.count, header.size)
        return true
      }
      let columns = size ?? fields.count - 1
      size = columns
      guard columns >= 1, fields.count > columns else {
        throw fault("expected a word and \(max(columns, 1)) numbers, got \(fields.count) fields")
      }
      count += 1
      // Words may have spaces: the numbers are the last fields.
      let end = fields[fields.count - columns - 1].endIndex
      let word = String(decoding: bytes[fields[0].startIndex..<end], as: UTF8.self)
      let (name, lower) = (ExactString(word), ExactString(word.lowercased()))
      let (isOwn, isOther) = (
        wanted.contains(name) && found[name] == nil, wanted.contains(lower) && others[lower] == nil
      )
      guard isOwn || isOther else { return true }
      var vector: [Float] = []
      vector.reserveCapacity(columns)
      for field in fields.suffix(columns) {
        guard let value = Float(String(decoding: field, as: UTF8.self)), value.isFinite else {
          throw fault("\"\(printable(String(decoding: field, as: UTF8.self), limit: 20))\" is no number")
        }
        vector.append(value)
      }
      if isOwn { found[name] = vector }
      if isOther { others[lower] = vector }
      return true
    }
    guard let size, count > 0 else { throw .unreadable(path: path, reason: "it has no vectors") }
    (self.size, self.count, declaredCount, vectors, self.others) = (size, count, declared, found, others)
  }

  /// D of a file, from its first lines.
  /// - Throws: `TextError` where it cannot be read, or has no vectors.
  public static func size(of path: String) throws(TextError) -> Int {
    var (size, number): (Int?, Int) = (nil, 0)
    try forEachLine(of: path) { (bytes) throws(TextError) in
      number += 1
      let fields = bytes.split { $0 == 0x20 || $0 == 0x09 }
      if fields.isEmpty { return true }
      size = number == 1 ? header(fields)?.size ?? fields.count - 1 : fields.count - 1
      return false
    }
    guard let size, size > 0 else { throw .unreadable(path: path, reason: "it has no vectors") }
    return size
  }

  /// The vector of a word, else of its spelling in lower case, else of the first with other capitals; nil: it has none.
  public func vector(of word: String) -> [Float]? {
    let lower = ExactString(word.lowercased())
    return vectors[ExactString(word)] ?? vectors[lower] ?? others[lower]
  }

  /// The numbers of a header `count size`; nil where the line is none.
  private static func header(_ fields: [ArraySlice<UInt8>]) -> (count: Int, size: Int)? {
    guard fields.count == 2, let count = Int(String(decoding: fields[0], as: UTF8.self)),
      let size = Int(String(decoding: fields[1], as: UTF8.self))
    else { return nil }
    return (count, size)
  }

  /// - Parameter body: whether to go on.
  private static func forEachLine(of path: String, _ body: (ArraySlice<UInt8>) throws(TextError) -> Bool)
    throws(TextError)
  {
    do {
      let stream = try ByteStream(path: path)
      var rest: [UInt8] = []
      var isFirst = true
      while true {
        let piece = try stream.next(upTo: 1 << 20) {}
        var bytes = rest + piece
        if isFirst, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        isFirst = false
        if bytes.contains(0) || bytes.starts(with: [0x1F, 0x8B]) {
          throw TextError.unreadable(path: path, reason: "it is binary or compressed: vectors are read from text")
        }
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
          let line = bytes[start..<end]
          guard try body(line.last == 0x0D ? line.dropLast() : line) else { return }
          start = end + 1
        }
        rest = Array(bytes[start...])
        if piece.isEmpty {
          if !rest.isEmpty { _ = try body(rest[...]) }
          return
        }
      }
    } catch let error as FileError { throw TextError(error) } catch let error as TextError { throw error } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }
}
