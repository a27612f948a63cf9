import Recurrent
import Storage
import Tables

/// How good the distributions were that a network forecast of a column.
struct DistributionScore {
  let column: String
  /// Shares of the values inside the intervals, and the intervals' mean widths.
  let coverage80, width80, coverage95, width95: Double
  /// In the column's unit.
  let crps: Double
  /// nil where all values were 0.
  let weightedQuantileLoss: Double?

  struct Sums {
    let column: String
    private var count = 0.0
    private var inside80 = 0.0, width80 = 0.0, inside95 = 0.0, width95 = 0.0
    private var crps = 0.0, quantileLoss = 0.0, magnitudes = 0.0

    init(column: String) { self.column = column }

    mutating func add(_ sampled: SampledForecast, _ series: Series, _ column: Int, from origin: Int) {
      for ahead in 0..<sampled.horizon where series.isKnown[(origin + ahead) * series.width + column] {
        let truth = series.value(origin + ahead, column)
        let of80 = sampled.interval(level: 80, ahead, column)
        let of95 = sampled.interval(level: 95, ahead, column)
        inside80 += truth >= of80.lower && truth <= of80.upper ? 1 : 0
        inside95 += truth >= of95.lower && truth <= of95.upper ? 1 : 0
        width80 += of80.upper - of80.lower
        width95 += of95.upper - of95.lower
        crps += OutputDistribution.crps(of: truth, samples: sampled.samples(ahead, column))
        for tenth in 1...9 {
          let share = Double(tenth) / 10
          let error = truth - sampled.quantile(share, ahead, column)
          quantileLoss += 2 / 9 * (error > 0 ? share * error : (share - 1) * error)
        }
        magnitudes += abs(truth)
        count += 1
      }
    }

    var score: DistributionScore {
      DistributionScore(
        column: column, coverage80: inside80 / count, width80: width80 / count, coverage95: inside95 / count,
        width95: width95 / count, crps: crps / count,
        weightedQuantileLoss: magnitudes > 0 ? quantileLoss / magnitudes : nil)
    }
  }

  static func text(_ scores: [DistributionScore]) -> String {
    func percent(_ value: Double) -> String { decimal(100 * value, places: 0) + " %" }
    return table(
      [["", "CRPS", "wQL", "in 80 %", "width", "in 95 %", "width"]]
        + scores.map { score in
          [
            visible(score.column), significant(score.crps),
            score.weightedQuantileLoss.map { decimal($0, places: 4) } ?? "", percent(score.coverage80),
            significant(score.width80), percent(score.coverage95), significant(score.width95),
          ]
        }, right: [1, 2, 3, 4, 5, 6])
  }

  var json: JSON {
    .object([
      (key: "column", value: .string(column)), (key: "crps", value: JSON(finite: crps)),
      (key: "wql", value: JSON(finite: weightedQuantileLoss)), (key: "coverage_80", value: JSON(finite: coverage80)),
      (key: "width_80", value: JSON(finite: width80)), (key: "coverage_95", value: JSON(finite: coverage95)),
      (key: "width_95", value: JSON(finite: width95)),
    ])
  }
}
