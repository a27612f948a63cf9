internal import Foundation
internal import Kernels

/// A linear autoregression on differences, of the order with the least AICc, iterated.
package struct Autoregression: ForecastMember, Hashable, Codable {
  /// Differences to so many steps before, one after the other; empty: none.
  package var lags: [Int]
  /// Of the last difference, the one before, …
  package var weights: [Double]
  package var constant: Double

  package func forecast(_ history: History, horizon: Int) -> [Double] {
    let values = Array(history.values.suffix(weights.count + lags.reduce(0, +) + 1))
    var stages = [values]
    for lag in lags { stages.append(Seasonality.differences(stages[stages.count - 1], lag: lag)) }
    let known = stages.map(\.count)
    for _ in 0..<horizon {
      let last = stages.count - 1
      let past = stages[last]
      var next = constant
      for (lag, weight) in weights.enumerated() where lag < past.count { next += weight * past[past.count - 1 - lag] }
      stages[last].append(min(max(next, -1e100), 1e100))
      for stage in stride(from: last - 1, through: 0, by: -1) {
        let before = stages[stage].count - lags[stage]
        stages[stage].append((stages[stage + 1].last ?? 0) + (before >= 0 ? stages[stage][before] : 0))
      }
    }
    return Array(stages[0].suffix(from: known[0]))
  }

  /// The highest order to try: two seasons, or ten for each power of ten of the steps.
  package static func most(_ count: Int, period: Int) -> Int {
    min(max(2 * period + 1, Int(10 * log10(Double(max(10, count))))), 97, count / 4)
  }

  /// - Parameter most: the highest order tried.
  package static func fit(_ history: History, lags: [Int], most: Int) -> Autoregression {
    var values = Array(history.values)
    for lag in lags { values = Seasonality.differences(values, lag: lag) }
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    let fallback = Autoregression(lags: lags, weights: [], constant: mean)
    let order = min(most, (values.count - 2) / 3)
    guard order >= 1 else { return fallback }
    let rows = values.count - order
    // Columns: lag 1, …, lag order, the target.
    let width = order + 1
    var matrix = [Double]()
    matrix.reserveCapacity(rows * width)
    for end in order..<values.count {
      for lag in 1...order { matrix.append(values[end - lag]) }
      matrix.append(values[end])
    }
    let means = DoubleProducts.center(&matrix, rows: rows, columns: width)
    var gram = [Double](repeating: 0, count: width * width)
    DoubleProducts.addGram(of: matrix, rows: rows, columns: width, to: &gram)
    let trace = (0..<order).reduce(0) { $0 + gram[$1 * width + $1] } / Double(order)
    let total = gram[width * width - 1]
    guard trace > 0, total > 1e-24 * Double(rows) else { return fallback }
    // Against columns that depend on each other, as those of a series without noise do.
    for index in 0..<order { gram[index * width + index] += 1e-11 * trace }
    gram[width * width - 1] += 1e-9 * total
    do {
      var cholesky = try CholeskyFactorization<Double>(order: width)
      try cholesky.factor(ColumnMatrix(gram, rows: width, columns: width))
      // Each lag's part in the target's square stands in the last row of the factor.
      let row = (0..<order).map { cholesky.l(order, $0) }
      var (rest, best) = (total, (order: 0, score: Double.infinity))
      for own in 0...order {
        if own > 0 { rest -= row[own - 1] * row[own - 1] }
        let free = Double(own + 2)
        guard Double(rows) - free - 1 > 0 else { break }
        let score =
          Double(rows) * log(max(rest, 1e-13 * total) / Double(rows)) + 2 * free * Double(rows)
          / (Double(rows) - free - 1)
        if score < best.score - 1e-9 { best = (own, score) }
      }
      var weights = [Double](repeating: 0, count: best.order)
      for index in stride(from: best.order - 1, through: 0, by: -1) {
        var sum = row[index]
        for later in index + 1..<max(index + 1, best.order) { sum -= cholesky.l(later, index) * weights[later] }
        weights[index] = sum / cholesky.l(index, index)
      }
      let constant = zip(weights, means).reduce(means[order]) { $0 - $1.0 * $1.1 }
      return Autoregression(lags: lags, weights: weights, constant: constant)
    } catch { return fallback }
  }
}
