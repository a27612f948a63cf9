import Recurrent
import Storage

/// Sources, each with all its right answers: what `rnn translate` trains on and measures with.
struct Pairs {
  struct Item {
    /// In the form that the model reads.
    let source: String
    /// Different ones, in their order.
    var targets: [String]
  }

  let file: String
  /// In the order in which the sources come first.
  private(set) var items: [Item] = []
  /// Lines that were not taken for pairs.
  private(set) var header: (source: String, target: String)?
  private(set) var hasFurtherColumns = false
  private var numbers: [ExactString: Int] = [:]

  init(file: String) { self.file = file }

  /// Pairs: of sources with each of their targets.
  var count: Int { items.reduce(0) { $0 + $1.targets.count } }

  mutating func add(_ source: String, _ target: String) {
    guard let number = numbers[ExactString(source)] else {
      numbers[ExactString(source)] = items.count
      items.append(Item(source: source, targets: [target]))
      return
    }
    let key = ExactString(target)
    if !items[number].targets.contains(where: { ExactString($0) == key }) { items[number].targets.append(target) }
  }

  /// Whether this is one of the sources.
  func contains(_ source: String) -> Bool { numbers[ExactString(source)] != nil }

  /// Those of some of the sources.
  func selecting(_ chosen: some Sequence<Int>) -> Pairs {
    var part = Pairs(file: file)
    for number in chosen { for target in items[number].targets { part.add(items[number].source, target) } }
    return part
  }

  /// Holds sources out, with all their targets, drawn by the seed.
  /// - Throws: `Failure` where none would be left.
  func holdingOut(_ part: PartSize?, seed: UInt64) throws(Failure) -> (training: Pairs, held: Pairs) {
    let count = part?.count(of: items.count) ?? min(Self.mostHeld, items.count / 10)
    guard count < items.count else {
      throw Failure(
        message: "\(file): --validation \(count) leaves nothing to train on of \(counted(items.count, "source"))")
    }
    var generator = SeededGenerator(seed: seed)
    let chosen = Set(items.indices.shuffled(using: &generator).prefix(count))
    return (selecting(items.indices.filter { !chosen.contains($0) }), selecting(items.indices.filter(chosen.contains)))
  }

  /// Sources that are held out unless something else is asked for, at most; a tenth of all where that is less.
  static let mostHeld = 2000

  /// Leaves out pairs with a side that has more symbols.
  /// - Returns: how many there were.
  mutating func dropLonger(than limit: Int, _ units: (source: TextTokenizer.Unit, target: TextTokenizer.Unit))
    -> Int
  {
    let before = count
    let all = items
    (items, numbers) = ([], [:])
    for item in all where units.source.measures(of: item.source).count <= limit {
      for target in item.targets where units.target.measures(of: target).count <= limit { add(item.source, target) }
    }
    return before - count
  }
}

// MARK: Reading

extension Pairs {
  /// What is read of files of pairs.
  struct Reading {
    var form = TextForm()
    /// nil: as the first line looks.
    var hasHeader: Bool?
  }

  /// Reads lines `source TAB target`, or a file of sources and one of targets, line by line.
  /// - Throws: `Failure`, naming the line and what is wrong with it.
  init(_ path: String, targets: String?, _ reading: Reading) throws {
    self.init(file: path)
    let first = try LinesOfText(path)
    var lines: [(source: String, target: String, number: Int)] = []
    if let targets {
      let second = try LinesOfText(targets)
      guard first.lines.count == second.lines.count else {
        throw Failure(
          message:
            "\(path) has \(counted(first.lines.count, "line")) and \(targets) \(counted(second.lines.count, "line")): "
            + "expected a target for each source, line by line")
      }
      for (index, (source, target)) in zip(first.lines, second.lines).enumerated() {
        if source.isEmpty, target.isEmpty { continue }
        if source.isEmpty { throw Self.emptySide(path, index + 1, "source") }
        if target.isEmpty { throw Self.emptySide(targets, index + 1, "target") }
        lines.append((source, target, index + 1))
      }
    } else {
      for (index, line) in first.lines.enumerated() where !line.isEmpty {
        let fields = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count > 1 else {
          throw Failure(
            message:
              "\(printable(path)), line \(index + 1): there is no tab between a source and its target; two files, of "
              + "sources and of targets, are given one after the other")
        }
        if fields.count > 2 { hasFurtherColumns = true }
        let (source, target) = (LinesOfText.trimmed(fields[0]), LinesOfText.trimmed(fields[1]))
        if source.isEmpty { throw Self.emptySide(path, index + 1, "source") }
        if target.isEmpty { throw Self.emptySide(path, index + 1, "target") }
        lines.append((source, target, index + 1))
      }
    }
    if reading.hasHeader ?? PairHeader.isHeader(lines.map { ($0.source, $0.target) }), let line = lines.first {
      header = (line.source, line.target)
      lines.removeFirst()
    }
    guard !lines.isEmpty else { throw Failure(message: "\(printable(path)): there are no pairs in it") }
    for line in lines { add(reading.form.apply(line.source), reading.form.apply(line.target)) }
  }

