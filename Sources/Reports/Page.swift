import Foundation

/// A page that needs nothing else: text, tables, charts as inline SVG, and the data that it was made from.
package struct Page: Sendable {
  package var title: String
  /// A line below the title.
  package var summary: String
  package var sections: [Section]
  /// JSON for whoever goes on with the page; nil: none.
  package var data: String?

  private static let dataStart = "<script type=\"application/json\" id=\"data\">"
  private static let dataEnd = "</script>"

  package init(title: String, summary: String = "", sections: [Section] = [], data: String? = nil) {
    (self.title, self.summary, self.sections, self.data) = (title, summary, sections, data)
  }

  package var html: String {
    let head = Markup.element(
      "head", [:],
      [
        .element("meta", ["charset": "utf-8"]),
        .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        .element("meta", ["name": "color-scheme", "content": "light dark"]),
        .element("title", [:], title),
        .element("style", [:], [.raw(PageStyle.sheet)]),
      ])
    let main = Markup.element(
      "main", [:],
      [
        .element("h1", ["dir": "auto"], title),
        summary.isEmpty ? .empty : .element("p", ["class": "summary", "dir": "auto"], summary),
      ] + sections.enumerated().map { $1.markup(number: $0 + 1) })
    let body = Markup.element("body", [:], [main])
    // Before the end of the body, by hand: neither parser may find markup in it.
    let block = data.map { Self.dataStart + Self.harmless($0) + Self.dataEnd } ?? ""
    let whole = body.text.dropLast("</body>".count) + block + "</body>"
    return "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">" + head.text + whole
      + "</html>\n"
  }

  /// The data of a page that `html` wrote; nil: it has none.
  package static func data(in html: String) -> String? {
    guard let start = html.range(of: dataStart, options: .backwards),
      let end = html.range(of: dataEnd, range: start.upperBound..<html.endIndex)
    else { return nil }
    return String(html[start.upperBound..<end.lowerBound])
  }

  /// The same JSON, in whose strings alone such characters can be.
  private static func harmless(_ json: String) -> String {
    json.replacingOccurrences(of: "&", with: "\\u0026").replacingOccurrences(of: "<", with: "\\u003c")
      .replacingOccurrences(of: ">", with: "\\u003e").replacingOccurrences(of: "\u{FFFE}", with: "\\ufffe")
      .replacingOccurrences(of: "\u{FFFF}", with: "\\uffff")
  }
}
