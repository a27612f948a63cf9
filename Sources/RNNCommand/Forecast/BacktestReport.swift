import Recurrent
import RecurrentForecasting
import Reports
import Storage

/// A backtest as tables for people, as a chart, and as JSON.
extension Backtest {
  func description(of target: ForecastTarget, byHorizon: Bool) -> String {
    // Of a forecaster that was fitted once they are all the same.
    let isSame = runs.count > 1 && runs.allSatisfy { $0.choices == runs[0].choices }
    let choices =
      isSame
      ? ["  " + runs[0].choices] : runs.map { "  \(visible(target.time.label($0.origin))): \($0.choices)" }
    let scores = table(scoreRows, right: Set(1..<(scoreRows.first?.count ?? 1)))
    let parts =
      [title(visible(target.name)) + "\n" + scores + (verdict.map { "\n" + $0 } ?? "")]
      + (byHorizon ? [horizonErrors.description] : [])
      + [(isSame ? "chosen\n" : "chosen at each origin\n") + choices.joined(separator: "\n")]
    return parts.joined(separator: "\n\n")
  }

  func title(_ name: String) -> String {
    "\(name), \(horizon) steps ahead from \(counted(runs.count, "origin")), "
      + (season > 1 ? "season \(season)" : "no season")
  }

  /// A header, and a row a method.
  var scoreRows: [[String]] {
    func text(_ value: Double?, places: Int) -> String { value.map { decimal($0, places: places) } ?? "" }
    func percent(_ value: Double?) -> String { value.map { decimal(100 * $0, places: 0) + " %" } ?? "" }
    return [["", "MASE", "sMAPE", "RMSSE", "CRPS", "wQL", "in 80 %", "width", "in 95 %", "width", "seconds"]]
      + methods.map { method in
        let scores = method.scores
        return [
          method.name, text(scores.mase, places: 3), text(scores.smape, places: 2), text(scores.rmsse, places: 3),
          text(scores.scaledCRPS, places: 3), text(scores.weightedQuantileLoss, places: 4),
          percent(scores.coverage80), text(scores.width80, places: 2), percent(scores.coverage95),
          text(scores.width95, places: 2), text(method.seconds, places: 1),
        ]
      }
  }

  var horizonErrors: HorizonErrors {
    HorizonErrors(methods.map { ($0.name, $0.byHorizon) }, isScaled: methods.first?.scores.mase != nil)
  }

  /// "better than seasonal-naive by 33 % (3 of 3 origins)".
  var verdict: String? {
    comparison(with: SimpleMethod.seasonalNaive.rawValue).map { comparison in
      let percent = decimal(100 * abs(comparison.gain), places: 0)
      let place = "(\(comparison.wins) of \(counted(runs.count, "origin")))"
      let other = season > 1 ? "seasonal naive" : "the last value"
      return comparison.gain >= 0
        ? "recurrent is better than \(other) by \(percent) % \(place)"
        : "recurrent is worse than \(other) by \(percent) %, better at \(comparison.wins) of \(counted(runs.count, "origin"))"
    }
  }

  /// The forecasts of all origins with their intervals, what came, and what was before.
  func chart(_ target: ForecastTarget) -> LineChart { Self.chart(runs, target, horizon: horizon, season: season) }

  static func chart(_ runs: [Run], _ target: ForecastTarget, horizon: Int, season: Int) -> LineChart {
    let first = runs.first?.origin ?? target.values.count
    var chart = ForecastChart(target.name, target.time)
    chart.addHistory(max(0, first - max(50, 2 * horizon, 2 * season))..<first) { target.values[$0] }
    chart.addTruth("what came", first..<target.values.count) { target.values[$0] }
    for run in runs {
      chart.addForecast(
        run.forecast.values, run.forecast.chartIntervals([80, 95], steps: horizon), from: run.origin)
    }
    return chart.chart
  }

  func json(byHorizon: Bool) -> JSON {
    func object(_ method: Method) -> JSON {
      let scores = method.scores
      return .object(
        [
          (key: "name", value: .string(method.name)), (key: "mase", value: JSON(finite: scores.mase)),
          (key: "mae", value: JSON(finite: scores.meanAbsoluteError)),
        ] + scores.members + [(key: "seconds", value: JSON(finite: method.seconds))]
          + (byHorizon
            ? [
              (key: "mase_by_horizon", value: .array(method.byHorizon.map { JSON(finite: $0.mase) })),
              (key: "mae_by_horizon", value: .array(method.byHorizon.map { JSON(finite: $0.meanAbsoluteError) })),
            ] : []))
    }
    let gain = comparison(with: SimpleMethod.seasonalNaive.rawValue)
    return .object([
      (key: "season", value: .integer(season)), (key: "horizon", value: .integer(horizon)),
      (key: "origins", value: .integer(runs.count)),
      (key: "gain_over_seasonal_naive", value: JSON(finite: gain?.gain)),
      (key: "origins_better_than_seasonal_naive", value: gain.map { .integer($0.wins) } ?? .null),
      (key: "methods", value: .array(methods.map(object))),
    ])
  }
}

extension ForecastScores {
  /// What backtests of one series and of many write of a method alike.
  var members: [(key: String, value: JSON)] {
    [
      (key: "smape", value: JSON(finite: smape)), (key: "rmsse", value: JSON(finite: rmsse)),
      (key: "crps", value: JSON(finite: scaledCRPS)), (key: "wql", value: JSON(finite: weightedQuantileLoss)),
      (key: "coverage_80", value: JSON(finite: coverage80)), (key: "width_80", value: JSON(finite: width80)),
      (key: "coverage_95", value: JSON(finite: coverage95)), (key: "width_95", value: JSON(finite: width95)),
    ]
  }
}
