import Testing

import Tables

/// A table of some lines.
func table(_ text: String, _ change: (inout TableReading) -> Void = { _ in }) throws -> CSVTable {
  var reading = TableReading()
  change(&reading)
  return try CSVTable(Array(text.utf8), file: "t.csv", reading)
}

/// The series of some lines.
func series(
  _ text: String, columns: [String]? = nil, _ change: (inout SeriesReading) -> Void = { _ in }
) throws -> Series {
  var reading = SeriesReading()
  change(&reading)
  return try Series(table(text), columns: columns, reading)
}

/// A table of times, each with its number.
func timed(_ labels: [String]) -> String { "t,x\n" + labels.enumerated().map { "\"\($1)\",\($0)\n" }.joined() }

func said(_ remarks: [TableRemark]) -> String { remarks.map(\.description).joined(separator: "\n") }

/// Checks that reading fails, and that the message says all of `parts`.
func expectRefusal(
  _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation, of read: () throws -> some Any
) {
  do {
    _ = try read()
    Issue.record("nothing was refused", sourceLocation: sourceLocation)
  } catch {
    for part in parts { #expect("\(error)".contains(part), "\(error)", sourceLocation: sourceLocation) }
  }
}
