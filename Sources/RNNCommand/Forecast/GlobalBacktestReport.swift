import Recurrent
import RecurrentForecasting
import Storage

/// A backtest of many series as a table for people, and as JSON.
extension GlobalBacktest {
  func description(of panel: ForecastPanel) -> String {
    func text(_ value: Double?, places: Int) -> String { value.map { decimal($0, places: places) } ?? "" }
    var rows = [["", "MASE", "sMAPE", "RMSSE", "in 80 %", "width", "CRPS", "wQL", "better", "seconds"]]
    for method in methods {
      let scores = method.scores
      rows.append([
        method.name, text(scores.mase, places: 3), text(scores.smape, places: 2), text(scores.rmsse, places: 3),
        scores.coverage80.map { decimal(100 * $0, places: 0) + " %" } ?? "", text(scores.width80, places: 2),
        text(scores.scaledCRPS, places: 3), text(scores.weightedQuantileLoss, places: 4),
        method.name == "seasonal-naive" ? "" : String(method.betterCount), text(method.seconds, places: 1),
      ])
    }
    let title =
      "\(panel.target.map { visible($0) + " of " } ?? "")\(grouped(seriesCount)) series, \(horizon) steps ahead from "
      + "\(counted(origins, "origin")), " + (season > 1 ? "season \(season)" : "no season")
      + (shortCount > 0 ? "; \(grouped(shortCount)) too short" : "")
    return title + "\n" + table(rows, right: Set(1...9))
      + "\n\nmeans over the series; better: on how many than seasonal-naive by MASE\n\nchosen at each origin\n"
      + choices.map { "  " + visible($0) }.joined(separator: "\n")
  }

  var json: JSON {
    return .object([
      (key: "season", value: .integer(season)), (key: "horizon", value: .integer(horizon)),
      (key: "origins", value: .integer(origins)), (key: "series", value: .integer(seriesCount)),
      (key: "too_short", value: .integer(shortCount)),
      (
        key: "methods",
        value: .array(
          methods.map {
            .object([
              (key: "name", value: .string($0.name)), (key: "mase", value: JSON(finite: $0.scores.mase)),
              (key: "smape", value: JSON(finite: $0.scores.smape)),
              (key: "rmsse", value: JSON(finite: $0.scores.rmsse)),
              (key: "coverage_80", value: JSON(finite: $0.scores.coverage80)),
              (key: "width_80", value: JSON(finite: $0.scores.width80)),
              (key: "crps", value: JSON(finite: $0.scores.scaledCRPS)),
              (key: "wql", value: JSON(finite: $0.scores.weightedQuantileLoss)),
              (key: "better_than_seasonal_naive", value: .integer($0.betterCount)),
              (key: "seconds", value: JSON(finite: $0.seconds)),
            ])
          })
      ),
    ])
  }
}
