import Storage
import Recurrent

/// A table in text: comma-separated values after RFC 4180, UTF-8, the first line naming the columns; and what programs
/// and people make of that.
///
/// Line ends are LF, CRLF or CR; a byte order mark is passed over, and so are comments before the names (`#`), empty lines and
/// empty rows at the end, Excel's line `sep=;`, and separators at the ends of lines. Blanks around a field do not belong to it, unless they are quoted. How
/// numbers are written is seen from all numbers of a column, and of the table (`NumberStyle`). What is not in order is an error,
/// and what was settled without being asked is a remark.
package struct CSVTable: Sendable {
  package let file: String
  /// The columns' names, all different.
  package private(set) var header: [String] = []
  /// The line of each row in the file, from 1.
  package private(set) var lines: [Int] = []
  /// Columns that only number or name the rows, as pandas writes its index.
  package private(set) var indexColumns: Set<Int> = []
  package private(set) var remarks: [TableRemark] = []
  /// What stands between fields.
  private(set) var separator = UInt8.comma
  private let bytes: [UInt8]
  /// [rows, stride]
  private var fields: [CSVField] = []
  private var stride = 0
  /// The place in a row of each column.
  private var places: [Int] = []
  private var styles: [NumberStyle] = []

  /// Reads the file at `path`.
  package init(path: String, _ reading: TableReading = TableReading()) throws(TableError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw TableError(error) }
    try self.init(bytes, file: path, reading)
  }

  /// - Parameter separator: nil: whichever of comma, semicolon, tab and bar is the most frequent in the first line.
  package init(path: String, separator: UInt8?) throws(TableError) {
    try self.init(path: path, TableReading(separator: separator))
  }

  package init(_ bytes: [UInt8], file: String, separator: UInt8?) throws(TableError) {
    try self.init(bytes, file: file, TableReading(separator: separator))
  }

  package init(_ bytes: [UInt8], file: String, _ reading: TableReading = TableReading()) throws(TableError) {
    self.file = file
    if let encoding = reading.encoding {
      guard let converted = encoding.utf8(bytes) else {
        throw TableError(file, .other("the text is not \(encoding.name), which --encoding says that it is"))
      }
      self.bytes = Self.withoutFooter(converted, reading.skippedFooterLines)
    } else {
      self.bytes = Self.withoutFooter(bytes, reading.skippedFooterLines)
    }
    if let fault = EncodingFault(self.bytes.span, file: file) {
      throw TableError(
        file, line: fault.line,
        .encoding(fault, option: reading.encoding == nil ? TableEncoding.option(for: self.bytes) : nil))
    }
    let start = CSVStart(self.bytes, skipping: reading.skippedLines, comment: reading.comment)
    guard self.bytes[start.offset...].contains(where: { !$0.isBlank && !$0.endsLine }) else {
      throw TableError(
        file,
        reading.skippedLines == 0
          ? .empty : .other("no line is left after the \(reading.skippedLines) that are skipped"))
    }
    if let remark = start.remark { remarks.append(TableRemark(.table, remark)) }
    separator = reading.separator ?? start.separator ?? CSVStart.detectSeparator(self.bytes[start.offset...])
    var reader = CSVReader(
      file: file, bytes: self.bytes, separator: separator, comment: reading.comment, offset: start.offset,
      line: start.line)
    let firstLine = reader.line
    try readRows(&reader, reading)
    guard !lines.isEmpty else { throw TableError(file, .noRows) }
    try settleColumns(reading, firstLine: firstLine)
    let survey = NumberSurvey(self, reading)
    styles = survey.styles
    remarks += survey.remarks
  }

  package var rowCount: Int { lines.count }

  // MARK: Access

  /// - Throws: `TableError.Reason.noSuchColumn`.
  package func column(_ name: String) throws(TableError) -> Int {
    guard let index = header.firstIndex(of: name) else {
      throw TableError(file, column: name, .noSuchColumn(available: header))
    }
    return index
  }

  package func text(_ row: Int, _ column: Int) -> String { text(field(row, column)) }

  /// Whether there is nothing in a field.
  package func isEmpty(_ row: Int, _ column: Int) -> Bool { text(row, column).allSatisfy(\.isWhitespace) }

  /// Whether a field says that its value is missing.
  package func isMissing(_ row: Int, _ column: Int) -> Bool { styles[column].isMissing(text(row, column)) }

  /// What stands in a field, inner quotes twice.
  func bytes(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
    let field = field(row, column)
    return bytes[field.start..<field.end]
  }

  private func field(_ row: Int, _ column: Int) -> CSVField { fields[row * stride + places[column]] }

  private func text(_ field: CSVField) -> String {
    let text = String(decoding: bytes[field.start..<field.end], as: UTF8.self)
    return field.isQuoted && text.utf8.contains(.quote) ? text.replacing("\"\"", with: "\"") : text
  }

  /// The number in a field; nil where it is missing (`NumberStyle`).
  /// - Throws: `TableError` where it is text, or infinite.
  package func number(_ row: Int, _ column: Int) throws(TableError) -> Double? {
    do { return try styles[column].number(text(row, column)) } catch {
      throw TableError(file, line: lines[row], column: header[column], error).ending(rowCount - row, after: row)
    }
  }

  /// Whether the column is one of numbers: its first value that is not missing is a number. Text further below, and a number
  /// that cannot be taken, is an error of the file, not a reason to leave the column out.
  package func isNumeric(_ column: Int) -> Bool {
    for row in 0..<rowCount {
      do throws(TableError.Reason) { if try styles[column].number(text(row, column)) != nil { return true } } catch {
        if case .notANumber = error { return false }
        return true
      }
    }
    return false
  }
}

