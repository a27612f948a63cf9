internal import Storage

/// Sequences of vectors, each with one label or with a label at each step.
package struct LabelledSequences: Sendable {
  package struct Item: Sendable {
    package let name: String
    /// [steps, features]
    package var values: [Double]
    /// One for the sequence, or one for each step; none where they are not known.
    package var labels: [String]
    /// Where the labels stand in the file.
    package var labelLines: [Int]

    package init(name: String, values: [Double], labels: [String], labelLines: [Int]) {
      (self.name, self.values, self.labels, self.labelLines) = (name, values, labels, labelLines)
    }
  }

  package let file: String
  /// Names, one for each value of a vector.
  package let features: [String]
  package let isPerStep: Bool
  package var items: [Item]

  /// Steps of a sequence.
  package func length(_ item: Item) -> Int { item.values.count / features.count }

  /// All labels, sorted: as numbers if all are, else by their characters.
  package var classes: [String] { Self.sortedClasses(Set(items.flatMap(\.labels))) }

  static func sortedClasses(_ labels: Set<String>) -> [String] {
    let numbers = labels.compactMap { label in Double(label).map { (label: label, number: $0) } }
    return numbers.count == labels.count
      ? numbers.sorted { ($0.number, $0.label) < ($1.number, $1.label) }.map(\.label) : labels.sorted()
  }

  /// Two classes that are one number in two spellings, as tables of different programs have them; nil where there are none.
  package static func spellingsOfOneNumber(_ classes: [String]) -> (first: String, second: String)? {
    var known: [Double: String] = [:]
    for label in classes {
      guard let number = Double(label) else { continue }
      if let first = known.updateValue(label, forKey: number) { return (first, label) }
    }
    return nil
  }

  /// The label's place in `classes` for each label of the items.
  /// - Parameters:
  ///   - owner: whose classes they are, for messages.
  ///   - advice: what to do where a label is none of them.
  /// - Throws: `TableError` where a label is none of them.
  package func classNumbers(
    _ classes: [String], of owner: String = "the model", advice: String? = nil
  ) throws(TableError) -> [[Int32]] {
    let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int32($0)) })
    var result: [[Int32]] = []
    for item in items {
      var row: [Int32] = []
      for (index, label) in item.labels.enumerated() {
        guard let number = numbers[label] else {
          throw TableError(
            file, line: item.labelLines[index],
            .other(
              "the label \"\(printable(label, limit: 60))\" is none of \(owner)'s classes, \(TableError.list(classes))"
                + (advice.map { "; \($0)" } ?? "")))
        }
        row.append(number)
      }
      result.append(row)
    }
    return result
  }

  /// Pieces of at most `window` steps, one after the other; for labels at each step.
  package func cut(window: Int) -> LabelledSequences {
    require(isPerStep, "sequences with one label cannot be cut")
    var result = self
    result.items = items.flatMap { item in
      stride(from: 0, to: length(item), by: window).map { start in
        let end = min(length(item), start + window)
        return Item(
          name: item.name, values: Array(item.values[start * features.count..<end * features.count]),
          labels: item.labels.isEmpty ? [] : Array(item.labels[start..<end]),
          labelLines: item.labels.isEmpty ? [] : Array(item.labelLines[start..<end]))
      }
    }
    return result
  }
}

extension LabelledSequences.Item {
  /// The first `count` steps, and the rest; for labels at each step.
  package func split(after count: Int, width: Int) -> (LabelledSequences.Item, LabelledSequences.Item) {
    (
      LabelledSequences.Item(
        name: name, values: Array(values[..<(count * width)]), labels: Array(labels[..<count]),
        labelLines: Array(labelLines[..<count])),
      LabelledSequences.Item(
        name: name, values: Array(values[(count * width)...]), labels: Array(labels[count...]),
        labelLines: Array(labelLines[count...]))
    )
  }
}

// MARK: Tables

extension LabelledSequences {
  /// Sequences from a table with a row for each step, in the order of time; rows of different sequences may be mixed.
  /// - Parameters:
  ///   - sequenceColumn: names the sequence of each row; nil: the whole table is one.
  ///   - labelColumn: nil: labels are not known.
  ///   - features: nil: all other columns of numbers.
  /// - Throws: `TableError`.
  package init(
    _ table: CSVTable, sequenceColumn: String?, labelColumn: String?, features names: [String]?, isPerStep: Bool
  ) throws(TableError) {
    let sequenceIndex = try Self.index(of: sequenceColumn, in: table)
    let labelIndex = try Self.index(of: labelColumn, in: table)
    var indices: [Int] = []
    if let names {
      for name in names { indices.append(try table.column(name)) }
    } else {
      indices = table.header.indices.filter {
        $0 != sequenceIndex && $0 != labelIndex && !table.indexColumns.contains($0) && table.isNumeric($0)
      }
    }
    guard !indices.isEmpty else { throw TableError(table.file, .noNumbers) }

    file = table.file
    features = indices.map { table.header[$0] }
    self.isPerStep = isPerStep
    var items: [Item] = []
    var places: [String: Int] = [:]
    var missing: (column: Int, lines: [Int])?
    var (nameSpellings, labelSpellings) = (Spellings(), Spellings())
    for row in 0..<table.rowCount {
      let name = sequenceIndex.map { table.text(row, $0) } ?? "1"
      if let sequenceIndex, name.isEmpty {
        throw TableError(
          file, line: table.lines[row], column: table.header[sequenceIndex], .other("the sequence has no name"))
      }
      do {
        try nameSpellings.check(name, line: table.lines[row])
        if let labelIndex { try labelSpellings.check(table.text(row, labelIndex), line: table.lines[row]) }
      } catch { throw TableError(file, line: table.lines[row], error) }
      let place = places[name] ?? items.count
      if place == items.count {
        places[name] = place
        items.append(Item(name: name, values: [], labels: [], labelLines: []))
      }
      for index in indices {
        if let value = try table.number(row, index) {
          items[place].values.append(value)
        } else if missing == nil {
          missing = (index, [table.lines[row]])
        } else if missing?.column == index {
          missing?.lines.append(table.lines[row])
        }
      }
      guard let labelIndex else { continue }
      let label = table.text(row, labelIndex)
      let line = table.lines[row]
      if label.allSatisfy(\.isWhitespace) {
        throw TableError(file, line: line, column: table.header[labelIndex], .other("the label is missing"))
      }
      if isPerStep || items[place].labels.isEmpty {
        items[place].labels.append(label)
        items[place].labelLines.append(line)
      } else if items[place].labels[0] != label {
        throw TableError(
          file, line: line, column: table.header[labelIndex],
          .other(
            "sequence \"\(printable(name, limit: 60))\" has the label \"\(printable(label, limit: 60))\" here and "
              + "\"\(printable(items[place].labels[0], limit: 60))\" in line "
              + "\(items[place].labelLines[0]); --per-step learns a label for each step"))
      }
    }
    if let missing {
      throw TableError(
        file, column: table.header[missing.column],
        .missingValues(count: missing.lines.count, lines: Array(missing.lines.prefix(5)), canFill: false))
    }
    self.items = items
  }

  private static func index(of name: String?, in table: CSVTable) throws(TableError) -> Int? {
    guard let name else { return nil }
    return try table.column(name)
  }
}
