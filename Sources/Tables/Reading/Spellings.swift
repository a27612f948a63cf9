import Storage

/// Names and labels of a file, by which rows are put together. Swift takes spellings that Unicode calls equivalent for the
/// same text; a file that has several of one text is refused, as nothing of it is put together unseen.
struct Spellings {
  private var known: [String: (text: String, line: Int)] = [:]

  /// - Throws: what is wrong where the text came before in another spelling.
  mutating func check(_ text: String, line: Int) throws(TableError.Reason) {
    guard let first = known[text] else {
      // ASCII has one spelling.
      if !text.utf8.allSatisfy({ $0 < 0x80 }) { known[text] = (text, line) }
      return
    }
    guard !first.text.unicodeScalars.elementsEqual(text.unicodeScalars) else { return }
    let codes = differingSpellings(first.text, text)
    throw .other(
      "\"\(printable(text, limit: 40))\" stands in line \(first.line) in another spelling, with \(codes.left) where this has "
        + "\(codes.right); bring the file into one normal form, as uconv -x nfc does")
  }
}
