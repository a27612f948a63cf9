/// `text` fit for a one-line message: control and formatting characters escaped, the rest of a very long text
/// left out. Names read from files may hold line ends, terminal escapes or direction overrides. A byte that is no UTF-8
/// (`PathBytes`) shows as `\xe9`.
package func printable(_ text: String, limit: Int = 200) -> String {
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    guard count < limit else { return result + "…" }
    count += 1
    if let byte = PathBytes.escaped(scalar) {
      result += "\\x\(String(byte, radix: 16))"
      continue
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}
