import ArgumentParser
import Recurrent
import Storage

struct ForecastEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure forecasts of the last part of a table.",
    discussion: """
      A combined forecaster is measured on the rows after those that it knows, from up to 100 starts, as it is: nothing is fitted anew. \
      rnn forecast backtest fits anew, on any table.

      \(ForecastBacktest.scoresDocumentation)

      Of a network: squared and absolute errors in the columns' units, beside those of forecasts that need no network. MASE is the mean \
      absolute error over the mean absolute step from value to value (with --season: from season to season) before the \
      measured part. Of a network with --likelihood the forecasts are medians of sample paths, of which come the share of the values \
      that lay inside intervals of 80 and 95 %, the intervals' mean width, the continuous ranked probability score (CRPS, in the \
      column's unit; 0 at best) and the weighted quantile loss (wQL: twice the pinball loss, a mean over the quantiles 0.1, \
      0.2 … 0.9, over the mean magnitude of the values).

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @OptionGroup var input: SeriesOptions
  @OptionGroup(title: "Measuring") var scoring: ScoringOptions

  @OptionGroup(title: "Sample paths, of a network with --likelihood") var sampling: PathSamplingOptions

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var running: InferenceOptions

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (input.table, "<table>")]).check()
    let path = model
    let file = try SafetensorsFile(path: path)
    if ModelUse.isGlobalForecaster(file) {
      throw Failure(
        message: "\(path) is a combined forecaster of many series: 'rnn forecast backtest' measures such on their table"
      )
    }
    if ModelUse(file) == .forecaster { return try evaluateCombined(file) }
    if ModelUse(file) == .readout { return try evaluateReadout(file) }
    let (model, description) = try Model.forForecasts(file, likelihoods: true)
    if description.likelihood == nil {
      try file.refuse(["--samples", "--seed"], "learned values", "is for networks with --likelihood")
    }
    let series = try input.series(description.columns, like: description.timing, of: path)
    let testCount = try scoring.testCount(
      series, difference: description.difference, needed: description.difference + 1, why: "a forecast")
    guard testCount > 0 else { throw Failure(message: "with --test 0 there is nothing to measure", status: .usage) }
    var forecaster = try NetworkForecaster(
      model, description, origins: testCount * (description.likelihood == nil ? 1 : sampling.samples),
      running.settings(for: model))
    running.advise(on: forecaster.plan)
    let reports = try scoring.reports(
      &forecaster, name: model.configuration.cell.name, series, testCount: testCount, sampling.sampling)
    if json {
      try output(JSON.object([(key: "reports", value: .array(reports.map(\.json)))]).serialized() + [0x0A])
    } else {
      try output(reports.map(\.description).joined(separator: "\n\n"))
    }
  }

  private func evaluateCombined(_ file: SafetensorsFile) throws {
    try file.refuse(
      ["--test", "--season", "--autoregression", "--samples", "--seed", "--products", "--precision"],
      "is a combined forecaster", "is for networks")
    let saved = try SavedForecaster(file)
    let target = try input.target(column: saved.column, of: saved)
    let later = try saved.later(target)
    guard later.values.contains(where: \.isFinite) else {
      throw Failure(
        message:
          "\(target.file) has no values after those that \(model) knows, so nothing can be measured fairly: give later rows, "
          + "or 'rnn forecast backtest' the table, which fits anew to earlier parts of it")
    }
    let most = min(saved.forecaster.horizon, later.values.count)
    if let horizon = scoring.horizon, horizon > most {
      throw Failure(
        message:
          "--horizon \(horizon): \(model) forecasts \(counted(saved.forecaster.horizon, "step")) ahead, and \(target.file) has "
          + "\(counted(later.values.count, "later row")): \(most) at most")
    }
    let backtest = saved.forecaster.evaluate(on: later.values, horizon: scoring.horizon)
    // Labels are those of the table, whose first row may be another than the forecaster's.
    let shifted = backtest.shifted(by: later.first - saved.forecaster.values.count)
    if json {
      try output(shifted.json(byHorizon: false).serialized() + [0x0A])
    } else {
      try output(shifted.description(of: target, byHorizon: false))
    }
  }
}