  private static func emptySide(_ path: String, _ line: Int, _ side: String) -> Failure {
    Failure(message: "\(printable(path)), line \(line): the \(side) is empty; give one, or remove the line")
  }

  /// Says what of a file was no pair.
  func announce() {
    if let header {
      Note.note(
        "\(file): the first line, \"\(printable(header.source, limit: 40))\" and "
          + "\"\(printable(header.target, limit: 40))\", is taken for names of columns (--no-header: it is a pair)")
    }
    if hasFurtherColumns { Note.note("\(file): only the first two columns are read") }
  }
}

/// A file of text by its lines, without blanks around them.
struct LinesOfText {
  let lines: [String]

  /// - Throws: `Failure` where it is no UTF-8, with the line and what it may be encoded in.
  init(_ path: String) throws {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch let error {
      throw Failure(
        message: error.kind == .missing ? "\(path): there is no such file" : "cannot read \(path): \(error.reason)")
    }
    var pieces = textLines(bytes)
    // The end of the last line begins no other.
    if pieces.last?.isEmpty == true { pieces.removeLast() }
    var lines: [String] = []
    lines.reserveCapacity(pieces.count)
    for (index, piece) in pieces.enumerated() {
      guard let line = Self.text(piece, isFirst: index == 0) else { throw Self.notUTF8(path, index + 1, bytes) }
      if line.contains("\0") { throw Self.zeroByte("\(printable(path)), line \(index + 1)") }
      lines.append(line)
    }
    self.lines = lines
  }

  /// - Parameter place: the file and the line.
  static func zeroByte(_ place: String) -> Failure {
    Failure(
      message: "\(place): there is a zero byte in it, which is no character of a text; tr -d '\\000' takes them out")
  }

  private static func notUTF8(_ path: String, _ line: Int, _ bytes: [UInt8]) -> Failure {
    let guess = TextEncoding(of: bytes.span, isValidUTF8: false)
    return Failure(
      message: "\(printable(path)), line \(line): this is no UTF-8"
        + (guess.map { "; it seems to be \($0.rawValue): iconv -f \($0.rawValue) -t UTF-8 makes UTF-8 of it" } ?? ""))
  }

  /// nil where it is no UTF-8.
  private static func text(_ bytes: ArraySlice<UInt8>, isFirst: Bool) -> String? {
    let own = isFirst && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes
    return String(validating: own, as: UTF8.self).map { trimmed($0[...]) }
  }

  /// Without blanks at both ends; tabs stay, they are between the sides.
  static func trimmed(_ text: Substring) -> String {
    let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\r" }
    var scalars = text.unicodeScalars.drop(while: isBlank)
    while let last = scalars.last, isBlank(last) { scalars.removeLast() }
    return String(scalars)
  }
}

/// Whether the first line of a file names its columns.
enum PairHeader {
  private static let names: Set = [
    "source", "sources", "src", "target", "targets", "tgt", "trg", "input", "output", "word", "words", "text", "form",
    "grapheme", "graphemes", "phoneme", "phonemes", "pronunciation", "pronunciations", "ipa", "lemma", "translation",
    "question", "answer", "answers",
  ]

  /// Both sides are usual names; or both are single words, and the target's comes in no other line, where targets have more
  /// words as a rule.
  static func isHeader(_ lines: [(source: String, target: String)]) -> Bool {
    guard let first = lines.first, isName(first.source), isName(first.target) else { return false }
    if names.contains(first.source.lowercased()), names.contains(first.target.lowercased()) { return true }
    let others = lines.dropFirst()
    guard others.count >= 100 else { return false }
    let several = others.count { TextTokenizer.spaced($0.target).count > 1 }
    return several * 10 >= others.count * 9
      && !others.contains { TextTokenizer.spaced($0.target).contains(first.target) }
  }

  private static func isName(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0 == "_" || $0 == "-" } && text.count > 1
  }
}
