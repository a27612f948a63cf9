import Recurrent
import RecurrentForecasting
import Storage

extension ForecastPredict {
  /// Of a forecaster of many series.
  func predictGlobal(_ file: SafetensorsFile) throws {
    guard let table else {
      throw Failure(message: "\(model) is a forecaster of many series: give their table", status: .usage)
    }
    let saved = try SavedGlobalForecaster(file)
    let steps = try steps(upTo: saved.forecaster.horizon)
    let panel = try saved.panel(at: table, rows, reading, column: column)
    noteHeldOut()
    let (forecaster, starts) = try saved.placed(on: panel, holdOut: holdOut)
    let forecasts: [RecurrentForecasting.Forecast]
    do throws(ForecastingError) { forecasts = try forecaster.forecasts(threads: running.threads ?? 0) } catch {
      throw Failure(message: "\(panel.file): \(error)")
    }
    for forecast in forecasts { try requireFinite(forecast.values) }
    let prediction = GlobalPrediction(
      panel: panel, forecasts: forecasts, starts: starts, horizon: steps, levels: levels.level ?? [80, 95],
      truths: holdOut > 0)
    try write(json ? prediction.json() : nil, rows: prediction.rows())
    if let paths { try writeTable(prediction.pathRows(sampling.sampling), to: paths) }
    if let report { try prediction.page(forecaster, history: history).write(to: report) }
    guard let plot else { return }
    GlobalPrediction.noteUndrawn(panel.series.count - GlobalPrediction.mostPanels)
    try drawPlot(prediction.charts(history: history), to: plot)
  }
}
