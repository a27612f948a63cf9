package import Storage

/// Why a table, or a file of sequences, cannot be used: which file, where in it, and what is wrong.
package struct TableError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Reason: Sendable, Hashable {
    case missingFile
    case unreadable(String)
    /// `option` reads it all the same.
    case encoding(EncodingFault, option: String?)
    case empty
    case noRows
    case unnamedColumn(Int)
    /// `first` is the place of the other column of that name, from 1.
    case duplicateColumn(first: Int)
    /// The name of another column to a reader, but of other code points.
    case otherSpelling(first: Int, of: String, by: String)
    /// Every name is a number: the first line seems to be data.
    case headerOfNumbers
    case openQuote
    case textAfterQuote
    case quoteInField
    case emptyLine
    /// A line that begins with # between rows.
    case comment
    case ragged(expected: Int, found: Int)
    case noSuchColumn(available: [String])
    case noNumbers
    case notANumber(String)
    /// A comma or point that may be decimal or between thousands.
    case ambiguousNumber(String)
    case notFinite(String)
    case tooLarge(String)
    /// Values are missing; `lines` are the first ones' lines.
    case missingValues(count: Int, lines: [Int], canFill: Bool, hint: String? = nil)
    case tooShort(needed: Int, found: Int, why: String)
    /// What is special to the kind of file, in words.
    case other(String)
  }

  package let file: String
  /// From 1, as editors count.
  package var line: Int?
  /// By its name.
  package var column: String?
  package let reason: Reason
  /// Lines from here to the end, where they may be none of the table's rows.
  private(set) var footerCount: Int?

  package init(_ file: String, line: Int? = nil, column: String? = nil, _ reason: Reason) {
    (self.file, self.line, self.column, self.reason) = (file, line, column, reason)
  }

  package init(_ error: FileError) {
    self.init(error.path, error.kind == .missing ? .missingFile : .unreadable(error.reason))
  }

  /// One line: the file, the place, what is wrong, and what to do if something can be done.
  package var description: String {
    var place = [printable(file)]
    if let line { place.append("line \(line)") }
    if let column { place.append("column \"\(printable(column, limit: 60))\"") }
    return place.joined(separator: ", ") + ": " + explanation
      + (footerCount.map { "; if what stands here at the end is no row: --skip-footer \($0)" } ?? "")
  }

  /// Says how what stands at the end of a table may be passed over.
  /// - Parameters:
  ///   - count: lines from the one that is wrong to the end.
  ///   - rows: before it.
  func ending(_ count: Int, after rows: Int) -> TableError {
    guard count <= 10, rows >= 2 * count else { return self }
    var result = self
    result.footerCount = count
    return result
  }

  private var explanation: String {
    switch reason {
    case .missingFile: "there is no such file"
    case .unreadable(let reason): "cannot read it: \(reason)"
    case .encoding(let fault, let option): fault.reason + (option.map { "; or read it with \($0)" } ?? "")
    case .empty: "the file is empty; expected a line with the names of the columns"
    case .noRows: "there is no data, only the names of the columns"
    case .unnamedColumn(let number):
      "column \(number) has no name; give it one, or take the line for data with --no-header"
    case .duplicateColumn(let first): "the name of column \(first) comes a second time"
    case .otherSpelling(let first, let name, let other):
      "the name is that of column \(first) in another spelling, \(differingSpellings(name, other).right) where that has "
        + "\(differingSpellings(name, other).left); give one of them another name"
    case .headerOfNumbers:
      "expected the names of the columns, found only numbers; --no-header takes the line for data, --header for names"
    case .openQuote: "the quoted field that begins here has no end"
    case .textAfterQuote: "text after the end of a quoted field; a quote inside one is written twice, \"\""
    case .quoteInField: "a quote inside a field that is not quoted"
    case .emptyLine: "an empty line"
    case .comment: "a comment between rows; --comment '#' passes over such lines"
    case .ragged(let expected, let found):
      "\(found) field\(found == 1 ? "" : "s") where there \(expected == 1 ? "is 1 column" : "are \(expected) columns")"
        + (found > expected
          ? "; if other lines stand before the names of the columns, --skip-lines N passes over them" : "")
    case .noSuchColumn(let available): "there is no such column; there are \(Self.list(available))"
    case .noNumbers: "no column of numbers is left to use"
    case .notANumber(let text):
      "\"\(printable(text, limit: 40))\" is not a number" + Self.advice(text)
    case .ambiguousNumber(let text):
      "\"\(printable(text, limit: 40))\" has a decimal comma, or one between thousands: --decimal , or --decimal . says which"
    case .notFinite(let text): "\"\(printable(text, limit: 40))\" is not a finite number"
    case .tooLarge(let text): "\"\(printable(text, limit: 40))\" is beyond the largest number that is taken, 1e38"
    case .missingValues(let count, let lines, let canFill, let hint):
      (count == 1
        ? "a value is missing, in line \(lines[0])"
        : "\(count) values are missing, \(count > lines.count ? "the first " : "")in lines "
          + lines.map(String.init).joined(separator: ", "))
        + (canFill
          ? "; --missing interpolate fills \(count == 1 ? "it" : "them"), --missing drop leaves such rows out" : "")
        + (hint.map { "; " + $0 } ?? "")
    case .tooShort(let needed, let found, let why):
      "\(found) \(found == 1 ? "row is" : "rows are") too few: \(why) needs \(needed) or more"
    case .other(let text): text
    }
  }

  /// What stands in the way of a number.
  private static func advice(_ text: String) -> String {
    if let strange = text.unicodeScalars.first(where: { !$0.isASCII }) {
      // It may look like what is expected, or like nothing.
      let digits = String(strange.value, radix: 16, uppercase: true)
      let hex = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      return "; U+\(hex) is none of its characters"
    }
    if let number = NumberText(text), number.value(.point) != nil || number.value(.comma) != nil {
      return "; other numbers of the column have the other decimal mark: --decimal says which it is"
    }
    if text.hasPrefix("#") { return "; --comment '#' passes over comments" }
    return "; if it stands for a missing value: --missing-values \(shellWord(text))"
  }

  /// As a shell takes it.
  private static func shellWord(_ text: String) -> String {
    let text = printable(text, limit: 40)
    let isPlain = text.utf8.allSatisfy { byte in
      byte.isDigit || (0x61...0x7A).contains(byte | 0x20) || "_.:-/".utf8.contains(byte)
    }
    return isPlain && !text.hasPrefix("-") ? text : "'\(text.replacing("'", with: "'\\''"))'"
  }

  static func list(_ names: [String]) -> String {
    let shown = names.prefix(20).map { printable($0, limit: 60) }.joined(separator: ", ")
    return names.count > 20 ? shown + ", and \(names.count - 20) more" : shown
  }
}
