import Recurrent
import Reports
import Tables

extension Section {
  /// Forecasts from one origin on, with the interval in which four of five errors of the validation part lay.
  /// - Parameters:
  ///   - origins: of the validation part, by whose errors the interval is known.
  ///   - start: the first step that is forecast.
  init(_ forecaster: inout NetworkForecaster, _ series: Series, origins: [Int], start: Int, horizon: Int) {
    let width = series.width
    // What is forecast beyond the origins' own part is not looked at.
    let usable = origins.filter { $0 + horizon <= start }
    let past = usable.isEmpty ? [] : forecaster.forecasts(series.values, origins: usable, horizon: horizon)
    let ahead = forecaster.forecasts(series.values, origins: [start], horizon: horizon)
    let shown = max(0, start - max(3 * horizon, 30))
    let blocks = series.columns.indices.prefix(Self.mostColumns).map { column -> Block in
      let values = (0..<horizon).map { ahead[$0 * width + column] }
      // Of the errors of each lead.
      let errors = (0..<horizon).map { lead in
        usable.indices.map {
          series.value(usable[$0] + lead, column) - past[($0 * horizon + lead) * width + column]
        }.sorted()
      }
      let interval: ForecastChart.Interval = (
        80, zip(values, errors).map { $0 + ($1.isEmpty ? 0 : $1[$1.count / 10]) },
        zip(values, errors).map { $0 + ($1.isEmpty ? 0 : $1[$1.count - 1 - $1.count / 10]) }
      )
      var chart = ForecastChart(series.columns[column], series.time)
      func value(_ step: Int) -> Double {
        series.isKnown[step * width + column] ? series.value(step, column) : .nan
      }
      chart.addHistory(shown..<start, value)
      chart.addTruth("held out", start..<min(series.count, start + horizon), value)
      chart.addForecast(values, usable.count >= Self.fewestErrors ? [interval] : [], from: start)
      return .chart(chart.chart)
    }
    let more = series.columns.count - blocks.count
    self.init(
      "Forecast",
      [
        .paragraph(
          "\(counted(horizon, "step")) from \(series.time.label(start)) on. An 80 % interval is that of the errors in the "
            + "validation part, lead by lead." + (more > 0 ? " \(counted(more, "column")) more are not shown." : ""))
      ] + blocks)
  }

  /// Sample paths from one origin on, with their intervals.
  init(sampling forecaster: inout NetworkForecaster, _ series: Series, start: Int, horizon: Int) {
    let sampled = forecaster.sampled(series.values, origins: [start], horizon: horizon, PathSampling())[0]
    let charts = series.columns.indices.prefix(Self.mostColumns).map { column in
      sampled.chart(series, column, from: start, history: max(3 * horizon, 30), levels: [80, 95])
    }
    let more = series.columns.count - charts.count
    self.init(
      "Forecast",
      [
        .paragraph(
          "\(counted(horizon, "step")) from \(series.time.label(start)) on: medians and intervals of "
            + "\(counted(sampled.paths.count, "sample path"))."
            + (more > 0 ? " \(counted(more, "column")) more are not shown." : ""))
      ] + charts.map { .chart($0) })
  }

  private static let (mostColumns, fewestErrors) = (8, 10)
}

extension ForecastTrain {
  func page(
    _ trainer: borrowing Trainer<Float>, _ series: Series, training: Int, validation: Int, test: Int
  ) -> TrainingPage? {
    guard let path = options.shared.writtenReport else { return nil }
    let data = [
      ["table", input.table], ["columns", series.columns.joined(separator: ", ")],
      ["to train on", counted(training, "step")], ["to validate on", counted(validation, "step")],
      ["to test on", counted(test, "step")], ["window", counted(window, "step")],
      ["difference", difference == 0 ? "none" : "to \(counted(difference, "step")) before"],
    ]
    return TrainingPage(
      path: path, title: "Forecasts of \(input.table)", unit: "windows",
      facts: TrainingFacts.rows(trainer, data: data), resumingAt: trainer.stepCount)
  }
}
