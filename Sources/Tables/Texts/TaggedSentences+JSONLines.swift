internal import Storage

extension TaggedSentences {
  private static let usualMembers = ["tags", "ner_tags", "pos_tags", "labels"]

  /// An object on each line.
  mutating func readObjects(_ lines: [String], _ reading: Reading) throws(TableError) {
    for (index, line) in lines.enumerated() where !Self.isBlank(line) {
      func fault(_ reason: String, _ column: String? = nil) -> TableError {
        TableError(file, line: index + 1, column: column, .other(reason))
      }
      let json: JSON
      do { json = try JSON(parsing: line) } catch {
        throw fault("no JSON: \(error); expected an object on each line, as {\"tokens\": […], \"tags\": […]}")
      }
      guard case .object(let members) = json else {
        throw fault("no object; expected one on each line, as {\"tokens\": […], \"tags\": […]}")
      }
      func list(_ name: String) throws(TableError) -> [String] {
        guard let own = json[name]?.array else { throw fault("expected a list", name) }
        let texts = own.compactMap { $0.string ?? $0.integer.map(String.init) }
        guard texts.count == own.count, !texts.contains("") else { throw fault("expected texts in quotes", name) }
        // Answers in columns and lines would fall apart.
        guard !texts.contains(where: { $0.unicodeScalars.contains { "\t\n\r".unicodeScalars.contains($0) } }) else {
          throw fault("expected texts without tabs and line ends", name)
        }
        return texts
      }
      let names = TableError.list(members.map(\.key))
      guard json["tokens"] != nil else { throw fault("there is no member \"tokens\"; there are \(names)") }
      let tokens = try list("tokens")
      let wanted = reading.tagColumn ?? Self.usualMembers.first { json[$0] != nil }
      guard let wanted, json[wanted] != nil else {
        if !reading.needsTags {
          add(tokens, [], [index + 1], keepsEmpty: true)
          continue
        }
        throw fault(
          "there is no member \"\(wanted.map { printable($0, limit: 40) } ?? "tags")\"; there are \(names): --tag-column names the one with the tags"
        )
      }
      let tags = try list(wanted)
      guard tags.count == tokens.count else {
        throw fault("\(tags.count) tag\(tags.count == 1 ? "" : "s") of \(tokens.count) tokens", wanted)
      }
      add(tokens, tags, [index + 1], keepsEmpty: !reading.needsTags)
    }
  }
}
