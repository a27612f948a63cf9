import ArgumentParser
import Tables

/// What the rows of a series are, for commands that take other data, too.
struct SeriesRowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The column of the time. (default: the first, if it is text or rises from row to row)", valueName: "name"))
  var timeColumn: String?

  @Option(
    help: ArgumentHelp(
      "What to do about missing values of a series: refuse the table, interpolate on straight lines, or drop the rows.",
      valueName: "what"))
  var missing = MissingPolicy.refuse

  /// The series of a table.
  /// - Throws: `TableError`.
  func series(at path: String, _ reading: TableOptions, columns: [String]) throws -> Series {
    try Series(
      CSVTable(path: path, separator: reading.separator), columns: columns, timeColumn: timeColumn, missing: missing)
  }
}
