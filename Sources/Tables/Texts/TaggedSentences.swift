internal import Storage

/// Sentences whose words have a tag each, where they are known, read from the files that people have them in.
package struct TaggedSentences: Sendable {
  package struct Sentence: Sendable {
    package let tokens: [String]
    /// As many as tokens; none where they are not known.
    package var tags: [String]
    /// Of each token; of a sentence that is a line once.
    package let lines: [Int]

    /// Where a token stands.
    package func line(of token: Int) -> Int { lines.count == 1 ? lines[0] : lines[token] }
  }

  package enum Format: String, Sendable, CaseIterable {
    /// A sentence on each line, its words between spaces, without tags.
    case lines
    /// A word on each line, with columns between tabs, or else between spaces: two, or CoNLL-2003's four.
    case columns
    /// Universal Dependencies.
    case conllu
    /// An object on each line with a list of tokens and one of tags.
    case jsonLines = "json-lines"
  }

  package struct Reading: Sendable {
    /// nil: as the file looks.
    package var format: Format?
    /// A number of a column, its name in CoNLL-U, or a member of objects; nil: the usual one.
    package var tagColumn: String?
    /// Of tags that are numbers, from 0 on; nil: they stay numbers.
    package var tagNames: [String]?
    package var needsTags: Bool

    package init(format: Format? = nil, tagColumn: String? = nil, tagNames: [String]? = nil, needsTags: Bool) {
      (self.format, self.tagColumn, self.tagNames, self.needsTags) = (format, tagColumn, tagNames, needsTags)
    }
  }

  package let file: String
  package let format: Format
  package private(set) var sentences: [Sentence] = []
  /// What was settled while the file was read.
  package private(set) var remarks: [String] = []

  /// - Throws: `TableError`.
  package init(_ bytes: [UInt8], file: String, _ reading: Reading) throws(TableError) {
    if let fault = EncodingFault(bytes.span, file: file) {
      throw TableError(file, line: fault.line, .encoding(fault, option: nil))
    }
    let lines = textLines(bytes).map { String(decoding: $0, as: UTF8.self) }
    self.file = file
    format = reading.format ?? Self.format(of: lines, file)
    switch format {
    case .lines: readLines(lines)
    case .columns: try readColumns(lines, reading)
    case .conllu: try readTreebank(lines, reading)
    case .jsonLines: try readObjects(lines, reading)
    }
    guard !sentences.isEmpty else {
      throw TableError(file, .other("there is no sentence in it; expected a word and its tag on each line"))
    }
    if let names = reading.tagNames { try nameTags(names) }
    if reading.needsTags { makeSpansBegin() }
    if reading.needsTags, format == .jsonLines, tags.allSatisfy({ Int($0) != nil }) {
      remarks.append(
        "all tags are numbers, which make no spans: --tag-names O,B-PER,… names them from 0 on, and spans are found and measured"
      )
    }
  }

  /// The format that sentences to be tagged are in, where there is evidence that they are not lines of words: objects, columns
  /// between tabs, or a word and as many fields on each line of groups between empty lines.
  package static func evidentFormat(of bytes: [UInt8], file: String) -> Format {
    let lines = textLines(bytes).prefix(1000).map { String(decoding: $0, as: UTF8.self) }
    let guess = format(of: lines, file)
    guard guess == .columns else { return guess }
    let filled = lines.filter { !isBlank($0) && !$0.hasPrefix("-DOCSTART-") }
    if filled.contains(where: { $0.contains("\t") }) { return .columns }
    let counts = Set(filled.map { words(of: $0).count })
    let hasGroups = lines.dropLast().contains(where: isBlank)
    return hasGroups && filled.count > 2 && counts.count == 1 && counts.contains { (2...4).contains($0) }
      ? .columns : .lines
  }

  /// All tags, sorted.
  package var tags: [String] {
    Set(sentences.flatMap { $0.tags.map { ExactString($0) } }).map(\.string).sorted {
      $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars)
    }
  }

  package var tokenCount: Int { sentences.reduce(0) { $0 + $1.tokens.count } }

  /// By its name, else by its first lines.
  private static func format(of lines: [String], _ file: String) -> Format {
    let name = file.lowercased()
    if name.hasSuffix(".conllu") { return .conllu }
    if [".jsonl", ".ndjson"].contains(where: name.hasSuffix) { return .jsonLines }
    for line in lines where !isBlank(line) {
      if line.hasPrefix("#") { continue }
      if line.first(where: { $0 != " " && $0 != "\t" }) == "{" { return .jsonLines }
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      return fields.count == 10 && TreebankID(fields[0]) != nil ? .conllu : .columns
    }
    return .columns
  }

  static func isBlank(_ line: String) -> Bool { line.unicodeScalars.allSatisfy { $0.properties.isWhitespace } }

  /// - Parameter keepsEmpty: whether one without words is a sentence, which is to be answered in its place.
  mutating func add(_ tokens: [String], _ tags: [String], _ lines: [Int], keepsEmpty: Bool = false) {
    if keepsEmpty || !tokens.isEmpty { sentences.append(Sentence(tokens: tokens, tags: tags, lines: lines)) }
  }

  /// Puts the names of tags for their numbers.
  private mutating func nameTags(_ names: [String]) throws(TableError) {
    for index in sentences.indices {
      for (place, tag) in sentences[index].tags.enumerated() {
        let line = sentences[index].line(of: place)
        guard let number = Int(tag) else {
          throw TableError(
            file, line: line,
            .other("the tag \(printable(tag, limit: 40)) has a name: --tag-names is for tags that are numbers"))
        }
        guard names.indices.contains(number) else {
          throw TableError(
            file, line: line,
            .other("the tag \(number) has no name: --tag-names has those of 0 to \(names.count - 1)"))
        }
        sentences[index].tags[place] = names[number]
      }
    }
  }

  /// A sentence that is read line by line, up to an empty one.
  struct Lines {
    var tokens: [String] = []
    var tags: [String] = []
    var numbers: [Int] = []
  }

  /// Ends a sentence; what follows is another.
  mutating func add(_ lines: inout Lines) {
    add(lines.tokens, lines.tags, lines.numbers)
    lines = Lines()
  }

  // MARK: Lines

  private mutating func readLines(_ lines: [String]) {
    for (index, line) in lines.enumerated() { add(Self.words(of: line), [], [index + 1]) }
  }

  /// What stands between white space.
  package static func words(of line: String) -> [String] {
    line.unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
  }

  // MARK: Columns

  private mutating func readColumns(_ lines: [String], _ reading: Reading) throws(TableError) {
    let first = lines.firstIndex { !Self.isBlank($0) && !$0.hasPrefix("-DOCSTART-") }
    let hasTabs = first.map { lines[$0].contains("\t") } ?? true
    func fields(_ line: String) -> [String] {
      hasTabs
        ? line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) : Self.words(of: line)
    }
    let count = first.map { fields(lines[$0]).count } ?? 0
    let column = try Self.number(reading.tagColumn, of: count, file)
    if reading.needsTags, count < 2, let first {
      throw TableError(
        file, line: first + 1,
        .other("there is no tag: expected a word, a tab and its tag, and an empty line between two sentences"))
    }
    if let first, count > 1, Self.areNames(fields(lines[first]), column) {
      remarks.append("line \(first + 1), \(printable(lines[first], limit: 80)), is taken for the columns' names")
    }
    var sentence = Lines()
    for (index, line) in lines.enumerated() {
      if Self.isBlank(line) {
        add(&sentence)
        continue
      }
      if line.hasPrefix("-DOCSTART-") { continue }
      let own = fields(line)
      if index == first, count > 1, Self.areNames(own, column) { continue }
      guard own.count == count else {
        throw TableError(
          file, line: index + 1,
          .other(
            "\(own.count) column\(own.count == 1 ? "" : "s") where line \((first ?? 0) + 1) has \(count)"
              + (hasTabs ? "; columns stand between tabs" : "; columns stand between spaces")))
      }
      guard !own[0].isEmpty else {
        throw TableError(
          file, line: index + 1, .other("the word is missing: give one, or leave the line empty between sentences"))
      }
      if count > 1 {
        guard !Self.isBlank(own[column]) || !reading.needsTags else {
          throw TableError(file, line: index + 1, .other("the tag is missing"))
        }
        sentence.tags.append(own[column])
      }
      sentence.tokens.append(own[0])
      sentence.numbers.append(index + 1)
    }
    add(&sentence)
  }

  /// Whether a file's first line names its columns.
  private static func areNames(_ fields: [String], _ column: Int) -> Bool {
    ["word", "words", "token", "tokens", "form"].contains(fields[0].lowercased())
      && ["tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "pos", "pos_tag", "upos", "xpos"]
        .contains(fields[column].lowercased())
  }

  /// Of a column, from 0; the last where none is named.
  private static func number(_ name: String?, of count: Int, _ file: String) throws(TableError) -> Int {
    guard let name else { return max(0, count - 1) }
    guard let number = Int(name), number >= 2, number <= max(2, count) else {
      throw TableError(
        file,
        .other(
          count < 2
            ? "there is one column, of words: --tag-column has nothing to name"
            : "there is no column of tags \(printable(name, limit: 40)): --tag-column names one by its number, 2 to \(count)"
        ))
    }
    return number - 1
  }

  // MARK: Spans

  /// Tags I-X that begin a span, as older files have them (IOB1), become B-X.
  private mutating func makeSpansBegin() {
    func part(_ tag: String, _ letter: String) -> Substring? {
      tag.hasPrefix(letter + "-") ? tag.dropFirst(2) : nil
    }
    // Types whose spans have ends of their own (IOBES) say where they begin.
    let ended = Set(sentences.flatMap { $0.tags.compactMap { part($0, "E") ?? part($0, "S") ?? part($0, "L") } })
    var (count, firstLine) = (0, 0)
    for index in sentences.indices {
      let tags = sentences[index].tags
      for (place, tag) in tags.enumerated() {
        guard let type = part(tag, "I"), !ended.contains(type) else { continue }
        let before = place == 0 ? "" : tags[place - 1]
        if part(before, "I") == type || part(before, "B") == type { continue }
        if count == 0 { firstLine = sentences[index].line(of: place) }
        count += 1
        sentences[index].tags[place] = "B-" + type
      }
    }
    if count > 0 {
      remarks.append(
        "\(count) tag\(count == 1 ? "" : "s") I-X at the beginning of a span, the first in line \(firstLine), "
          + "\(count == 1 ? "is" : "are") read as B-X (IOB1)")
    }
  }
}
