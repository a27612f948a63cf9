/// What two texts that Unicode calls equivalent differ in, for messages: both would look the same.
///
///     differingSpellings("Caf\u{E9}", "Cafe\u{301}")  // ("U+00E9", "U+0065 U+0301")
package func differingSpellings(_ left: String, _ right: String) -> (left: String, right: String) {
  func code(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
  let (first, second) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
  let start = zip(first, second).prefix { $0 == $1 }.count
  let rest = (first.dropFirst(start), second.dropFirst(start))
  let end = zip(rest.0.reversed(), rest.1.reversed()).prefix { $0 == $1 }.count
  return (
    rest.0.dropLast(end).prefix(8).map(code).joined(separator: " "),
    rest.1.dropLast(end).prefix(8).map(code).joined(separator: " ")
  )
}
