import ArgumentParser
import RecurrentForecasting
import Tables

/// The table of the default recipe: one column of numbers, whose gaps are interpolated for the methods and never scored.
struct ForecastInput: ParsableArguments {
  @OptionGroup var series: SeriesOptions

  @Option(help: ArgumentHelp("The column to forecast. (default: the first of numbers)", valueName: "name"))
  var column: String?

  /// For a forecaster.
  /// - Throws: `TableError`; `Failure` where the rows are to be taken otherwise than it takes them.
  func target(of saved: SavedForecaster) throws -> ForecastTarget {
    try series.target(column: column ?? saved.column, of: saved)
  }
}

extension SeriesOptions {
  /// For the combined method, which by default interpolates what is missing.
  func target(column: String?, of saved: SavedForecaster) throws -> ForecastTarget {
    try rows.target(at: table, reading, column: column, of: saved)
  }
}

extension SeriesRowOptions {
  /// The same of any table.
  func target(
    at table: String, _ reading: TableOptions, column: String?, of saved: SavedForecaster
  ) throws -> ForecastTarget {
    try ForecastTarget(
      series(
        at: table, reading, columns: column.map { [$0] }, missing: .interpolate, like: (saved.timing, saved.file)),
      announcing: true)
  }
}

/// One column over time.
struct ForecastTarget {
  let file: String
  let name: String
  let time: TimeAxis
  /// NaN where one is missing.
  let values: [Double]
  /// How the rows were made regular.
  var timing = SeriesTiming()

  init(file: String, name: String, time: TimeAxis, values: [Double]) {
    (self.file, self.name, self.time, self.values) = (file, name, time, values)
  }

  /// The first column.
  /// - Parameter announcing: says which, and what is missing.
  init(_ series: Series, announcing: Bool) {
    (file, name, time, timing) = (series.file, series.columns[0], series.time, series.timing)
    values = (0..<series.count).map { series.isKnown[$0 * series.width] ? series.value($0, 0) : .nan }
    guard announcing else { return }
    if series.width > 1 {
      Note.note(
        "forecasting \(series.columns[0]), the first of \(counted(series.width, "column")) of numbers; --column chooses"
      )
    }
    if missingCount > 0 {
      Note.note("\(counted(missingCount, "missing value")) interpolated for the methods, and not scored")
    }
  }

  var missingCount: Int { values.count { $0.isNaN } }
}

extension Recipe {
  /// Says where a season that was asked for cannot be gone by.
  /// - Parameter count: rows to fit to.
  func noteSeason(count: Int) {
    guard let season, season > 1, !Season.isPossible(season, count: count) else { return }
    Note.warning(
      "\(counted(count, "row")) to fit to are fewer than two of --season \(season) and two rows: the methods go without it"
    )
  }
}

/// What of the default recipe may be chosen.
struct RecipeOptions: ParsableArguments {
  @Option(in: 1...100_000, help: "Steps of a season, 1 for none. (default: that of the calendar, or one that is found)")
  var season: Int?

  @Option(
    in: 0...100, help: "Networks that differ by their seeds alone, and whose median counts; 0: no recurrent part.")
  var networks = 3

  @Option(in: 0...UInt64.max, help: "Of the networks.")
  var seed: UInt64 = 0

  /// Those asked for, or of the calendar.
  func seasons(_ target: ForecastTarget) -> [Int] { seasons(ofCalendar: target.time.seasons) }

  func seasons(ofCalendar seasons: [Int]) -> [Int] { season.map { [$0] } ?? seasons }

  func recipe(_ time: TimeAxis) -> Recipe {
    var recipe = Recipe()
    (recipe.networks, recipe.seed, recipe.season) = (networks, seed, season)
    recipe.usesNetwork = networks > 0
    recipe.year = time.year
    return recipe
  }

  /// Of many series.
  func globalRecipe(_ panel: ForecastPanel) -> GlobalRecipe {
    var recipe = GlobalRecipe()
    (recipe.seed, recipe.year) = (seed, panel.year)
    if GivenOptions.names.contains("--networks") {
      (recipe.networks, recipe.usesNetwork) = (networks, networks > 0)
    }
    return recipe
  }
}
