/// How a table is made into series. What is nil is found out from the table.
package struct SeriesReading: Sendable {
  /// Several are put together: date and hour, year and month.
  package var timeColumns: [String] = []
  /// The columns that tell series apart which stand below each other.
  package var seriesColumns: [String] = []
  /// Take this series alone.
  package var series: String?
  package var missing = MissingPolicy.refuse
  /// nil: rows are filled in as missing values, but for holidays among business days.
  package var gaps: GapPolicy?
  package var duplicates = DuplicatePolicy.refuse
  package var frequency: Frequency?
  /// Rows are gathered in these; nil: each is a step, and irregular times are refused.
  package var periods: Periods?
  package var dateOrder: DateOrder?
  /// Columns of numbers that are known ahead, too.
  package var covariates: [String] = []

  package init() {}
}
