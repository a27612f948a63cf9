import Recurrent
import RecurrentForecasting
import Reports
import Storage
import Tables

/// `rnn forecast train --method combined`: fits and saves.
struct CombinedTraining {
  let target: ForecastTarget
  let horizon: Int
  let seasons: [Int]
  var recipe = Recipe()
  /// Where a page goes.
  var report: String?

  /// Options of the network alone.
  static let networkOptions: Set<String> = [
    "--window", "--difference", "--likelihood", "--validation", "--test", "--autoregression", "--cell", "--hidden-size",
    "--layers",
    "--dropout", "--head-dropout", "--batch-size", "--epochs", "--patience", "--log", "--resume",
    "--optimizer", "--learning-rate", "--batch-rule", "--base-batch-size", "--schedule", "--warm-up", "--clip-norm",
    "--clip-value", "--weight-decay",
    "--momentum", "--products", "--precision", "--init-from", "--rank", "--projection-size", "--residual",
    "--residual-blocks",
    "--feed-forward-size", "--trained-initial-state",
  ]

  /// - Parameter store: holds the file.
  func run(_ store: inout CheckpointStore) throws {
    var forecaster: Forecaster
    do throws(ForecastingError) {
      forecaster = try Forecaster(fitting: target.values, horizon: horizon, seasons: seasons, recipe: recipe)
    } catch { throw Failure(message: "\(target.file): \(error)") }
    if target.values.count - target.missingCount == 1 {
      Note.warning(
        "\(target.file) has a single value: intervals have no width, as nothing shows how far forecasts are off")
    }
    forecaster.notes = SavedForecaster.notes(of: target, horizon: horizon)
    try store.save(step: 0) { (path) throws(CheckpointError) in try forecaster.save(to: path) }
    Note.line("table     \(target.name): \(counted(target.values.count, "step")), \(horizon) ahead")
    Note.line("chosen    \(forecaster.description)")
    Note.note("saved \(store.path)")
    guard let report else { return }
    let prediction = CombinedPrediction(
      forecast: forecaster.forecast(), target: target, start: target.values.count, horizon: horizon, levels: [80, 95])
    try prediction.page(forecaster, history: nil).write(to: report)
  }
}

/// What `rnn forecast predict` prints and draws of a forecaster.
struct CombinedPrediction {
  let forecast: RecurrentForecasting.Forecast
  let target: ForecastTarget
  /// The first step that is forecast, in the table's rows.
  let start: Int
  let horizon: Int
  let levels: [Double]

  /// As statsforecast names its columns.
  private var columns: [(name: String, values: [Double])] {
    var columns = [(name: "recurrent", values: forecast.values)]
    for level in levels {
      let interval = forecast.interval(level: level)
      columns.append(("recurrent-lo-\(short(level))", interval.lower))
      columns.append(("recurrent-hi-\(short(level))", interval.upper))
    }
    return columns
  }

  private func truth(_ ahead: Int) -> Double? {
    guard start + ahead < target.values.count, target.values[start + ahead].isFinite else { return nil }
    return target.values[start + ahead]
  }

  /// - Parameter truths: whether what came stands beside, under the column's own name.
  func rows(truths: Bool) -> [[String]] {
    let columns = columns
    let header = [target.time.name ?? "row"] + columns.map(\.name) + (truths ? [target.name] : [])
    return [header]
      + (0..<horizon).map { ahead in
        [target.time.label(start + ahead)] + columns.map { short($0.values[ahead]) }
          + (truths ? [truth(ahead).map(short) ?? ""] : [])
      }
  }

  /// A header, and a row a path and step.
  func pathRows(_ sampling: PathSampling) -> [[String]] {
    var rows = [["path", target.time.name ?? "row", target.name]]
    for (number, path) in forecast.paths(sampling.samples, seed: sampling.seed).enumerated() {
      for ahead in 0..<horizon { rows.append(["\(number + 1)", target.time.label(start + ahead), short(path[ahead])]) }
    }
    return rows
  }

  /// An object a step.
  func json(truths: Bool) -> JSON {
    .array(steps(truth: truths ? target.name : nil).map { .object($0) })
  }

  /// What a step's object holds.
  /// - Parameter truth: under which name what came stands beside; nil: not.
  func steps(truth name: String?) -> [[(key: String, value: JSON)]] {
    let columns = columns
    return (0..<horizon).map { ahead in
      [(key: target.time.name ?? "row", value: .string(target.time.label(start + ahead)))]
        + columns.map { (key: $0.name, value: .number($0.values[ahead])) }
        + (name.map { [(key: $0, value: truth(ahead).map { .number($0) } ?? .null)] } ?? [])
    }
  }

  func page(_ forecaster: Forecaster, history: Int?) -> ForecastPage {
    let bands = levels.map { short($0) + " %" }.joined(separator: ", ")
    return ForecastPage(
      title: "Forecast of \(target.name)",
      summary: "\(counted(horizon, "step")) from \(target.time.label(start)) on, of \(target.file).",
      sections: [
        .forecast(
          [chart(history: history)], rows: rows(truths: start < target.values.count),
          note: "The median of the methods that count, with intervals in which so many values should lie: \(bands)."),
        .choices(forecaster), .facts(target.facts),
      ], data: json(truths: start < target.values.count))
  }

  func chart(history: Int?) -> LineChart {
    var chart = ForecastChart(target.name, target.time)
    chart.addHistory(max(0, start - (history ?? SavedForecaster.shownHistory(horizon)))..<start) { target.values[$0] }
    chart.addTruth("held out", start..<max(start, min(target.values.count, start + horizon))) { target.values[$0] }
    chart.addForecast(
      Array(forecast.values.prefix(horizon)), forecast.chartIntervals(levels, steps: horizon), from: start)
    return chart.chart
  }
}
