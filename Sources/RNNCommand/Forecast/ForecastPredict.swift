import ArgumentParser
import Recurrent
import Storage
import Tables

struct ForecastPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Forecast the steps after the end of a table.",
    discussion: """
      The forecasts are a CSV table on standard output, or in a file. With --hold-out N the last N rows of the table are \
      taken for unknown: forecasts begin before them, and the true values stand beside.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @OptionGroup var input: SeriesOptions

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

  @Option(
    help: ArgumentHelp(
      "The column to forecast, of a combined forecaster. (default: the one that it was trained on)", valueName: "name"))
  var column: String?

  @Flag(help: "Write a JSON array with an object a step instead. Of a combined forecaster.")
  var json = false

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func validate() throws {
    if plot == "" { throw ValidationError("The value '' is invalid for '--plot <file>': expected a path") }
  }

  func run() throws {
    let drawing = plot == "-" ? nil : plot
    let outputs = try FileUse(
      reading: [(model, "<model>"), (input.table, "<table>")],
      writing: [
        (output ?? DescriptorPath.standardOutput, "--output", json ? .records : .table), (drawing, "--plot", .drawing),
      ]
    ).hold()
    defer { outputs.release() }
    let file = try SafetensorsFile(path: model)
    if ModelUse(file) == .forecaster { return try predictCombined(file) }
    if let option = ["--level", "--json", "--column"].first(where: GivenOptions.names.contains) {
      throw Failure(message: "\(model) is a network; '\(option)' is for combined forecasters")
    }
    let (model, description) = try Model.forForecasts(file)
    let series = try input.series(description.columns)
    let known = series.count - holdOut
    guard known > description.difference else {
      throw TableError(
        series.file,
        .tooShort(needed: description.difference + holdOut + 1, found: series.count, why: "a forecast"))
    }
    var forecaster = try NetworkForecaster(
      model, description, origins: 1, products: multiplying.choice, threads: threads ?? 0)
    Note.productsHint(of: forecaster.plan)
    Note.threads(threads)
    let forecasts = forecaster.forecasts(series.prefix(known).values, origins: [known], horizon: steps)
    guard forecasts.allSatisfy(\.isFinite) else {
      throw Failure(message: "the forecasts are not finite numbers", status: .notFinite)
    }
    let rows = rows(forecasts, series, from: known)
    Note.uncontinued(series.time, last: known + steps - 1)
    try writeTable(rows, to: output)
    guard let plot else { return }
    let panels = panels(forecasts, series, from: known)
    if plot == "-" {
      for panel in panels { Note.drawing(TextPlot(panel).description) }
    } else {
      try replaceFile(plot, with: SVGPlot(panels, xTitle: series.time.title).description)
    }
  }

  private func predictCombined(_ file: SafetensorsFile) throws {
    var saved = try SavedForecaster(file)
    let target = try input.target(column: column ?? saved.column)
    let most = saved.forecaster.horizon
    let steps = horizon ?? most
    guard steps <= most else {
      throw Failure(
        message: "\(model) forecasts up to \(most) steps ahead, not \(steps): rnn forecast train --horizon \(steps)")
    }
    let start = target.values.count - holdOut
    guard start > 0 else { throw Failure(message: "\(target.file): --hold-out \(holdOut) leaves no row") }
    if holdOut > 0 {
      Note.note("the forecaster was fitted to the held-out rows, too; rnn forecast backtest measures fairly")
    }
    try saved.take(target, before: start)
    let forecast = saved.forecaster.forecast()
    guard forecast.values.allSatisfy(\.isFinite) else {
      throw Failure(message: "the forecasts are not finite numbers", status: .notFinite)
    }
    let prediction = CombinedPrediction(
      forecast: forecast, target: target, start: start, horizon: steps,
      levels: levels.level ?? [80, 95])
    Note.uncontinued(target.time, last: start + steps - 1)
    if json {
      let bytes = try prediction.json(truths: holdOut > 0).serialized() + [0x0A]
      if let output {
        try replaceFile(output, with: String(decoding: bytes, as: UTF8.self))
      } else {
        try RNNCommand.output(bytes)
      }
    } else {
      try writeTable(prediction.rows(truths: holdOut > 0), to: output)
    }
    guard let plot else { return }
    let panel = prediction.panel(history: history)
    if plot == "-" {
      Note.drawing(TextPlot(panel).description)
    } else {
      try replaceFile(plot, with: SVGPlot([panel], xTitle: target.time.title).description)
    }
  }

  private func rows(_ forecasts: [Double], _ series: Series, from start: Int) -> [[String]] {
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

  private func panels(_ forecasts: [Double], _ series: Series, from start: Int) -> [PlotPanel] {
    let width = series.width
    let first = max(0, start - (history ?? max(50, 4 * steps)))
    return series.columns.enumerated().map { column, name in
      func point(_ step: Int) -> (x: Double, y: Double) { (series.time.position(step), series.value(step, column)) }
      let past = (first..<start).map(point)
      let ahead = (0..<steps).map { (x: series.time.position(start + $0), y: forecasts[$0 * width + column]) }
      let truth = (start..<max(start, min(series.count, start + steps))).map(point)
      // Each line begins at the last known value.
      let joint = past.suffix(1)
      var lines = [PlotPanel.Line(name: "history", kind: .history, points: past)]
      if !truth.isEmpty { lines.append(PlotPanel.Line(name: "held out", kind: .truth, points: joint + truth)) }
      lines.append(PlotPanel.Line(name: "forecast", kind: .forecast, points: joint + ahead))
      return PlotPanel(title: name, lines: lines)
    }
  }
}
