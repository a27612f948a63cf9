import Foundation
import Storage

/// How the numbers of a table are written, column by column; where a column shows nothing, the others say it.
struct NumberSurvey {
  private(set) var styles: [NumberStyle]
  private(set) var remarks: [TableRemark] = []

  init(_ table: CSVTable, _ reading: TableReading) {
    let style = NumberStyle(decimalMark: reading.decimalMark, missingValues: reading.missingValues)
    styles = [NumberStyle](repeating: style, count: table.header.count)
    let evidence = table.header.indices.map { Self.evidence(table, $0, style) }
    for (column, evidence) in evidence.enumerated() {
      guard let (first, second) = evidence.differing else { continue }
      styles[column].fault =
        "\"\(printable(first, limit: 40))\" and \"\(printable(second, limit: 40))\" are not in one unit; give each a column of its "
        + "own, or leave the signs out"
    }
    if reading.decimalMark == nil {
      let (points, commas) = (evidence.contains(where: \.hasPoint), evidence.contains(where: \.hasComma))
      let common: DecimalMark? = points == commas ? nil : points ? .point : .comma
      for (column, evidence) in evidence.enumerated() {
        styles[column].decimalMark = evidence.hasPoint ? .point : evidence.hasComma ? .comma : common
      }
      settleEither(table, evidence)
    }
    note(table, evidence.map { $0.hasComma && !$0.hasPoint ? "" : nil }, "decimal commas")
    let grouped = zip(evidence, styles).map { evidence, style in
      evidence.grouped.flatMap { NumberText($0)?.isGrouped(style.decimalMark ?? .point) == true ? $0 : nil }
    }
    note(table, grouped, "thousands are set apart")
    note(table, evidence.map(\.percent), "percent signs are left out")
    note(table, evidence.map(\.currency), "currencies are left out")
  }

  /// Columns whose numbers are some with either mark, where no other column shows it: with the right one neighbours lie closer, as
  /// after 987 comes 1.234.
  private mutating func settleEither(_ table: CSVTable, _ evidence: [NumberEvidence]) {
    for (column, evidence) in evidence.enumerated() {
      guard let example = evidence.either, styles[column].decimalMark == nil else { continue }
      let (points, commas) = Self.roughness(table, column, styles[column])
      let name = printable(table.header[column], limit: 60)
      if commas < 0.5 * points || points < 0.5 * commas {
        let mark: DecimalMark = commas < points ? .comma : .point
        // Where commas stand between fields points do not stand between thousands; and a comma that is decimal is to be said.
        if mark == .comma, table.separator == .comma || example.contains(",") { continue }
        styles[column].decimalMark = mark
        let value = NumberText(example)?.value(mark)?.value ?? 0
        remarks.append(
          TableRemark(
            .numbers,
            "\(printable(example, limit: 40)) in \(name) is \(shortest(value)), by the numbers around such "
              + "(--decimal \(mark == .comma ? "." : ",") says otherwise)"))
      } else if example.contains("."), table.separator != .comma {
        // A comma between numbers says that points are decimal marks.
        remarks.append(
          TableRemark(
            .numbers,
            "\(printable(example, limit: 40)) in \(name) is taken for a number with decimals, though its point may stand between "
              + "thousands: --decimal , says so"))
      }
    }
  }

  /// By how many powers of e numbers that could be two differ from their neighbours, in all, with points and with commas as marks.
  private static func roughness(
    _ table: CSVTable, _ column: Int, _ style: NumberStyle
  ) -> (points: Double, commas: Double) {
    var sums = (points: 0.0, commas: 0.0)
    var last: (point: Double, comma: Double)?
    for row in 0..<table.rowCount {
      let text = table.text(row, column)
      guard !style.isMissing(text), let number = NumberText(text), let point = number.value(.point)?.value,
        let comma = number.value(.comma)?.value, point != 0
      else { continue }
      if let last {
        sums.points += abs(log(abs(point / last.point)))
        sums.commas += abs(log(abs(comma / last.comma)))
      }
      last = (point, comma)
    }
    return sums
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
