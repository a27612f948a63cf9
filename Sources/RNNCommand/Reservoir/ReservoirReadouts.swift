import Recurrent
import Storage
import Tables

/// What `evaluate` and `predict` do with a reservoir of targets.
extension ForecastEvaluate {
  func evaluateReadout(_ file: SafetensorsFile) throws {
    try file.refuse(
      ["--horizon", "--season", "--autoregression", "--samples", "--seed"], "gives columns from others",
      "is for forecasts")
    let (model, description) = try Model.forReadouts(file)
    let series = try input.series(description.columns, like: description.timing, of: file.file)
    let testCount = try scoring.testCount(series, difference: 0, needed: 0, why: "an output")
    guard testCount > 0 else { throw Failure(message: "with --test 0 there is nothing to measure", status: .usage) }
    Note.threads(running.threads)
    let outputs = try model.readoutValues(description, series, running.settings(for: model))
    let report = ReadoutReport(outputs, description, series, from: series.count - testCount)
    if json {
      try output(report.json.serialized() + [0x0A])
    } else {
      try output(report.description)
    }
  }
}

extension ForecastPredict {
  /// A row for each row of the table, which needs the inputs alone.
  func predictReadout(_ file: SafetensorsFile) throws {
    try file.refuse(
      [
        "--horizon", "--hold-out", "--plot", "--history", "--level", "--report", "--column", "--json", "--samples",
        "--seed",
        "--paths",
      ], "gives columns of each row from others", "is for forecasts")
    let (model, description) = try Model.forReadouts(file)
    guard let table else {
      throw Failure(message: "\(file.file) gives columns from others: give the table that has them", status: .usage)
    }
    let series = try rows.series(
      at: table, reading, columns: description.inputs, like: (description.timing, file.file))
    Note.threads(running.threads)
    let outputs = try model.readoutValues(description, series, running.settings(for: model))
    let width = description.targets.count
    let header = [series.time.name ?? "row"] + description.targets
    try writeTable(
      [header]
        + (0..<series.count).map { step in
          [series.time.label(step)] + (0..<width).map { short(outputs[step * width + $0]) }
        }, to: output)
  }
}
