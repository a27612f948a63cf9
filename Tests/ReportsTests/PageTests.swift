import Foundation
import FoundationXML
import Testing

import Reports

/// Pages are well-formed whatever they hold, and show it as it is.
struct PageTests {
  /// Texts as users have them: markup, control characters, another direction, no sense.
  static let texts = [
    "", "<script>alert(1)</script>", "a & b \"c\" 'd'", "]]>", "<!--", "</title></style></script>",
    "nul\u{0} \u{1B}[31m\u{9B}",
    "עברית و العربية", "日本語 𝄞 é", "\u{FFFE}\u{FFFF}", String(repeating: "long", count: 2000), "\n\tline\r\nends",
  ]

  static func page(_ text: String, data: String? = nil) -> Page {
    let chart = LineChart(
      text, xTitle: text, lines: [.init(text, [.init(0, 1), .init(1, 2)])], mark: (.init(0, 1), text))
    let table = Table(caption: text, header: [text, text], rows: [[text, text]], kind: .shaded(columns: 1))
    return Page(
      title: text, summary: text,
      sections: [
        Section(
          text,
          [
            .paragraph(text), .sample(caption: text, text: text), .chart(chart), .table(table),
            .table(Table(rows: [[text, text]], kind: .facts)), .table(Table(rows: [[text, "1"]], kind: .numbers)),
          ])
      ], data: data)
  }

  @Test(arguments: texts)
  func isWellFormed(text: String) {
    let html = Self.page(text, data: "{\"text\":\"a<b>&c</script>\u{FFFE}\"}").html
    let parser = XMLParser(data: Data(html.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
    #expect(!html.contains("<script>"))
    #expect(html.components(separatedBy: "<script").count == 2)
  }

  @Test func loadsNothing() {
    let html = Self.page("x").html
    for part in ["http://", "https://", "src=", "href=", "url(", "@import", "<link"] {
      let rest = html.replacingOccurrences(of: "http://www.w3.org/1999/xhtml", with: "")
        .replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
      #expect(!rest.contains(part), "\(part)")
    }
  }

  @Test func dataComeBack() throws {
    let data = "{\"a\":\"<&>\",\"b\":[1,null]}"
    let found = try #require(Page.data(in: Self.page("</script>", data: data).html))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(found.utf8)) as? [String: Any])
    #expect(object["a"] as? String == "<&>")
    #expect(Page.data(in: Self.page("x").html) == nil)
    #expect(Page.data(in: "") == nil)
  }

  /// A page whose text looks like the start of the data.
  @Test func dataOfTextAreNone() {
    #expect(Page.data(in: Self.page("<script type=\"application/json\" id=\"data\">{}</script>").html) == nil)
  }
}
