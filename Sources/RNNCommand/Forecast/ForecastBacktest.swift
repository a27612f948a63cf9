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
      before the start, and compared with what came. Intervals of the simple methods are by their own errors at earlier rows.

      \(Self.scoresDocumentation)

      Missing values are interpolated for the methods, and never scored.

      Several series (below each other, in a folder, or --wide) are forecast by one model of all, and the figures are means over \
      the series. --each measures the combined forecaster of each series alone beside it.

      \(FilePath.documentation)
      """)

  static let scoresDocumentation = """
    The scale of an error is the mean absolute step from season to season (without a season: from value to value) before the \
    first start. MASE: mean absolute error over the scale; below 1 it beats what repeating the last season gave there \
    (Hyndman & Koehler 2006). sMAPE: 200·|y − f| / (|y| + |f|), a mean in percent (M4). RMSSE: as MASE, of squares, and a root \
    (M5). CRPS: continuous ranked probability score over the scale, twice the mean pinball loss of the quantiles 0.01, 0.03 … \
    0.99. wQL: the same of 0.1, 0.2 … 0.9, over the mean of |y| (DeepAR's weighted quantile loss). in 80 %, in 95 %: how many \
    values lay inside the interval, which should be as many; width: the intervals' mean width over the scale.
    """

  @OptionGroup var input: ForecastInput

  /// What is fitted grows with it.
  static let largestHorizon = 10_000

  @Option(
    in: 1...largestHorizon, help: "Steps to forecast. (default: two seasons of up to 8 steps, one of more, or 10)")
  var horizon: Int?

  @Option(in: 1...1000, help: "Starts to forecast from.")
  var origins = 3

  @OptionGroup var recipe: RecipeOptions

  @OptionGroup(title: "Many series") var panel: PanelOptions

  @Flag(help: "Of many series, measure the combined forecaster of each series alone, too, which takes its time.")
  var each = false

  @Flag(help: "Show the errors of every step ahead, too.")
  var byHorizon = false

  @Flag(help: "Write a JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Draw the forecasts, their intervals and what came: an SVG file, or - for a small plot in characters on standard "
        + "error.", valueName: "file"))
  var plot: String?

  @Option(writing: "Write a page: forecasts, scores and errors by step ahead.")
  var report: String?

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func validate() throws {
    if plot == "" { throw ValidationError("The value '' is invalid for '--plot <file>': expected a path") }
  }

  func run() throws {
    let drawing = plot == "-" ? nil : plot
    let outputs = try FileUse(
      reading: [(input.series.table, "<table>")], writing: [(drawing, "--plot", .drawing), (report, "--report", .page)]
    ).hold()
    defer { outputs.release() }
    try TrainingPage.check(report)
    switch try input.series.data(panel.request(columns: input.column.map { [$0] } ?? [])) {
    case .one(let target): try measure(target)
    case .many(let panel): try measure(panel)
    }
  }

  private func measure(_ panel: ForecastPanel) throws {
    let seasons = recipe.seasons(ofCalendar: panel.seasons)
    let backtest: GlobalBacktest
    let horizon = horizon ?? defaultHorizon(seasons)
    do throws(ForecastingError) {
      backtest = try GlobalBacktest(
        panel.series, horizon: horizon, origins: origins, seasons: seasons, recipe: recipe.globalRecipe(panel),
        comparesEach: each, examples: plot != nil || report != nil ? GlobalPrediction.mostPanels : 0,
        threads: threads ?? 0)
    } catch { throw Failure(error, file: panel.file, horizon: horizon, origins: origins) }
    if json {
      try output(backtest.json(byHorizon: byHorizon).serialized() + [0x0A])
    } else {
      try output(backtest.description(of: panel, byHorizon: byHorizon))
    }
    if let report { try backtest.page(panel).write(to: report) }
    guard let plot else { return }
    GlobalPrediction.noteUndrawn(backtest.seriesCount - backtest.examples.count)
    try drawPlot(backtest.charts(of: panel), to: plot)
  }

  private func measure(_ target: ForecastTarget) throws {
    let seasons = recipe.seasons(target)
    let horizon = horizon ?? defaultHorizon(seasons, rows: target.values.count)
    let chosen = recipe.recipe(target.time)
    chosen.noteSeason(count: target.values.count - origins * horizon)
    let backtest: Backtest
    do throws(ForecastingError) {
      backtest = try Backtest(
        target.values, horizon: horizon, origins: origins, seasons: seasons, recipe: chosen,
        threads: threads ?? 0)
    } catch { throw Failure(error, file: target.file, horizon: horizon, origins: origins) }
    if json {
      try output(backtest.json(byHorizon: byHorizon).serialized() + [0x0A])
    } else {
      try output(backtest.description(of: target, byHorizon: byHorizon))
    }
    if let report { try backtest.page(target).write(to: report) }
    guard let plot else { return }
    try drawPlot([backtest.chart(target)], to: plot)
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
  init(_ error: ForecastingError, file: String, horizon: Int, origins: Int) {
    switch error {
    case .tooShort(let count, let needed):
      self.init(
        message: "\(file): a backtest of \(counted(origins, "origin")) with --horizon \(horizon) needs "
          + "\(counted(needed, "row")), the table has \(grouped(count)): ask for less")
    case .noValues, .memory, .noValuesOf, .covariateEnds, .unknownSeries: self.init(message: "\(file): \(error)")
    }
  }
}
