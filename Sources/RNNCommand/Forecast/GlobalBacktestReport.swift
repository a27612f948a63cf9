import Recurrent
import RecurrentForecasting
import Reports
import Storage

/// A backtest of many series as tables for people, as charts and a page, and as JSON.
extension GlobalBacktest {
  func description(of panel: ForecastPanel, byHorizon: Bool) -> String {
    let parts =
      [title(visible(panel.target ?? "")) + "\n" + table(scoreRows, right: Set(1..<scoreRows[0].count)) + "\n\n" + note]
      + (byHorizon ? [horizonErrors.description] : [])
      + ["chosen at each origin\n" + choices.map { "  " + visible($0) }.joined(separator: "\n")]
    return parts.joined(separator: "\n\n")
  }

  private var note: String { "means over the series; better: on how many than seasonal-naive by MASE" }

  /// - Parameter name: of what is forecast; "" where each series is a column.
  private func title(_ name: String) -> String {
    (name.isEmpty ? "" : name + " of ") + "\(grouped(seriesCount)) series, \(horizon) steps ahead from "
      + "\(counted(origins, "origin")), " + (season > 1 ? "season \(season)" : "no season")
      + (shortCount > 0 ? "; \(grouped(shortCount)) too short" : "")
  }

  /// A header, and a row a method.
  private var scoreRows: [[String]] {
    func text(_ value: Double?, places: Int) -> String { value.map { decimal($0, places: places) } ?? "" }
    func percent(_ value: Double?) -> String { value.map { decimal(100 * $0, places: 0) + " %" } ?? "" }
    return [
      ["", "MASE", "sMAPE", "RMSSE", "CRPS", "wQL", "in 80 %", "width", "in 95 %", "width", "better", "seconds"]
    ]
      + methods.map { method in
        let scores = method.scores
        return [
          method.name, text(scores.mase, places: 3), text(scores.smape, places: 2), text(scores.rmsse, places: 3),
          text(scores.scaledCRPS, places: 3), text(scores.weightedQuantileLoss, places: 4),
          percent(scores.coverage80), text(scores.width80, places: 2), percent(scores.coverage95),
          text(scores.width95, places: 2), method.name == "seasonal-naive" ? "" : String(method.betterCount),
          text(method.seconds, places: 1),
        ]
      }
  }

  private var horizonErrors: HorizonErrors {
    HorizonErrors(methods.map { ($0.name, $0.byHorizon) }, isScaled: methods.first?.scores.mase != nil)
  }

  /// Of the series whose forecasts were kept.
  func charts(of panel: ForecastPanel) -> [LineChart] {
    examples.compactMap { example in
      panel.series.firstIndex { $0.name == example.name }.map { number in
        Backtest.chart(example.runs, panel.target(number), horizon: horizon, season: season)
      }
    }
  }

  func page(_ panel: ForecastPanel) -> ForecastPage {
    let more = seriesCount - examples.count
    let text =
      "From each origin one model was fitted anew to what lies before it in all series. Shaded: intervals of 80 and 95 %."
      + (more > 0 ? " \(grouped(more)) series more are not drawn." : "")
    return ForecastPage(
      title: "Backtest of \(grouped(seriesCount)) series", summary: title(panel.target ?? "") + ".",
      sections: [Section("Forecasts", [.paragraph(text)] + charts(of: panel).map { .chart($0) })]
        + Section.scores(scoreRows, verdict: note, horizonErrors)
        + [
          Section(
            "Chosen at each origin",
            [.table(Table(rows: choices.enumerated().map { ["origin \($0 + 1)", $1] }, kind: .facts))]),
          .facts([
            ["table", panel.file], ["column", panel.target ?? "each a series"],
            ["series", grouped(panel.series.count)], ["of", panel.lengths],
          ]),
        ], data: json(byHorizon: true))
  }

  func json(byHorizon: Bool) -> JSON {
    func object(_ method: Method) -> JSON {
      let scores = method.scores
      return .object(
        [
          (key: "name", value: .string(method.name)), (key: "mase", value: JSON(finite: scores.mase)),
        ] + scores.members + [
          (key: "better_than_seasonal_naive", value: .integer(method.betterCount)),
          (key: "seconds", value: JSON(finite: method.seconds)),
        ]
          + (byHorizon
            ? [(key: "mase_by_horizon", value: .array(method.byHorizon.map { JSON(finite: $0.mase) }))] : []))
    }
    return .object([
      (key: "season", value: .integer(season)), (key: "horizon", value: .integer(horizon)),
      (key: "origins", value: .integer(origins)), (key: "series", value: .integer(seriesCount)),
      (key: "too_short", value: .integer(shortCount)), (key: "methods", value: .array(methods.map(object))),
    ])
  }
}
