internal import Storage

/// Texts, each with a label where they are known.
package struct LabelledTexts: Sendable {
  package struct Item: Sendable {
    package let text: String
    /// nil where it is not known.
    package let label: String?
    /// Where it stands in the file; nil of a text that is a file of its own.
    package let line: Int?
    /// The file that it is, in a folder of folders.
    package let file: String?

    package init(text: String, label: String?, line: Int?, file: String? = nil) {
      (self.text, self.label, self.line, self.file) = (LabelledTexts.trimmed(text), label, line, file)
    }
  }

  /// A text without the white space at its ends, which depends on the format of the file that it stands in.
  package static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }

  /// The columns, or members of objects, that texts and labels stand in.
  package struct Columns: Sendable, Hashable {
    package var text: String
    /// nil: labels are not wanted.
    package var label: String?

    package init(text: String, label: String?) { (self.text, self.label) = (text, label) }
  }

  package let file: String
  package var items: [Item]
  /// What was settled while the file was read.
  package private(set) var remarks: [TableRemark] = []

  init(file: String, items: [Item], remarks: [TableRemark] = []) {
    (self.file, self.items, self.remarks) = (file, items, remarks)
  }

  /// All labels, sorted as `LabelledSequences` sorts them.
  package var classes: [String] { LabelledSequences.sortedClasses(Set(items.compactMap(\.label))) }

  /// The label's place in `classes` for each text.
  /// - Parameters:
  ///   - owner: whose classes they are, for messages.
  ///   - advice: what to do where a label is none of them.
  /// - Throws: `TableError` where a label is none of them.
  package func classNumbers(
    _ classes: [String], of owner: String = "the model", advice: String? = nil
  ) throws(TableError) -> [Int32] {
    let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int32($0)) })
    var result: [Int32] = []
    for item in items {
      guard let label = item.label else { throw fault(item, "the label is missing") }
      guard let number = numbers[label] else {
        throw fault(
          item,
          "the label \"\(printable(label, limit: 60))\" is none of \(owner)'s classes, \(TableError.list(classes))"
            + (advice.map { "; \($0)" } ?? ""))
      }
      result.append(number)
    }
    return result
  }

  /// What is wrong with a text, and where it stands.
  package func fault(_ item: Item, _ reason: String) -> TableError {
    TableError(item.file ?? file, line: item.line, .other(reason))
  }

  /// Refuses spellings of one label that differ in code points alone.
  static func checkSpelling(
    _ label: String?, _ spellings: inout Spellings, _ file: String, line: Int
  ) throws(TableError) {
    guard let label else { return }
    do { try spellings.check(label, line: line) } catch { throw TableError(file, line: line, error) }
  }
}

// MARK: Tables

extension LabelledTexts {
  /// A text in each row of a table.
  /// - Throws: `TableError` where a column is missing, holds numbers, or a label is missing.
  package init(_ table: CSVTable, _ columns: Columns) throws(TableError) {
    let textIndex = try Self.column(columns.text, "--text-column", in: table)
    let labelIndex: Int?
    if let label = columns.label {
      labelIndex = try Self.column(label, "--label-column", in: table)
    } else {
      labelIndex = nil
    }
    var items: [Item] = []
    items.reserveCapacity(table.rowCount)
    var spellings = Spellings()
    for row in 0..<table.rowCount {
      let line = table.lines[row]
      let label = labelIndex.map { table.text(row, $0) }
      if let label, let labelIndex, label.allSatisfy(\.isWhitespace) {
        throw TableError(table.file, line: line, column: table.header[labelIndex], .other("the label is missing"))
      }
      try Self.checkSpelling(label, &spellings, table.file, line: line)
      items.append(Item(text: table.text(row, textIndex), label: label, line: line))
    }
    self.init(file: table.file, items: items, remarks: table.remarks)
    try refuseNumbers(in: columns.text)
  }

  private static func column(_ name: String, _ option: String, in table: CSVTable) throws(TableError) -> Int {
    do { return try table.column(name) } catch {
      throw TableError(
        table.file, column: name,
        .other("there is no such column; there are \(TableError.list(table.header)): \(option) names one"))
    }
  }

  /// A column of nothing but numbers holds no texts.
  private func refuseNumbers(in column: String) throws(TableError) {
    guard !items.isEmpty, items.allSatisfy({ Double($0.text) != nil }) else { return }
    throw TableError(
      file, column: column,
      .other(
        "the column holds numbers, no texts: --text-column names another one; numbers in the order of time are "
          + "classified with --sequence-column"))
  }
}
