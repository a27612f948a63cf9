import ArgumentParser
import Tables

struct Forecast: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forecast columns of a table: train, measure, predict.",
    discussion: """
      A table is a CSV file whose first line names the columns, its rows in the order of time. For example:

        rnn forecast train sunspots.csv --column SUNACTIVITY --season 11
        rnn forecast predict model.safetensors sunspots.csv --plot sunspots.svg
        rnn forecast backtest sunspots.csv --season 11 --horizon 11

      \(TableOptions.documentation)

      \(SeriesRowOptions.documentation)

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """,
    subcommands: [
      ForecastTrain.self, ForecastEvaluate.self, ForecastPredict.self, ForecastBacktest.self, ForecastUpdate.self,
    ])
}

/// The series, and what is done about its gaps.
struct SeriesOptions: ParsableArguments {
  @Argument(reading: "The table, a CSV file.") var table: String

  @OptionGroup var reading: TableOptions

  @OptionGroup(title: "Rows") var rows: SeriesRowOptions

  /// - Parameter columns: nil: all columns of numbers.
  func series(_ columns: [String]?) throws -> Series { try rows.series(at: table, reading, columns: columns) }

  /// The same for a model that was trained on rows made regular so.
  func series(_ columns: [String], like timing: SeriesTiming, of file: String) throws -> Series {
    try rows.series(at: table, reading, columns: columns, like: (timing, file))
  }
}

/// What the held-out part is for, and what to compare with.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Steps at the end to measure on, of a network: so many, or a share of all.", valueName: "n|x"))
  var test = PartSize.share(0.1)

  @Option(
    in: 1...largestSize,
    help:
      "Steps ahead: of the combined method those to forecast (default: as the season is long, two for quarters and days), of a "
      + "network those to measure, outputs fed back (default: 10, or the length of the test part).")
  var horizon: Int?

  @Option(
    in: 1...largestSize,
    help:
      "Steps of a season: of the combined method its own, 1 for none (default: as the calendar says, or as is found); a network "
      + "is compared with the values so many steps before.")
  var season: Int?

  @Option(in: 1...1000, help: "Compare with a linear autoregression of this order, too.")
  var autoregression: Int?

  /// How many steps are held out.
  /// - Throws: `TableError` where too few steps are left before them.
  func testCount(_ series: Series, difference: Int, needed: Int, why: String) throws(TableError) -> Int {
    let count = test.count(of: series.count)
    let before = series.count - count
    let (most, reason) = [
      (needed, why), (season ?? 0, "--season"),
      (autoregression.map { 2 * $0 + 2 + difference } ?? 0, "--autoregression"),
    ].max { $0.0 < $1.0 }!
    guard before >= most else {
      throw TableError(
        series.file, .tooShort(needed: most + count, found: series.count, why: "\(reason) with \(count) held out"))
    }
    return count
  }

  /// Refuses what could not be measured, or compared with: to be asked before a training.
  func validate(_ series: Series, difference: Int, testCount: Int) throws(Failure) {
    try validateHorizon(testCount: testCount)
    guard testCount > 0, let autoregression else { return }
    let start = series.count - testCount
    _ = try Baseline.autoregression(
      series, order: autoregression, lag: difference, end: start, origins: [start], horizon: 1)
  }

  private func validateHorizon(testCount: Int) throws(Failure) {
    if let horizon, testCount > 0, horizon > testCount {
      throw Failure(
        message: "the test part of \(counted(testCount, "step")) is shorter than --horizon \(horizon); --test sets it")
    }
  }

  /// One step ahead, and as far as asked for.
  func reports(
    _ forecaster: inout NetworkForecaster, name: String, _ series: Series, testCount: Int,
    _ sampling: PathSampling = PathSampling()
  ) throws -> [ForecastReport] {
    guard testCount > 0 else { return [] }
    try validateHorizon(testCount: testCount)
    let comparison = ForecastReport.Comparison(season: season, autoregression: autoregression)
    let start = series.count - testCount
    return try Set([1, horizon ?? min(10, testCount)]).sorted().map {
      try ForecastReport(&forecaster, name: name, series, from: start, horizon: $0, comparison, sampling)
    }
  }
}