// MARK: Rows

extension CSVTable {
  /// Without so many lines at the end, empty ones not counted.
  private static func withoutFooter(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    guard count > 0 else { return bytes }
    var (end, left) = (bytes.count, count)
    while left > 0, let last = bytes[..<end].lastIndex(where: { !$0.endsLine && !$0.isBlank }) {
      end = (bytes[..<last].lastIndex(where: \.endsLine) ?? -1) + 1
      left -= 1
    }
    return Array(bytes[..<end])
  }

  private mutating func readRows(_ reader: inout CSVReader, _ reading: TableReading) throws(TableError) {
    var first: [CSVField] = []
    let firstLine = reader.line
    try reader.record(into: &first, header: [])
    header = first.map(text)
    stride = header.count
    let hasHeader: Bool
    if let given = reading.hasHeader {
      hasHeader = given
    } else {
      hasHeader = try !Self.isData(header, file, line: firstLine)
    }
    if !hasHeader {
      header = header.indices.map { "column\($0 + 1)" }
      if reading.hasHeader == nil {
        remarks.append(
          TableRemark(
            .table, "no line of names: columns are called \(TableError.list(header)) (--header takes the first line)"))
      }
      fields = first
      lines = [firstLine]
    }
    /// Columns but for separators at the end of the first line.
    var comments = reader.skipComments()
    let named = (header.lastIndex { !$0.isEmpty } ?? -1) + 1
    while reader.hasMore {
      let line = reader.line
      let (before, start) = (fields.count, reader.offset)
      try reader.record(into: &fields, header: header)
      let found = fields.count - before
      if found == 1, stride > 1, fields[before].isEmpty {
        // Only empty lines may follow.
        guard !reader.hasMoreText else {
          throw TableError(file, line: line, .emptyLine).ending(reader.lineCount(from: start), after: lines.count)
        }
        fields.removeLast()
        break
      }
      // Separators at the end of a line add nothing.
      while fields.count - before > stride, fields[fields.count - 1].isEmpty { fields.removeLast() }
      if found < stride, found >= named {
        fields += repeatElement(CSVField(start: 0, end: 0, isQuoted: false), count: stride - found)
      }
      guard fields.count - before == stride else {
        let isComment = reading.comment == nil && self.bytes[start] == UInt8(ascii: "#")
        throw isComment
          ? TableError(file, line: line, .comment)
          : TableError(file, line: line, .ragged(expected: named, found: found)).ending(
            reader.lineCount(from: start), after: lines.count)
      }
      lines.append(line)
      comments += reader.skipComments()
    }
    if let comment = reading.comment, comments > 0 {
      let mark = String(UnicodeScalar(comment))
      remarks.append(
        TableRemark(.table, "\(comments) \(comments == 1 ? "line" : "lines") of comments (\(mark)) passed over"))
    }
    // Nor do empty rows at the end; in a table of one column each is a missing value above it.
    while !lines.isEmpty, fields.suffix(stride).allSatisfy(\.isEmpty) {
      fields.removeLast(stride)
      lines.removeLast()
    }
  }

