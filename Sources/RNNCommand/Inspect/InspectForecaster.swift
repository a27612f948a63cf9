import Foundation
import Recurrent
import RecurrentForecasting
import Storage

/// What `rnn inspect` tells about a forecaster of the combined method, which is no network.
protocol InspectedForecaster {
  var text: String { get }
  var json: JSON { get }
}

/// Of one series.
struct ForecasterDescription: InspectedForecaster {
  let saved: SavedForecaster

  private var forecaster: Forecaster { saved.forecaster }
  private var missing: Int { forecaster.values.count { $0.isNaN } }

  var text: String {
    var facts = [["a combined forecaster", "for rnn forecast predict and rnn forecast update"]]
    if let column = saved.column { facts.append(["column", printable(column, limit: 1000)]) }
    facts.append(["steps ahead", "up to \(grouped(forecaster.horizon))"])
    facts.append([
      "rows", grouped(forecaster.values.count) + (missing > 0 ? ", \(grouped(missing)) of them missing" : ""),
    ])
    if let timing = saved.timing.summary { facts.append(["each row", printable(timing, limit: 1000)]) }
    if let last = saved.lastLabel { facts.append(["last row", printable(last, limit: 100)]) }
    facts += forecaster.description.components(separatedBy: "; ").map { ["chosen", $0] }
    return table(facts)
  }

  var json: JSON {
    .object([
      (key: "format", value: .string(Forecaster.format)),
      (key: "column", value: saved.column.map { .string($0) } ?? .null),
      (key: "horizon", value: .integer(forecaster.horizon)), (key: "rows", value: .integer(forecaster.values.count)),
      (key: "missing", value: .integer(missing)),
      (key: "last", value: saved.lastLabel.map { .string($0) } ?? .null),
      (key: "chosen", value: .string(forecaster.description)),
    ])
  }
}

/// Of many series.
struct GlobalForecasterDescription: InspectedForecaster {
  let saved: SavedGlobalForecaster

  private var forecaster: GlobalForecaster { saved.forecaster }
  private var steps: Int { forecaster.series.reduce(0) { $0 + $1.values.count } }

  var text: String {
    var facts = [["a forecaster of many series", "for rnn forecast predict and rnn forecast update"]]
    facts.append(["series", grouped(forecaster.series.count)])
    facts.append(["steps ahead", "up to \(grouped(forecaster.horizon))"])
    facts.append(["rows", "\(grouped(steps)) in all"])
    if let timing = saved.timing.summary { facts.append(["each row", printable(timing, limit: 1000)]) }
    for (what, names) in [
      ("known ahead", forecaster.covariateNames), ("known afterwards", forecaster.pastCovariateNames),
    ] where !names.isEmpty {
      facts.append([what, names.map { printable($0, limit: 100) }.joined(separator: ", ")])
    }
    facts += forecaster.description.components(separatedBy: "; ").map { ["chosen", $0] }
    return table(facts)
  }

  var json: JSON {
    func list(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }
    return .object([
      (key: "format", value: .string(GlobalForecaster.format)),
      (key: "series", value: list(forecaster.series.map(\.name))),
      (key: "horizon", value: .integer(forecaster.horizon)), (key: "rows", value: .integer(steps)),
      (key: "covariates", value: list(forecaster.covariateNames)),
      (key: "past_covariates", value: list(forecaster.pastCovariateNames)),
      (key: "chosen", value: .string(forecaster.description)),
    ])
  }
}
