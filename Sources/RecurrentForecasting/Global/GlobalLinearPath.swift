internal import Kernels
internal import Recurrent

/// Direct linear forecasts of the whole horizon, one map for all series: ridge regressions in closed form, summed up over the origins of
/// all series. From each anchor one; their mean is the forecast.
struct GlobalLinearPath: Sendable {
  let scheme: PanelScheme
  /// One for each anchor.
  var readouts: [LinearPath.Readout]
  /// The sum of errors on parts that were left out of the fit; 0 where none were.
  var error = 0.0

  /// In units, [origins][horizon].
  /// - Precondition: origins from `scheme.layout.needed` on.
  func forecasts(_ series: PreparedSeries, origins: [Int]) -> [[Double]] {
    guard !origins.isEmpty else { return [] }
    let (layout, horizon) = (scheme.layout, scheme.horizon)
    var features: [Double] = []
    features.reserveCapacity(origins.count * scheme.featureCount)
    for origin in origins { scheme.addFeatures(series, origin: origin, to: &features) }
    var result = [[Double]](repeating: [Double](repeating: 0, count: horizon), count: origins.count)
    let share = 1 / Double(readouts.count)
    for (anchor, readout) in zip(layout.anchors, readouts) {
      let outputs = DoubleProducts.product(
        features, readout.weights, transposingB: true, rows: origins.count, inner: scheme.featureCount, columns: horizon
      )
      for (row, origin) in origins.enumerated() {
        let base = layout.base(anchor, series.history, origin: origin)
        for ahead in 0..<horizon {
          result[row][ahead] += share * (base[ahead] + outputs[row * horizon + ahead] + readout.intercepts[ahead])
        }
      }
    }
    return result
  }

  // MARK: Fit

  private static let mostRows = 150_000
  /// So many rows tell penalties from each other.
  private static let mostTested = 20_000
  private static let folds = 4
  /// Shares of the work, always the same, so that sums do not depend on the threads.
  private static let shares = 16

  /// The origins of a series in blocks, of which neighbours do not overlap, and what lies between them.
  private struct Origins: Sendable {
    var blocks: [[Int]]
    var between: [Int]

    /// - Parameter count: of steps that are looked at.
    init(_ series: PreparedSeries, number: Int, count: Int, scheme: PanelScheme, stride: Int) {
      let horizon = scheme.horizon
      (blocks, between) = ([[Int]](repeating: [], count: folds), [])
      let (first, last) = (scheme.layout.needed, min(count, series.count) - horizon)
      guard first <= last else { return }
      let length = last - first + 1
      let isLong = length >= 2 * folds * horizon
      // Every series has its own phase, so that strides do not always meet the same place of a season.
      for origin in Swift.stride(from: first + number % stride, through: last, by: stride) {
        let missing = (origin..<origin + horizon).count { !series.history.isKnown[$0] }
        guard 4 * missing <= horizon else { continue }
        let block = isLong ? (origin - first) * folds / length : number % folds
        let end = (block + 1) * length / folds + first
        if isLong, block + 1 < folds, origin + horizon > end {
          between.append(origin)
        } else {
          blocks[block].append(origin)
        }
      }
    }
  }