  /// Whether the first line is one of data: a time and numbers, or numbers with decimals, where the names should be.
  /// - Throws: where they are whole numbers, which may be either.
  private static func isData(_ names: [String], _ file: String, line: Int) throws(TableError) -> Bool {
    if names.allSatisfy({ Int($0) != nil }) { throw TableError(file, line: line, .headerOfNumbers) }
    guard let first = names.first, !first.isEmpty else { return false }
    let isTime = CSVStart.looksLikeTime(first)
    guard isTime || NumberText(first) != nil, names.dropFirst().allSatisfy({ $0.isEmpty || NumberText($0) != nil })
    else {
      return false
    }
    return isTime && names.count > 1 || names.contains { NumberText($0) != nil && $0.contains { ".,".contains($0) } }
  }
}

// MARK: Columns

extension CSVTable {
  private mutating func settleColumns(_ reading: TableReading, firstLine: Int) throws(TableError) {
    places = Array(0..<stride)
    // Columns without a name and without values are separators too many.
    let empty = places.filter { place in
      header[place].isEmpty && lines.indices.allSatisfy { fields[$0 * stride + place].isEmpty }
    }
    guard empty.count < stride else { throw TableError(file, line: firstLine, .unnamedColumn(1)) }
    places.removeAll(where: empty.contains)
    header = places.map { header[$0] }
    // Those at the beginning are an index, as pandas writes it.
    let unnamed = header.prefix(while: \.isEmpty).count
    for index in 0..<unnamed {
      var (name, number) = ("index", 1)
      while header.contains(name) { (name, number) = ("index\(number + 1)", number + 1) }
      header[index] = name
      indexColumns.insert(index)
      remarks.append(TableRemark(.table, "column \(places[index] + 1) has no name: taken for an index of the rows"))
    }
    try checkHeader(line: firstLine)
    for (index, name) in header.enumerated() where name.hasPrefix("Unnamed: ") { indexColumns.insert(index) }
    for name in reading.indexColumns {
      if let index = header.firstIndex(of: name) {
        indexColumns.insert(index)
      } else if let place = Int(name), header.indices.contains(place - 1) {
        indexColumns.insert(place - 1)
      } else {
        throw TableError(file, column: name, .noSuchColumn(available: header))
      }
    }
  }

  private func checkHeader(line: Int) throws(TableError) {
    var known: [String: Int] = [:]
    for (index, name) in header.enumerated() {
      if name.isEmpty { throw TableError(file, line: line, .unnamedColumn(places[index] + 1)) }
      // A dictionary of strings takes spellings that Unicode calls equivalent for one.
      if let first = known.updateValue(index, forKey: name) {
        let isSame = header[first].unicodeScalars.elementsEqual(name.unicodeScalars)
        throw TableError(
          file, line: line, column: name,
          isSame
            ? .duplicateColumn(first: places[first] + 1)
            : .otherSpelling(first: places[first] + 1, of: header[first], by: name))
      }
    }
  }
}
