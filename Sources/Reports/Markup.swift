import Storage

/// Well-formed XHTML: elements, and text that is escaped wherever it comes in. It reads the same to parsers of HTML and of XML.
package struct Markup: Sendable {
  package private(set) var text: String

  /// Text of others, escaped.
  package init(_ text: String) { self.text = Self.escaped(text) }

  private init(written text: String) { self.text = text }

  package static let empty = Markup(written: "")

  /// An element. One without content is closed in its tag only if HTML knows it as void.
  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [Markup] = []
  ) -> Markup {
    let given = attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
    if content.isEmpty, closesInTag.contains(name) { return Markup(written: "<\(name)\(given)/>") }
    return Markup(written: "<\(name)\(given)>" + content.map(\.text).joined() + "</\(name)>")
  }

  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String
  ) -> Markup { element(name, attributes, [Markup(content)]) }

  package static func joined(_ parts: [Markup]) -> Markup { Markup(written: parts.map(\.text).joined()) }

  /// Text that means the same to HTML, which does not unescape it here, and to XML: free of `<`, `>` and `&`.
  static func raw(_ text: String) -> Markup {
    require(!text.utf8.contains { "<>&".utf8.contains($0) }, "expected text without markup, got \(text)")
    return Markup(written: text)
  }

  private static let closesInTag: Set = ["meta", "br", "path", "line", "rect", "circle", "polyline"]

  /// What XML has no place for becomes U+FFFD.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "\r": result.append("\n")
      case "\t", "\n": result.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
