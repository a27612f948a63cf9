/// A part of a page: a heading and what stands below it.
package struct Section: Sendable {
  package enum Block: Sendable {
    case paragraph(String)
    /// As it is, with its line ends.
    case sample(caption: String, text: String)
    case chart(LineChart)
    case table(Table)
  }

  package var title: String
  package var blocks: [Block]

  package init(_ title: String, _ blocks: [Block]) { (self.title, self.blocks) = (title, blocks) }

  package func markup(number: Int) -> Markup {
    let content = blocks.enumerated().map { index, block -> Markup in
      switch block {
      case .paragraph(let text): .element("p", ["dir": "auto"], text)
      case .sample(let caption, let text):
        .element(
          "figure", [:],
          [
            .element("figcaption", ["dir": "auto"], caption),
            // HTML drops a line end that comes first.
            .element("pre", ["dir": "auto"], [Markup(text.first == "\n" ? "\n" + text : text)]),
          ])
      case .chart(let chart): chart.markup(identifier: "s\(number)c\(index)")
      case .table(let table): table.markup
      }
    }
    return .element("section", [:], [.element("h2", ["dir": "auto"], title)] + content)
  }
}
