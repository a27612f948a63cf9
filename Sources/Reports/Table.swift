import Foundation

/// Rows of texts.
package struct Table: Sendable {
  package enum Kind: Sendable {
    /// A name and what it is, a row each.
    case facts
    /// The first column names the rows, the others are numbers.
    case numbers
    /// Counts, shaded by their share of the row; so many columns behind the first.
    case shaded(columns: Int)
  }

  package var caption: String
  /// Of the columns; empty: none.
  package var header: [String]
  package var rows: [[String]]
  package var kind: Kind

  package init(caption: String = "", header: [String] = [], rows: [[String]], kind: Kind) {
    (self.caption, self.header, self.rows, self.kind) = (caption, header, rows, kind)
  }

  package var markup: Markup {
    let name =
      switch kind {
      case .facts: "facts"
      case .numbers: "numbers"
      case .shaded: "heat"
      }
    let head = Markup.element(
      "thead", [:],
      [
        .element(
          "tr", [:],
          header.enumerated().map {
            .element("th", ["scope": "col", "class": $0 > 0 ? "number" : "name", "dir": "auto"], $1)
          })
      ])
    let body = Markup.element("tbody", [:], rows.map { row in .element("tr", [:], cells(row)) })
    let table = Markup.element("table", ["class": name], (header.isEmpty ? [] : [head]) + [body])
    return .element(
      "figure", [:],
      (caption.isEmpty ? [] : [.element("figcaption", ["dir": "auto"], caption)])
        + [.element("div", ["class": "scroll"], [table])])
  }

  private func cells(_ row: [String]) -> [Markup] {
    row.enumerated().map { index, text in
      if index == 0 { return .element("th", ["scope": "row", "dir": "auto"], text) }
      switch kind {
      case .facts: return .element("td", ["dir": "auto"], text)
      case .shaded(let columns) where index <= columns:
        return .element("td", ["style": "background:rgba(var(--heat),\(share(row, index, columns)))"], text)
      case .numbers, .shaded: return .element("td", ["class": "number"], text)
      }
    }
  }

  /// At most half, so that the text stays readable.
  private func share(_ row: [String], _ index: Int, _ columns: Int) -> String {
    let counts = row.dropFirst().prefix(columns).map { Double($0) ?? 0 }
    let sum = counts.reduce(0, +)
    return String(format: "%.3f", sum > 0 ? counts[index - 1] / sum / 2 : 0)
  }
}
