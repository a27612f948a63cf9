import Storage

/// How the text of a table is to be taken. What is nil or empty is found out from the text itself.
package struct TableReading: Sendable {
  /// Lines before the names of the columns that are passed over.
  package var skippedLines = 0
  /// Lines at the end, empty ones not counted, that are passed over.
  package var skippedFooterLines = 0
  /// From this character on the rest of a line is a comment, also between rows.
  package var comment: UInt8?
  /// What stands between fields.
  package var separator: UInt8?
  package var decimalMark: DecimalMark?
  /// How missing values are written, beside the usual ways.
  package var missingValues: [String] = []
  package var encoding: TableEncoding?
  /// Whether the first line names the columns.
  package var hasHeader: Bool?
  /// Columns that only number or name the rows, by name or by place from 1.
  package var indexColumns: [String] = []

  package init(separator: UInt8? = nil) { self.separator = separator }
}

package enum DecimalMark: String, Sendable, CaseIterable {
  case point = "."
  case comma = ","
}

/// What a reader found in a table and settled by itself, to be told to the user.
package struct TableRemark: Sendable, Hashable, CustomStringConvertible {
  package enum Subject: String, Sendable { case table, numbers, time, series }

  package let subject: Subject
  package let text: String

  package init(_ subject: Subject, _ text: String) { (self.subject, self.text) = (subject, text) }

  /// `time      newest first: turned round`
  package var description: String {
    subject.rawValue + String(repeating: " ", count: 10 - subject.rawValue.count) + text
  }
}
