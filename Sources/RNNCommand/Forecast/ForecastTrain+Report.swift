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
      let known = (shown..<min(series.count, start + horizon)).map {
        LineChart.Point(Double($0 + 1), series.isKnown[$0 * width + column] ? series.value($0, column) : .nan)
      }
      let points = (0..<horizon).map { LineChart.Point(Double(start + $0 + 1), ahead[$0 * width + column]) }
      let band = (0..<horizon).compactMap { lead -> (x: Double, low: Double, high: Double)? in
        let errors = usable.indices.map {
          series.value(usable[$0] + lead, column) - past[($0 * horizon + lead) * width + column]
        }.sorted()
        guard errors.count >= Self.fewestErrors else { return nil }
        let value = points[lead].y
        return (points[lead].x, value + errors[errors.count / 10], value + errors[errors.count - 1 - errors.count / 10])
      }
      return .chart(
        LineChart(
          series.columns[column], xTitle: "row of the table",
          lines: [
            .init("series", known),
            .init(band.isEmpty ? "forecast" : "forecast, with 80 % interval", points, band: band),
          ], isLogarithmic: false))
    }
    let more = series.columns.count - blocks.count
    self.init(
      "Forecast",
      [
        .paragraph(
          "\(counted(horizon, "step")) from \(series.time.label(start)) on. Intervals are those of the errors in the validation "
            + "part, lead by lead." + (more > 0 ? " \(counted(more, "column")) more are not shown." : ""))
      ] + blocks)
  }

  private static let (mostColumns, fewestErrors) = (8, 10)
}

extension ForecastTrain {
  func page(
    _ trainer: borrowing Trainer<Float>, _ series: Series, training: Int, validation: Int, test: Int
  ) -> TrainingPage? {
    guard let path = options.shared.report else { return nil }
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
