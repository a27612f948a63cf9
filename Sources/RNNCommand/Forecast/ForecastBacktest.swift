import ArgumentParser
import RecurrentForecasting
import Storage
import Tables

struct ForecastBacktest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Measure the default forecasts, and the simple methods, on the end of a table.",
    discussion: """
      From --origins starts, one --horizon apart, the last a horizon before the end, everything is fitted anew to what lies \
      before the start, and compared with what came. MASE is the mean absolute error over the mean absolute step before the \
      first of the starts: from season to season, where the calendar or --season says one or one is found, whether or not the \
      methods then go by it; else from value to value. Below 1 the forecasts are closer than the values there are to those a \
      season, or a step, before. RMSSE is the same of squares, and a root; widths and CRPS are over the scale of MASE. The \
      intervals' coverage should be near 80 %.

      Missing values are interpolated for the methods, and never scored.

      \(FilePath.documentation)
      """)

  @OptionGroup var input: ForecastInput

  /// What is fitted grows with it.
  static let largestHorizon = 10_000

  @Option(
    in: 1...largestHorizon, help: "Steps to forecast. (default: two seasons of up to 8 steps, one of more, or 10)")
  var horizon: Int?

  @Option(in: 1...1000, help: "Starts to forecast from.")
  var origins = 3

  @OptionGroup var recipe: RecipeOptions

  @Flag(help: "Write a JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Draw the forecasts, their intervals and what came: an SVG file, or - for a small plot in characters on standard "
        + "error.", valueName: "file"))
  var plot: String?

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func validate() throws {
    if plot == "" { throw ValidationError("The value '' is invalid for '--plot <file>': expected a path") }
  }

  func run() throws {
    let drawing = plot == "-" ? nil : plot
    let outputs = try FileUse(reading: [(input.series.table, "<table>")], writing: [(drawing, "--plot", .drawing)])
      .hold()
    defer { outputs.release() }
    let target = try input.target()
    let seasons = recipe.seasons(target)
    let horizon = horizon ?? defaultHorizon(seasons, rows: target.values.count)
    recipe.recipe.noteSeason(count: target.values.count - origins * horizon)
    let backtest: Backtest
    do throws(ForecastingError) {
      backtest = try Backtest(
        target.values, horizon: horizon, origins: origins, seasons: seasons, recipe: recipe.recipe,
        threads: threads ?? 0)
    } catch { throw Failure(error, target, horizon: horizon, origins: origins) }
    if json {
      try output(backtest.json.serialized() + [0x0A])
    } else {
      try output(backtest.description(of: target))
    }
    guard let plot else { return }
    let panel = backtest.panel(target)
    if plot == "-" {
      Note.drawing(TextPlot(panel).description)
    } else {
      try replaceFile(plot, with: SVGPlot([panel], xTitle: target.time.title).description)
    }
  }
}

/// Steps ahead where nothing is said.
/// - Parameter rows: of the table, beyond which no season counts.
func defaultHorizon(_ seasons: [Int], rows: Int = .max) -> Int {
  switch seasons.first ?? 1 {
  case 1: 10
  case let season where season > min(rows, ForecastBacktest.largestHorizon): 10
  case let season where season <= 8: 2 * season
  case let season: season
  }
}

extension Failure {
  init(_ error: ForecastingError, _ target: ForecastTarget, horizon: Int, origins: Int) {
    switch error {
    case .tooShort(let count, let needed):
      self.init(
        message: "\(target.file): a backtest of \(counted(origins, "origin")) with --horizon \(horizon) needs "
          + "\(counted(needed, "row")), the table has \(grouped(count)): ask for less")
    case .noValues, .memory: self.init(message: "\(target.file): \(error)")
    }
  }
}
