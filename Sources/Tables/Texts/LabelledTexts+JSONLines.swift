internal import Storage

extension LabelledTexts {
  /// Whether a file holds an object on each line, by its name or else by how it begins.
  package static func isJSONLines(_ bytes: [UInt8], file: String) -> Bool {
    let name = file.lowercased()
    if [".jsonl", ".ndjson", ".json"].contains(where: name.hasSuffix) { return true }
    return bytes.first { !$0.isBlank && !$0.endsLine } == UInt8(ascii: "{")
  }

  /// A text in each line, an object with members for text and label. Labels may be numbers, true and false.
  /// - Throws: `TableError` naming the first line that is none.
  package init(jsonLines bytes: [UInt8], file: String, _ columns: Columns) throws(TableError) {
    if let fault = EncodingFault(bytes.span, file: file) {
      throw TableError(file, line: fault.line, .encoding(fault, option: nil))
    }
    var items: [Item] = []
    var spellings = Spellings()
    for (index, line) in bytes.split(separator: .lineFeed, omittingEmptySubsequences: false).enumerated() {
      let number = index + 1
      if line.allSatisfy({ $0.isBlank || $0.endsLine }) { continue }
      // A byte order mark before the first line is no part of it.
      let hasMark = index == 0 && line.starts(with: [0xEF, 0xBB, 0xBF])
      let object: JSON
      do { object = try JSON(parsing: Array(hasMark ? line.dropFirst(3) : line)) } catch {
        throw TableError(file, line: number, .other("no JSON: \(error)" + Self.advice(line)))
      }
      guard case .object(let members) = object else {
        throw TableError(file, line: number, .other("no object" + Self.advice(line)))
      }
      func missing(_ name: String, _ option: String) -> TableError {
        TableError(
          file, line: number, column: name,
          .other("there is no such member; there are \(TableError.list(members.map(\.key))): \(option) names one"))
      }
      guard let value = object[columns.text] else { throw missing(columns.text, "--text-column") }
      guard let text = value.string else {
        throw TableError(
          file, line: number, column: columns.text,
          .other("expected a text in quotes: --text-column names the member that holds one"))
      }
      var label: String?
      if let name = columns.label {
        guard let value = object[name] else { throw missing(name, "--label-column") }
        label = Self.label(value)
        if label?.allSatisfy(\.isWhitespace) ?? true {
          throw TableError(file, line: number, column: name, .other("the label is missing"))
        }
      }
      try Self.checkSpelling(label, &spellings, file, line: number)
      items.append(Item(text: text, label: label, line: number))
    }
    guard !items.isEmpty else { throw TableError(file, .other("the file is empty; expected an object on each line")) }
    self.init(file: file, items: items)
  }

  private static func label(_ value: JSON) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .number(let number): shortest(number)
    case .bool(let value): String(value)
    case .null, .array, .object: nil
    }
  }

  /// Other files that are called JSON.
  private static func advice(_ line: ArraySlice<UInt8>) -> String {
    line.first { !$0.isBlank } == UInt8(ascii: "[")
      ? "; expected an object on each line, which jq -c '.[]' makes of an array"
      : "; expected an object on each line, complete, as {\"text\": …, \"label\": …}"
  }
}
