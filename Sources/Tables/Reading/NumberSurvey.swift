import Storage

/// How the numbers of a table are written, column by column; where a column shows nothing, the others say it.
struct NumberSurvey {
  private(set) var styles: [NumberStyle]
  private(set) var remarks: [TableRemark] = []

  init(_ table: CSVTable, _ reading: TableReading) {
    let style = NumberStyle(decimalMark: reading.decimalMark, missingValues: reading.missingValues)
    styles = [NumberStyle](repeating: style, count: table.header.count)
    let evidence = table.header.indices.map { Self.evidence(table, $0, style) }
    if reading.decimalMark == nil {
      let (points, commas) = (evidence.contains(where: \.hasPoint), evidence.contains(where: \.hasComma))
      let common: DecimalMark? = points == commas ? nil : points ? .point : .comma
      for (column, evidence) in evidence.enumerated() {
        styles[column].decimalMark = evidence.hasPoint ? .point : evidence.hasComma ? .comma : common
      }
    }
    note(table, evidence.map { $0.hasComma && !$0.hasPoint ? "" : nil }, "decimal commas")
    let grouped = zip(evidence, styles).map { evidence, style in
      evidence.grouped.flatMap { NumberText($0)?.isGrouped(style.decimalMark ?? .point) == true ? $0 : nil }
    }
    note(table, grouped, "thousands are set apart")
    note(table, evidence.map(\.percent), "percent signs are left out")
    note(table, evidence.map(\.currency), "currencies are left out")
  }

  /// - Parameter examples: of each column that has what is said; empty where there is nothing to show.
  private mutating func note(_ table: CSVTable, _ examples: [String?], _ what: String) {
    let columns = examples.indices.filter { examples[$0] != nil }
    guard let first = columns.first, let example = examples[first] else { return }
    let value = try? styles[first].number(example)
    guard value != nil || example.isEmpty else { return }
    remarks.append(
      TableRemark(
        .numbers,
        "\(what) in \(TableError.list(columns.map { table.header[$0] }))"
          + (value.map { ": \(printable(example, limit: 40)) is \(shortest($0))" } ?? "")))
  }

  private static func evidence(_ table: CSVTable, _ column: Int, _ style: NumberStyle) -> NumberEvidence {
    var evidence = NumberEvidence()
    var isNumeric = false
    for row in 0..<table.rowCount {
      let plain = table.bytes(row, column)
      if plain.allSatisfy({ $0.isDigit || $0 == .minus || $0 == .point }), plain.contains(where: \.isDigit) {
        isNumeric = true
        guard plain.contains(.point), !evidence.hasPoint else { continue }
      }
      let text = table.text(row, column)
      if style.isMissing(text) { continue }
      // A column of text.
      if !isNumeric, NumberText(text) == nil { return evidence }
      isNumeric = true
      evidence.take(text)
    }
    return evidence
  }
}
