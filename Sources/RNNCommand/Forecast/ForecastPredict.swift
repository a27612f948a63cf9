import ArgumentParser
import Recurrent
import Reports
import Storage
import Tables

struct ForecastPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Forecast the steps after the end of a table, or of the rows that a combined forecaster knows.",
    discussion: """
      The forecasts are a CSV table on standard output, or in a file. With --hold-out N the last N rows of the table are \
      taken for unknown: forecasts begin before them, and the true values stand beside.

      Of a forecaster of many series there is a row for each series and step, as other forecasting programs have them: the \
      column that tells series apart, the time, the forecast and its intervals. Covariates that are known ahead must stand in \
      rows after the last value. --series takes one of the series.

      Sample paths are ways that the values may take together: of a network with --likelihood each step is drawn from what the \
      steps drawn before it lead to, of a combined forecaster they are its forecast with the errors of one earlier origin each.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(
    help: "The table, a CSV file. A combined forecaster needs none: it knows its rows.", transform: FilePath.reading)
  var table: String?

  @OptionGroup var reading: TableOptions

  @OptionGroup(title: "Rows") var rows: SeriesRowOptions

  @Option(
    in: 1...1_000_000,
    help: "Steps to forecast. (default: all that a combined forecaster was trained for, which is the most; else 10)")
  var horizon: Int?

  /// Of a network.
  private var steps: Int { horizon ?? 10 }

  @Option(in: 0...largestSize, help: "Rows at the end of the table to forecast, instead of what comes after.")
  var holdOut = 0

  @Option(writing: "Write the forecasts here.")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Draw history and forecasts: an SVG file, or - for a small plot in characters on standard error.",
      valueName: "file"))
  var plot: String?

  @Option(in: 0...largestSize, help: "Steps of history in the plot. (default: four times the forecast, 50 or more)")
  var history: Int?

  @OptionGroup var levels: LevelsOption

  @Option(writing: "Write a page: the forecast, and what it was made of.")
  var report: String?

  @Option(
    help: ArgumentHelp(
      "The column to forecast, of a combined forecaster. (default: the one that it was trained on)", valueName: "name"))
  var column: String?

  @Flag(help: "Write a JSON array with an object a step instead. Of a combined forecaster.")
  var json = false

  @OptionGroup(title: "Sample paths") var sampling: PathSamplingOptions

  @Option(
    writing:
      "Write the sample paths here, a row a path and step. Of a combined forecaster, or a network with --likelihood.")
  var paths: String?

  @OptionGroup var running: InferenceOptions

  func validate() throws {
    if plot == "" { throw ValidationError("The value '' is invalid for '--plot <file>': expected a path") }
  }

  func run() throws {
    let drawing = plot == "-" ? nil : plot
    let outputs = try FileUse(
      reading: [(model, "<model>"), (table, "<table>")],
      writing: [
        (output ?? DescriptorPath.standardOutput, "--output", json ? .records : .table), (drawing, "--plot", .drawing),
        (paths, "--paths", .table), (report, "--report", .page),
      ]
    ).hold()
    defer { outputs.release() }
    let file = try SafetensorsFile(path: model)
    if ModelUse(file) == .forecaster {
      try file.refuse(["--products", "--precision"], "is a combined forecaster", "is for networks")
      if paths == nil {
        try file.refuse(["--samples", "--seed"], "is a combined forecaster", "is for the paths that --paths writes")
      }
      if ModelUse.isGlobalForecaster(file) { return try predictGlobal(file) }
      return try predictCombined(file)
    }
    if ModelUse(file) == .readout { return try predictReadout(file) }
    try file.refuse(["--json", "--column"], "is a network", "is for combined forecasters")
    let path = model
    let (model, description) = try Model.forForecasts(file, likelihoods: true)
    if description.likelihood == nil {
      try file.refuse(
        ["--level"] + Self.samplingOptions, "is a network that learned values",
        "is for combined forecasters and networks with --likelihood")
    }
    guard let table else {
      throw Failure(message: "\(path) is a network, which holds no rows: give the table", status: .usage)
    }
    let series = try rows.series(
      at: table, reading, columns: description.columns, like: (description.timing, path))
    let known = series.count - holdOut
    guard known > description.difference else {
      throw TableError(
        series.file,
        .tooShort(needed: description.difference + holdOut + 1, found: series.count, why: "a forecast"))
    }
    var forecaster = try NetworkForecaster(
      model, description, origins: description.likelihood == nil ? 1 : sampling.samples,
      running.settings(for: model))
    running.advise(on: forecaster.plan)
    guard description.likelihood == nil else { return try predictSampled(&forecaster, series, from: known) }
    let forecasts = forecaster.forecasts(series.prefix(known).values, origins: [known], horizon: steps)
    try requireFinite(forecasts)
    let forecastRows = tableRows(forecasts, series, from: known)
    Note.uncontinued(series.time, last: known + steps - 1)
    try writeTable(forecastRows, to: output)
    let charts = charts(forecasts, series, from: known)
    if let report { try page(series, charts, forecastRows, note: "", from: known).write(to: report) }
    if let plot { try drawPlot(charts, to: plot) }
  }

  private static let samplingOptions = ["--samples", "--seed", "--paths"]

  private func predictSampled(_ forecaster: inout NetworkForecaster, _ series: Series, from start: Int) throws {
    let sampled = forecaster.sampled(
      series.prefix(start).values, origins: [start], horizon: steps, sampling.sampling)[0]
    guard sampled.isFinite else {
      throw Failure(message: "the sample paths are not finite numbers", status: .notFinite)
    }
    let levels = levels.level ?? [80, 95]
    let forecastRows = sampled.rows(series, from: start, levels: levels, truths: holdOut > 0)
    try writeTable(forecastRows, to: output)
    if let paths { try writeTable(sampled.pathRows(series, from: start), to: paths) }
    let charts = series.columns.indices.map { column in
      sampled.chart(
        series, column, from: start, history: history ?? SavedForecaster.shownHistory(steps), levels: levels)
    }
    if let report {
      let note = "Medians and intervals of \(counted(sampled.paths.count, "sample path"))."
      try page(series, charts, forecastRows, note: note, from: start).write(to: report)
    }
    if let plot { try drawPlot(charts, to: plot) }
  }

  /// The rows of the table, or those that the forecaster knows.
  private func target(_ saved: SavedForecaster, _ file: SafetensorsFile) throws -> ForecastTarget {
    if let table {
      return try rows.target(at: table, reading, column: column ?? saved.column, of: saved)
    }
    try file.refuse(["--hold-out", "--column"], "is to forecast without a table", "needs one")
    return try saved.target()
  }

  private func predictCombined(_ file: SafetensorsFile) throws {
    var saved = try SavedForecaster(file)
    let target = try target(saved, file)
    let steps = try steps(upTo: saved.forecaster.horizon)
    let start = target.values.count - holdOut
    guard start > 0 else { throw Failure(message: "\(target.file): --hold-out \(holdOut) leaves no row") }
    noteHeldOut()
    if table != nil { try saved.take(target, before: start) }
    let forecast = saved.forecaster.forecast()
    try requireFinite(forecast.values)
    let prediction = CombinedPrediction(
      forecast: forecast, target: target, start: start, horizon: steps,
      levels: levels.level ?? [80, 95])
    Note.uncontinued(target.time, last: start + steps - 1)
    try write(json ? prediction.json(truths: holdOut > 0) : nil, rows: prediction.rows(truths: holdOut > 0))
    if let paths { try writeTable(prediction.pathRows(sampling.sampling), to: paths) }
    if let report { try prediction.page(saved.forecaster, history: history).write(to: report) }
    if let plot { try drawPlot([prediction.chart(history: history)], to: plot) }
  }

  /// --horizon, or all that a combined forecaster was trained for.
  func steps(upTo most: Int) throws(Failure) -> Int {
    let steps = horizon ?? most
    guard steps <= most else {
      throw Failure(
        message: "\(model) forecasts up to \(most) steps ahead, not \(steps): rnn forecast train --horizon \(steps)")
    }
    return steps
  }

  func noteHeldOut() {
    guard holdOut > 0 else { return }
    Note.note("the forecaster was fitted to the held-out rows, too; rnn forecast backtest measures fairly")
  }

  func requireFinite(_ forecasts: [Double]) throws(Failure) {
    guard forecasts.allSatisfy(\.isFinite) else {
      throw Failure(message: "the forecasts are not finite numbers", status: .notFinite)
    }
  }

  func write(_ json: JSON?, rows: @autoclosure () -> [[String]]) throws {
    guard let json else { return try writeTable(rows(), to: output) }
    let bytes = try json.serialized() + [0x0A]
    if let output {
      try replaceFile(output, with: String(decoding: bytes, as: UTF8.self))
    } else {
      try RNNCommand.output(bytes)
    }
  }

  /// Of a network.
  private func page(
    _ series: Series, _ charts: [LineChart], _ rows: [[String]], note: String, from start: Int
  ) -> ForecastPage {
    ForecastPage(
      title: "Forecast of \(series.columns.joined(separator: ", "))",
      summary:
        "\(counted(steps, "step")) from \(series.time.label(start)) on, of \(series.file), by the network \(model).",
      sections: [.forecast(charts, rows: rows, note: note)])
  }

  private func tableRows(_ forecasts: [Double], _ series: Series, from start: Int) -> [[String]] {
    let width = series.width
    var header = [series.time.name ?? "row"] + series.columns
    if holdOut > 0 { header += series.columns.map { $0 + " (true)" } }
    var rows = [header]
    for ahead in 0..<steps {
      var row = [series.time.label(start + ahead)]
      row += (0..<width).map { short(forecasts[ahead * width + $0]) }
      if holdOut > 0 {
        row += (0..<width).map { column in
          let place = (start + ahead) * width + column
          return start + ahead < series.count && series.isKnown[place] ? short(series.values[place]) : ""
        }
      }
      rows.append(row)
    }
    return rows
  }

  private func charts(_ forecasts: [Double], _ series: Series, from start: Int) -> [LineChart] {
    let width = series.width
    let first = max(0, start - (history ?? SavedForecaster.shownHistory(steps)))
    return series.columns.enumerated().map { column, name in
      var chart = ForecastChart(name, series.time)
      chart.addHistory(first..<start) { series.value($0, column) }
      chart.addTruth("held out", start..<max(start, min(series.count, start + steps))) { series.value($0, column) }
      chart.addForecast((0..<steps).map { forecasts[$0 * width + column] }, from: start)
      return chart.chart
    }
  }
}

/// Of models that learned distributions.
struct PathSamplingOptions: ParsableArguments {
  @Option(
    in: 2...100_000, help: "Sample paths to draw."
  )
  var samples = 200

  @Option(in: 0...UInt64.max, help: "Of the sample paths: the same seed gives the same paths.")
  var seed: UInt64 = 0

  var sampling: PathSampling { PathSampling(samples: samples, seed: seed) }
}
