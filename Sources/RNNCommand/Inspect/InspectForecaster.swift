import Foundation
import Recurrent
import RecurrentForecasting
import Storage

/// What `rnn inspect` tells about a combined forecaster, which is no network.
struct ForecasterDescription {
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
