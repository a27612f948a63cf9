import Recurrent
import RecurrentForecasting
import Storage

/// A backtest as a table for people, and as JSON.
extension Backtest {
  func description(of target: ForecastTarget) -> String {
    func text(_ value: Double?, places: Int) -> String { value.map { decimal($0, places: places) } ?? "" }
    var rows = [["", "MASE", "sMAPE", "RMSSE", "in 80 %", "width", "CRPS", "wQL", "seconds"]]
    for method in methods {
      let scores = method.scores
      rows.append([
        method.name, text(scores.mase, places: 3), text(scores.smape, places: 2), text(scores.rmsse, places: 3),
        scores.coverage80.map { decimal(100 * $0, places: 0) + " %" } ?? "", text(scores.width80, places: 2),
        text(scores.scaledCRPS, places: 3), text(scores.weightedQuantileLoss, places: 4),
        text(method.seconds, places: 1),
      ])
    }
    let title =
      "\(visible(target.name)), \(horizon) steps ahead from \(counted(runs.count, "origin")), "
      + (season > 1 ? "season \(season)" : "no season")
    let choices = runs.map { "  \(visible(target.time.label($0.origin))): \($0.choices)" }
    return title + "\n" + table(rows, right: [1, 2, 3, 4, 5, 6, 7, 8]) + "\n\nchosen at each origin\n"
      + choices.joined(separator: "\n")
  }

  /// The forecasts of all origins with their intervals of 80 %, what came, and what was before.
  func panel(_ target: ForecastTarget) -> PlotPanel {
    let first = runs.first?.origin ?? target.values.count
    func points(_ steps: Range<Int>) -> [(x: Double, y: Double)] {
      steps.compactMap { target.values[$0].isNaN ? nil : (target.time.position($0), target.values[$0]) }
    }
    let past = points(max(0, first - max(50, 2 * horizon))..<first)
    var lines = [
      PlotPanel.Line(name: "history", kind: .history, points: past),
      PlotPanel.Line(name: "what came", kind: .truth, points: past.suffix(1) + points(first..<target.values.count)),
    ]
    for (number, run) in runs.enumerated() {
      func line(_ values: [Double], _ name: String, _ kind: PlotPanel.Kind) -> PlotPanel.Line {
        PlotPanel.Line(
          name: number == 0 ? name : "", kind: kind,
          points: values.enumerated().map { (target.time.position(run.origin + $0), $1) })
      }
      let interval = run.forecast.interval(level: 80)
      lines.append(line(run.forecast.values, "forecast", .forecast))
      lines.append(line(interval.lower, "80 %", .bound))
      lines.append(line(interval.upper, "", .bound))
    }
    return PlotPanel(title: target.name, lines: lines)
  }

  var json: JSON {
    func number(_ value: Double?) -> JSON { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
    return .object([
      (key: "season", value: .integer(season)), (key: "horizon", value: .integer(horizon)),
      (key: "origins", value: .integer(runs.count)),
      (
        key: "methods",
        value: .array(
          methods.map {
            .object([
              (key: "name", value: .string($0.name)), (key: "mase", value: number($0.scores.mase)),
              (key: "smape", value: number($0.scores.smape)), (key: "rmsse", value: number($0.scores.rmsse)),
              (key: "coverage_80", value: number($0.scores.coverage80)),
              (key: "width_80", value: number($0.scores.width80)), (key: "crps", value: number($0.scores.scaledCRPS)),
              (key: "wql", value: number($0.scores.weightedQuantileLoss)), (key: "seconds", value: number($0.seconds)),
            ])
          })
      ),
    ])
  }
}
