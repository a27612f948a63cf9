// Tables of plain text, for reports here and on the command line.

/// `text` with spaces to `width`, before it where `rightAligned`.
package func padded(_ text: String, _ width: Int, rightAligned: Bool = false) -> String {
  let spaces = String(repeating: " ", count: max(0, width - text.count))
  return rightAligned ? spaces + text : text + spaces
}

/// Rows in columns two spaces apart; columns in `right` are aligned right.
package func table(_ rows: [[String]], right: Set<Int> = []) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
  return rows.map { row in
    let cells = row.enumerated().map { padded($1, widths[$0], rightAligned: right.contains($0)) }
    let line = cells.joined(separator: "  ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }.joined(separator: "\n")
}
