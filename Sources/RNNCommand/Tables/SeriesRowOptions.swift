import ArgumentParser
import Storage
import Tables

/// What the rows of a series are.
struct SeriesRowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The column of the time; several are put together, as year and month. (default: the one that holds times, or the "
        + "first if it is text or rises from row to row)", valueName: "name"))
  var timeColumn: [String] = []

  @Option(
    help: ArgumentHelp(
      "What lies between the rows, as pandas says it: \(Frequency.examples). (default: as the times show)",
      valueName: "step"),
    transform: { text throws in
      guard let frequency = Frequency(text) else {
        throw ValidationError("expected a step such as \(Frequency.examples)")
      }
      return frequency
    })
  var frequency: Frequency?

  @Option(
    help: ArgumentHelp(
      "The order of day, month and year in numbers. (default: as all dates show together)", valueName: "order"))
  var dateOrder: DateOrder?

  @Option(
    help: ArgumentHelp(
      "What to do about missing values of a series: refuse the table, interpolate on straight lines, or drop the rows. "
        + "Filled-in values are learnt from, but not scored.", valueName: "what"))
  var missing = MissingPolicy.refuse

  @Option(
    help: ArgumentHelp(
      "What to do about missing rows: refuse the table, fill them in as missing values, or ignore that they are missing. "
        + "(default: fill; ignore for holidays among business days)", valueName: "what"))
  var gaps: GapPolicy?

  @Option(
    help: ArgumentHelp(
      "What to do about several rows of one time: refuse the table, or take the first, the last, their mean or their sum.",
      valueName: "what"))
  var duplicates = DuplicatePolicy.refuse

  @Option(
    help: ArgumentHelp(
      "Gather rows at irregular times, or finer ones, in periods of this length: \(Frequency.examples); of a column of numbers a number. They "
        + "are called by their beginning, on the clock and the calendar; weeks begin on Mondays.", valueName: "period"))
  var every: String?

  @Option(
    help: ArgumentHelp(
      "What to take of the values of a period of --every: mean, sum, count, last, first, min, max or median; of single columns "
        + "otherwise: sum,price=mean. Covariates are averaged. Periods without rows are missing values, of sums and counts 0. "
        + "(default: mean)", valueName: "what"))
  var aggregate: String?

  @Option(
    help: ArgumentHelp(
      "The column that tells series apart which stand below each other; may be given again. (default: unique_id or "
        + "item_id, or what makes each time come once)", valueName: "name"))
  var seriesColumn: [String] = []

  @Option(help: ArgumentHelp("The series to take of several.", valueName: "name"))
  var series: String?

  func validate() throws {
    try refuseTwice("--time-column", timeColumn)
    try refuseTwice("--series-column", seriesColumn)
    if let every, Periods(every) == nil {
      throw ValidationError(
        "The value '\(every)' is invalid for '--every <period>': expected a period such as \(Frequency.examples), or a number above 0 of a column of numbers"
      )
    }
    if let aggregate {
      guard every != nil else { throw ValidationError("'--aggregate' needs the periods: '--every <period>'") }
      guard periods != nil else {
        throw ValidationError(
          "The value '\(aggregate)' is invalid for '--aggregate <what>': expected \(Aggregate.allCases.map(\.rawValue).joined(separator: ", ")), for single columns as in sum,price=mean"
        )
      }
    }
    guard every != nil else { return }
    if frequency != nil { throw ValidationError("'--every' excludes '--frequency': it says what the steps are") }
    if duplicates != .refuse {
      throw ValidationError("'--every' excludes '--duplicates': '--aggregate' says what becomes of several rows")
    }
  }

  /// The options by which the rows are taken.
  static let names: Set = [
    "--time-column", "--frequency", "--every", "--aggregate", "--date-order", "--missing", "--gaps", "--duplicates",
    "--series-column",
    "--series",
  ]

  /// As --every and --aggregate say.
  private var periods: Periods? {
    guard var periods = every.flatMap({ Periods($0) }), periods.take(aggregates: aggregate ?? "mean") else {
      return nil
    }
    return periods
  }

  /// For the library.
  var seriesReading: SeriesReading {
    var reading = SeriesReading()
    reading.timeColumns = timeColumn
    reading.seriesColumns = seriesColumn
    reading.series = series
    reading.missing = missing
    reading.gaps = gaps
    reading.duplicates = duplicates
    reading.frequency = frequency
    reading.periods = periods
    reading.dateOrder = dateOrder
    return reading
  }

  /// The series of a table; what was settled on the way is said.
  /// - Parameters:
  ///   - missing: what becomes of missing values where --missing is not given.
  ///   - model: how the rows were made regular that a model was trained on, and its file.
  /// - Throws: `TableError`; `Failure` where that is not what the options say.
  func series(
    at path: String, _ reading: TableOptions, columns: [String]?, missing: MissingPolicy = .refuse,
    like model: (timing: SeriesTiming, file: String)? = nil
  ) throws -> Series {
    let table = try CSVTable(path: path, reading.tableReading)
    Note.remarks(table.remarks)
    var settled = try seriesReading(keeping: model?.timing, of: model?.file ?? "")
    if !GivenOptions.names.contains("--missing") { settled.missing = missing }
    let series = try Series(table, columns: columns, settled)
    Note.remarks(series.remarks)
    return series
  }

  /// For the discussion of commands that read series.
  static let documentation = """
    The time may be dates in the usual spellings, months (2001-02, Feb 2001), quarters (2001Q1), ISO weeks (2001-W05), financial \
    years (2001/02, FY2001), times of day, with dates or without, seconds since 1970, or numbers. The step is seen from it: seconds to years, business days, ends and starts of \
    months; the next rows are named likewise. Tables that are newest first are turned round; rows that are missing count as missing \
    values (--missing, --gaps), holidays among business days do not; several rows of one time are refused (--duplicates), and so are irregular times: --every 1h --aggregate mean \
    gathers such rows in periods, called by their beginning, those at the ends left out that are not whole; models keep both. Times that \
    are off by less than a tenth of a step are taken for those that are meant. Of series \
    that stand below each other --series takes one. Rows after the last value that hold a time and no value are those to be \
    forecast.
    """
}

extension Note {
  /// What was settled while a table was read.
  static func remarks(_ remarks: [TableRemark]) {
    for remark in remarks { line(remark.description) }
  }

  /// Says where rows to come have no names but numbers.
  /// - Parameter last: the last of them.
  static func uncontinued(_ time: TimeAxis, last: Int) {
    guard !time.isNamed(last), let name = time.name else { return }
    note("\(printable(name, limit: 60)) does not say how rows to come are called: they are counted, +1, +2 …")
  }
}
