internal import Foundation

/// Intervals of many series: what combined forecasts missed by at earlier origins, over how far each series' errors usually reach. The
/// sizes of all series count together, as one alone has few.
struct GlobalIntervals: Sendable, Hashable {
  /// [horizon]: how errors grow.
  var growth: [Double]
  /// Of each series, in units.
  var reaches: [Double]
  /// Absolute errors over their scale, ascending.
  var sizes: [Double]
  /// Of each series [origins][horizon] of errors over their scale.
  var paths: [[[Double]]]
  /// Whether the network's quantiles say how far errors reach at each step, and not the growth alone.
  var usesSpread: Bool
}

extension GlobalIntervals {
  /// - Parameter misses: of each series, [origins][horizon]; NaN where nothing is known.
  init(_ misses: [[[Double]]], spreads: [[[Double]]], horizon: Int) {
    let flat = Self(misses, horizon: horizon) { _, _, _ in 1 }
    let all = misses.indices.filter { !misses[$0].isEmpty }
    guard !all.isEmpty, all.allSatisfy({ spreads[$0].count == misses[$0].count }) else {
      self = flat
      return
    }
    var bent = Self(misses, horizon: horizon) { number, origin, ahead in
      spreads[number].isEmpty ? 1 : max(spreads[number][origin][ahead], 1e-6)
    }
    bent.usesSpread = true
    let flatLoss = flat.loss(misses) { _, _, _ in 1 }
    let bentLoss = bent.loss(misses) { max(spreads[$0][$1][$2], 1e-6) }
    self = bentLoss < flatLoss ? bent : flat
  }

  private init(_ misses: [[[Double]]], horizon: Int, spread: (Int, Int, Int) -> Double) {
    usesSpread = false
    // [series][origins][horizon]
    let scaled = misses.enumerated().map { number, rows in
      rows.enumerated().map { origin, row in
        row.enumerated().map { ahead, miss in miss / spread(number, origin, ahead) }
      }
    }
    func square(_ rows: [[Double]]) -> (sum: Double, count: Double) {
      var (sum, count) = (0.0, 0.0)
      for value in rows.joined() where value.isFinite {
        sum += value * value
        count += 1
      }
      return (sum, count)
    }
    let squares = scaled.map(square)
    let (sum, count) = squares.reduce((0, 0)) { ($0.0 + $1.sum, $0.1 + $1.count) }
    let usual = count > 0 ? sum / count : 1
    let weight = 2 * Double(horizon)
    let reaches = squares.map { max(($0.sum + weight * usual) / ($0.count + weight), 1e-24).squareRoot() }
    self.reaches = reaches
    var sums = [Double](repeating: 0, count: horizon)
    var counts = sums
    for (number, rows) in scaled.enumerated() {
      for row in rows {
        for (ahead, value) in row.enumerated() where value.isFinite {
          sums[ahead] += value * value / (reaches[number] * reaches[number])
          counts[ahead] += 1
        }
      }
    }
    // Where nothing was rehearsed, as a random walk.
    growth =
      count > 0
      ? IntervalErrors.rising(zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }, weights: counts).map {
        max($0, 1e-12).squareRoot()
      } : (1...horizon).map { Double($0).squareRoot() }
    let growth = growth
    paths = scaled.enumerated().map { number, rows in
      rows.map { row in
        row.enumerated().map { ahead, value in value.isFinite ? value / (reaches[number] * growth[ahead]) : 0 }
      }
    }
    var all = scaled.enumerated().flatMap { number, rows in
      rows.flatMap { row in
        row.enumerated().compactMap { ahead, value in
          value.isFinite ? abs(value) / (reaches[number] * growth[ahead]) : nil
        }
      }
    }.sorted()
    let most = IntervalErrors.largestCount
    if all.count > most { all = (0..<most).map { all[$0 * (all.count - 1) / (most - 1)] } }
    sizes = all.isEmpty ? (0..<40).map { Double($0) / 20 } : all
  }

  /// The mean loss of intervals of 80 percent: their width, and ten times what lies outside (Gneiting & Raftery 2007).
  private func loss(_ misses: [[[Double]]], spread: (Int, Int, Int) -> Double) -> Double {
    let size = sizes[sizes.count * 4 / 5]
    var sum = 0.0
    for (number, rows) in misses.enumerated() {
      for (origin, row) in rows.enumerated() {
        for (ahead, miss) in row.enumerated() where miss.isFinite {
          let width = size * reaches[number] * growth[ahead] * spread(number, origin, ahead)
          sum += 2 * width + 10 * max(0, abs(miss) - width)
        }
      }
    }
    return sum
  }

  /// For a forecast of a series.
  /// - Parameters:
  ///   - spread: what the network says, if it is asked.
  ///   - unit: by which errors are multiplied.
  func errors(_ number: Int, spread: [Double]?, unit: Double) -> IntervalErrors {
    let scales = growth.enumerated().map { ahead, growth in
      unit * reaches[number] * growth * (usesSpread ? max(spread?[ahead] ?? 1, 1e-6) : 1)
    }
    let others = paths.first { !$0.isEmpty } ?? [growth.map { _ in 1 }]
    return IntervalErrors(scales: scales, sizes: sizes, paths: paths[number].isEmpty ? others : paths[number])
  }
}

extension IntervalErrors {
  init(scales: [Double], sizes: [Double], paths: [[Double]]) {
    (self.scales, self.sizes, self.paths) = (scales, sizes, paths)
    blocks = Double(paths.count)
  }
}
