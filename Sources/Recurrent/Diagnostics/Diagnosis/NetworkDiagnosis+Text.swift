internal import Foundation

extension NetworkDiagnosis: CustomStringConvertible {
  /// Tables of the numbers, and the findings.
  public var description: String {
    var parts = [table(dynamicsRows, right: [1, 2, 3, 4, 5, 6])]
    if recurrences.contains(where: { !$0.matrices.isEmpty }) { parts.append(table(matrixRows, right: [2, 3, 4, 5])) }
    parts += [gradients, table(gateRows, right: [2, 3, 4, 5, 6]), table(unitRows, right: [1, 2, 3, 4, 5, 6])]
    if let closedLoopText { parts.append(closedLoopText) }
    parts.append("findings\n" + findings.map { ($0.isProblem ? "! " : "  ") + $0.description }.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  /// Exponents and Jacobians; the header first, as in all of these.
  package var dynamicsRows: [[String]] {
    var rows = [["dynamics", "largest exponent", "above 0", "exponents", "Jacobian: largest", "median", "near 1"]]
    for recurrence in recurrences {
      let jacobian = recurrence.stepJacobian
      rows.append([
        recurrence.name, recurrence.exponents.first.map(signed) ?? "", String(recurrence.exponents.count { $0 > 0 }),
        String(recurrence.exponents.count), jacobian.map { three($0.largest) } ?? "-",
        jacobian.map { three($0.median) } ?? "-", jacobian.map { percent($0.nearOne) } ?? "-",
      ])
    }
    return rows
  }

  /// What running freely came to, and the first exponents; those of some thousand steps scatter by thousandths.
  package var closedLoopText: String? {
    guard let loop = closedLoop else { return nil }
    let shown = loop.exponents.prefix(6).map(signed).joined(separator: "  ")
    let largest = loop.exponents.first ?? 0
    let meaning =
      largest > 0.003 ? "chaotic: near-by starts part" : largest < -0.003 ? "comes to rest" : "periodic, or nearly so"
    // Of what is periodic the first exponent is 0 but for its scatter.
    let dimension = largest > 0.003 ? loop.dimension : nil
    let dimensionText = dimension.map { "; it moves in \(String(format: "%.2f", $0)) dimensions" } ?? ""
    return
      "running freely (\(loop.steps) steps after the first tenth): \(meaning)\(dimensionText)\nexponents a step  \(shown)"
  }

  /// Spectra of the recurrent matrices.
  package var matrixRows: [[String]] {
    var rows = [["recurrent matrices", "gate", "spectral radius", "singular values: largest", "median", "least"]]
    for recurrence in recurrences {
      for matrix in recurrence.matrices {
        let values = matrix.singularValues
        rows.append([
          recurrence.name, matrix.gate, matrix.spectralRadius.map(three) ?? "-", values.first.map(three) ?? "",
          values.isEmpty ? "" : three(values[values.count / 2]), values.last.map(three) ?? "",
        ])
      }
    }
    return rows
  }

  private var gradients: String {
    let shown = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    let longest = recurrences.map(\.gradientNorms.count).max() ?? 0
    let steps = shown.filter { $0 < longest }
    var rows = [["gradient, steps back"] + steps.map(String.init) + ["1 % after"]]
    for recurrence in recurrences {
      let norms = recurrence.gradientNorms
      rows.append(
        [recurrence.name] + steps.map { $0 < norms.count ? String(format: "%.1e", norms[$0]) : "" }
          + [recurrence.gradientReach.map(String.init) ?? "-"])
    }
    return table(rows, right: Set(1..<rows[0].count))
  }

  /// How the gates stand.
  package var gateRows: [[String]] {
    var rows = [["gates", "", "mean", "low", "high", "sensitivity", "insensitive"]]
    for recurrence in recurrences {
      for gate in recurrence.gates {
        rows.append([
          recurrence.name, gate.name, gate.mean.map(three) ?? "-", gate.low.map(percent) ?? "-",
          gate.high.map(percent) ?? "-", gate.sensitivity.map(three) ?? "-", gate.insensitive.map(percent) ?? "-",
        ])
      }
    }
    return rows
  }

  /// What the units do.
  package var unitRows: [[String]] {
    var rows = [["units", "count", "dead", "redundant", "effective rank", "99 % of variance", "memory capacity"]]
    for recurrence in recurrences {
      let units = recurrence.units
      rows.append([
        recurrence.name, String(units.count), String(units.dead.count), String(units.redundant.count),
        String(format: "%.1f", units.effectiveRank), String(units.rank99),
        recurrence.memoryCapacity.map { String(format: "%.1f", $0) } ?? "-",
      ])
    }
    return rows
  }

  private func three(_ value: Double) -> String { String(format: "%.3f", value) }

  private func signed(_ value: Double) -> String { value.isFinite ? String(format: "%+.4f", value) : "-∞" }

  private func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }
}
