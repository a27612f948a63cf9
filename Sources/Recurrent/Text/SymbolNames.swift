extension Vocabulary.Unit {
  /// A symbol as a person would look it up: 'é' (U+00E9), U+000A, byte 0xE9.
  package func name(of symbol: UInt32) -> String {
    guard self == .unicodeScalar else { return "byte 0x\(hexadecimal(symbol, width: 2))" }
    let code = "U+\(hexadecimal(symbol, width: 4))"
    guard let scalar = Unicode.Scalar(symbol) else { return code }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
      return code
    case .nonspacingMark, .enclosingMark, .spacingMark:
      // Alone it would sit on the quotation mark.
      return "'\u{25CC}\(scalar)' (\(code))"
    default:
      return "'\(scalar)' (\(code))"
    }
  }
}

private func hexadecimal(_ value: UInt32, width: Int) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
