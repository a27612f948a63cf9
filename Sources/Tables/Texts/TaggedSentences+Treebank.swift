internal import Storage

/// Treebanks of Universal Dependencies (CoNLL-U): ten columns between tabs.
extension TaggedSentences {
  private static let treebankColumns = [
    "id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc",
  ]

  mutating func readTreebank(_ lines: [String], _ reading: Reading) throws(TableError) {
    let name = reading.tagColumn?.lowercased() ?? "upos"
    guard let column = Self.treebankColumns.firstIndex(of: name) ?? Int(name).map({ max(0, min($0, 99)) - 1 }),
      (2...9).contains(column)
    else {
      throw TableError(
        file,
        .other(
          "there is no column of tags \(printable(name, limit: 40)) in CoNLL-U: --tag-column names upos, xpos, feats or deprel"
        ))
    }
    var sentence = Lines()
    for (index, line) in lines.enumerated() {
      if Self.isBlank(line) {
        add(&sentence)
        continue
      }
      if line.hasPrefix("#") { continue }
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 10, let id = TreebankID(fields[0]) else {
        throw TableError(
          file, line: index + 1,
          .other(
            fields.count == 10
              ? "\"\(printable(String(fields[0]), limit: 20))\" is no number of a word"
              : "\(fields.count) field\(fields.count == 1 ? "" : "s") where CoNLL-U has 10, with tabs between them; --format columns reads others"
          ))
      }
      // Words of a range stand behind it one by one; an empty node is in no sentence as it is written.
      guard id == .word else { continue }
      // Of features it says that a word has none.
      if reading.needsTags, fields[column] == "_", Self.treebankColumns[column] != "feats" {
        throw TableError(
          file, line: index + 1, column: name, .other("the tag is missing (_): --tag-column names another column"))
      }
      sentence.tokens.append(String(fields[1]))
      sentence.tags.append(String(fields[column]))
      sentence.numbers.append(index + 1)
    }
    add(&sentence)
  }

  enum TreebankID {
    case word, range, empty

    init?(_ text: Substring) {
      if Int(text) != nil {
        self = .word
        return
      }
      for (separator, kind) in [(Character("-"), TreebankID.range), (".", .empty)] {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        if parts.count == 2, parts.allSatisfy({ Int($0) != nil }) {
          self = kind
          return
        }
      }
      return nil
    }
  }
}