  /// - Parameter counts: how many steps of each series are looked at.
  /// - Returns: nil where there are too few origins.
  static func fit(
    _ series: [PreparedSeries], counts: [Int], _ scheme: PanelScheme, threads: Int
  ) throws(ForecastingError) -> GlobalLinearPath? {
    let (layout, horizon) = (scheme.layout, scheme.horizon)
    let all = counts.reduce(0) { $0 + max(0, $1 - horizon - layout.needed + 1) }
    guard all >= 20 else { return nil }
    let stride = (all + mostRows - 1) / mostRows
    let (anchors, width) = (layout.anchors, layout.anchors.count * horizon)
    let origins = series.indices.map {
      Origins(series[$0], number: $0, count: counts[$0], scheme: scheme, stride: stride)
    }
    @Sendable func rows(_ number: Int, _ origins: [Int]) -> (features: [Double], targets: [Double]) {
      var (features, targets): ([Double], [Double]) = ([], [])
      let own = series[number]
      for origin in origins {
        scheme.addFeatures(own, origin: origin, to: &features)
        for anchor in anchors {
          let base = layout.base(anchor, own.history, origin: origin)
          for ahead in 0..<horizon { targets.append(own.history[origin + ahead] - base[ahead]) }
        }
      }
      return (features, targets)
    }
    // The blocks, then what lies between them.
    let parts = try SharedJobs.run(shares, threads: threads) { (share) throws(ForecastingError) in
      var grams: [RidgeGram] = []
      do throws(RidgeError) {
        for _ in 0...folds { grams.append(try RidgeGram(featureCount: scheme.featureCount, targetCount: width)) }
      } catch { throw ForecastingError(error) }
      for number in Swift.stride(from: share, to: series.count, by: shares) {
        for (fold, own) in (origins[number].blocks + [origins[number].between]).enumerated() where !own.isEmpty {
          let (features, targets) = rows(number, own)
          grams[fold].add(features: features, targets: targets)
        }
      }
      return grams
    }
    var grams = parts[0]
    for part in parts.dropFirst() { for fold in 0...folds { grams[fold].add(part[fold]) } }
    var whole = grams[0]
    for gram in grams.dropFirst() { whole.add(gram) }
    guard whole.count >= 20 else { return nil }
    let unit = max(whole.leastPenalty / .ulpOfOne / Double(scheme.featureCount), 1e-9)
    // Of each fold, what the others say by each penalty.
    let tried = grams.prefix(folds).indices.map { fold -> [LinearReadout] in
      var others: RidgeGram?
      for (place, gram) in grams.prefix(folds).enumerated() where place != fold && gram.count > 0 {
        if others == nil { others = gram } else { others?.add(gram) }
      }
      guard let others, others.count > 1, grams[fold].count > 0 else { return [] }
      let share = Double(others.count) / Double(whole.count)
      return LinearPath.penalties.compactMap { solve(others, penalty: max($0 * unit * share, 1e-9)) }
    }
    let step = max(1, whole.count / mostTested)
    let errors = try SharedJobs.run(shares, threads: threads) { share in
      var errors = [Double](repeating: 0, count: LinearPath.penalties.count * anchors.count)
      for number in Swift.stride(from: share, to: series.count, by: shares) {
        for (fold, own) in origins[number].blocks.enumerated() where tried[fold].count == LinearPath.penalties.count {
          let some = Swift.stride(from: number % step, to: own.count, by: step).map { own[$0] }
          guard !some.isEmpty else { continue }
          let (features, targets) = rows(number, some)
          for (place, readout) in tried[fold].enumerated() {
            for (index, output) in readout.outputs(for: features).enumerated() {
              errors[place * anchors.count + index % width / horizon] += abs(targets[index] - output)
            }
          }
        }
      }
      return errors
    }
    var path = GlobalLinearPath(scheme: scheme, readouts: [])
    for anchor in anchors.indices {
      let sums = LinearPath.penalties.indices.map { place in
        errors.reduce(0) { $0 + $1[place * anchors.count + anchor] }
      }
      let best = sums.indices.min { sums[$0] < sums[$1] } ?? 0
      path.error += sums[best]
      // Where no fold could be left out.
      let penalty = sums[best] > 0 ? LinearPath.penalties[best] : 0.1
      guard let readout = solve(whole, penalty: penalty * unit) else { return nil }
      let (from, to) = (anchor * horizon, (anchor + 1) * horizon)
      path.readouts.append(
        LinearPath.Readout(
          weights: Array(readout.weights[from * scheme.featureCount..<to * scheme.featureCount]),
          intercepts: Array(readout.intercepts[from..<to]), penalty: penalty))
    }
    return path
  }

  /// With a larger penalty where columns depend on each other too much for this one; nil where nothing helps.
  private static func solve(_ gram: RidgeGram, penalty: Double) -> LinearReadout? {
    for factor in [1, 1e3, 1e6, 1e9] { if let readout = try? gram.solve(penalty: penalty * factor) { return readout } }
    return nil
  }
}
