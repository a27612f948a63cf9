/// Conformal intervals: what combined forecasts missed by at earlier origins, scaled by how much wider errors grow with the horizon.
package struct IntervalErrors: Sendable, Hashable, Codable {
  /// [horizon], not falling.
  package var scales: [Double]
  /// Absolute errors over their scale, ascending.
  package var sizes: [Double]
  /// [paths][horizon] errors over their scale, from one origin each: how errors hang together.
  package var paths: [[Double]]
  /// Horizons that the origins span without overlapping.
  package var blocks: Double

  package static let largestCount = 1000

  /// Errors of one span of the horizon hang together: they count as so many independent ones (Benchmarks/Forecasting.md).
  private static let independentErrors = 4.0

  /// - Parameter errors: [origins][horizon], NaN where the value is not known.
  package init(_ errors: [[Double]], horizon: Int, step: Int) {
    var sums = [Double](repeating: 0, count: horizon)
    var counts = [Double](repeating: 0, count: horizon)
    for row in errors {
      for (ahead, error) in row.enumerated() where error.isFinite {
        sums[ahead] += error * error
        counts[ahead] += 1
      }
    }
    scales = Self.rising(zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }, weights: counts).map {
      max($0, 1e-24).squareRoot()
    }
    let scales = scales
    paths = errors.map { row in zip(row, scales).map { $0.isFinite ? $0 / $1 : 0 } }
    var all = errors.flatMap { row in zip(row, scales).compactMap { $0.isFinite ? abs($0) / $1 : nil } }.sorted()
    if all.count > Self.largestCount {
      let (count, most) = (all.count, Self.largestCount)
      all = (0..<most).map { all[$0 * (count - 1) / (most - 1)] }
    }
    sizes = all
    blocks = max(1, Double(errors.count - 1) * Double(step) / Double(horizon) + 1)
  }

  /// Half the width of the intervals of a level between 0 and 1, [horizon].
  package func widths(level: Double) -> [Double] {
    guard !sizes.isEmpty else { return scales.map { _ in 0 } }
    // The quantile that holds for one error more (Vovk, Gammerman & Shafer 2005), of as many as are independent.
    let share = min(1, level * (1 + 1 / min(Double(sizes.count), Self.independentErrors * blocks)))
    let place = share * Double(sizes.count - 1)
    let low = Int(place)
    let high = min(low + 1, sizes.count - 1)
    let size = sizes[low] + (place - Double(low)) * (sizes[high] - sizes[low])
    return scales.map { $0 * size }
  }

  /// The closest numbers that do not fall (pool adjacent violators).
  package static func rising(_ values: [Double], weights: [Double]) -> [Double] {
    var pools: [(mean: Double, weight: Double, count: Int)] = []
    for (value, weight) in zip(values, weights) {
      pools.append((value, max(weight, 1e-9), 1))
      while pools.count > 1, pools[pools.count - 2].mean > pools[pools.count - 1].mean {
        let (b, a) = (pools.removeLast(), pools.removeLast())
        let weight = a.weight + b.weight
        pools.append(((a.mean * a.weight + b.mean * b.weight) / weight, weight, a.count + b.count))
      }
    }
    return pools.flatMap { [Double](repeating: $0.mean, count: $0.count) }
  }
}
