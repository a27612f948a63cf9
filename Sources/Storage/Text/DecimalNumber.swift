extension Double {
  /// The number that a text is from its first byte to its last, in decimal digits. `Double(_:)` also takes hexadecimal numbers
  /// and words, and what stands before a NUL.
  package init?(decimal text: some StringProtocol) {
    let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || ".+-eE".utf8.contains($0) }
    guard isDecimal, let value = Double(text) else { return nil }
    self = value
  }
}
