import Recurrent

/// Ridge regression once more, by normal equations around the means and elimination with pivots.
enum NaiveRidge {
  /// - Returns: [O, N] weights and [O] intercepts.
  static func solve(
    _ features: [[Double]], _ targets: [[Double]], penalty: Double, hasIntercept: Bool = true
  ) -> (weights: [[Double]], intercepts: [Double]) {
    let (n, o) = (features[0].count, targets[0].count)
    let count = Double(features.count)
    func mean(_ rows: [[Double]], _ column: Int) -> Double {
      hasIntercept ? rows.reduce(0.0) { $0 + $1[column] } / count : 0
    }
    let means = (0..<n).map { mean(features, $0) }
    let targetMeans = (0..<o).map { mean(targets, $0) }
    var rows = [[Double]](repeating: [Double](repeating: 0, count: n + o), count: n)
    for i in 0..<n {
      rows[i][i] = penalty
      for (x, y) in zip(features, targets) {
        let own = x[i] - means[i]
        for j in 0..<n { rows[i][j] += own * (x[j] - means[j]) }
        for k in 0..<o { rows[i][n + k] += own * (y[k] - targetMeans[k]) }
      }
    }
    for pivot in 0..<n {
      let best = (pivot..<n).max { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) }!
      rows.swapAt(pivot, best)
      for row in 0..<n where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in pivot..<n + o { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    let weights = (0..<o).map { k in (0..<n).map { rows[$0][n + k] / rows[$0][$0] } }
    let intercepts = (0..<o).map { k in targetMeans[k] - dot(weights[k], means) }
    return (weights, intercepts)
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0.0) { $0 + $1.0 * $1.1 } }

/// Random rows that a line with noise has made.
struct RidgeProblem {
  var features: [[Double]]
  var targets: [[Double]]

  var flatFeatures: [Double] { features.flatMap { $0 } }
  var flatTargets: [Double] { targets.flatMap { $0 } }

  init(rows: Int, features n: Int, targets o: Int, offset: Double = 3, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let weights = (0..<o).map { _ in (0..<n).map { _ in generator.normal() } }
    features = (0..<rows).map { _ in (0..<n).map { _ in offset + generator.normal() } }
    targets = []
    for row in features {
      targets.append(weights.map { dot($0, row) + 1 + 0.1 * generator.normal() })
    }
  }

  func gram() throws -> RidgeGram {
    var gram = try RidgeGram(featureCount: features[0].count, targetCount: targets[0].count)
    gram.add(features: flatFeatures, targets: flatTargets)
    return gram
  }

  func triangle() throws -> RidgeTriangle {
    var triangle = try RidgeTriangle(featureCount: features[0].count, targetCount: targets[0].count)
    try triangle.add(features: flatFeatures, targets: flatTargets)
    return triangle
  }

  func error(_ readout: LinearReadout) -> Double {
    let differences = zip(readout.outputs(for: flatFeatures), flatTargets).map { $0 - $1 }
    return dot(differences, differences)
  }
}

/// The greatest difference, over the greatest magnitude of the second.
func relativeDifference(_ a: [Double], _ b: [Double]) -> Double {
  let scale = b.reduce(0) { max($0, abs($1)) }
  return zip(a, b).reduce(a.count == b.count ? 0 : .infinity) { max($0, abs($1.0 - $1.1)) }
    / max(scale, .leastNormalMagnitude)
}
