internal import Recurrent

/// Direct linear forecasts of the whole horizon: ridge regressions of what lies above each anchor on the window, in closed form.
package struct LinearPath: Sendable {
  package struct Readout: Sendable, Hashable {
    /// [horizon, features]
    var weights: [Double]
    /// [horizon]
    var intercepts: [Double]
    /// Over the mean square of a feature.
    var penalty: Double
  }

  package let layout: WindowLayout
  /// One for each anchor.
  package var readouts: [Readout]

  /// [anchors][horizon]
  package func forecasts(_ history: History) -> [[Double]] {
    var features: [Double] = []
    layout.addFeatures(history, origin: history.count, to: &features)
    return zip(layout.anchors, readouts).map { anchor, readout in
      let base = layout.base(anchor, history, origin: history.count)
      return (0..<layout.horizon).map { ahead in
        var sum = base[ahead] + readout.intercepts[ahead]
        let start = ahead * layout.featureCount
        for index in 0..<layout.featureCount { sum += readout.weights[start + index] * features[index] }
        return sum
      }
    }
  }

  // MARK: Fit

  package static let penalties = [1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1, 3]

  /// The fit, and what it leaves of each training origin's targets when that origin's neighbourhood is left out.
  package struct Fit {
    package var path: LinearPath
    var origins: Range<Int>
    /// [origins, anchors · horizon]
    var residuals: [Double]
    /// The mean of their magnitudes.
    package var error: Double { residuals.reduce(0) { $0 + abs($1) } / Double(max(1, residuals.count)) }
  }

  /// nil where there are too few origins to fit to.
  package static func fit(_ history: History, _ layout: WindowLayout) -> Fit? {
    let horizon = layout.horizon
    let width = layout.anchors.count * horizon
    let last = history.count - horizon
    let first = max(layout.needed, last - 8000)
    guard last - first + 1 >= 20 else { return nil }
    let rows = last - first + 1
    var features: [Double] = []
    var targets: [Double] = []
    features.reserveCapacity(rows * layout.featureCount)
    targets.reserveCapacity(rows * width)
    for origin in first...last {
      layout.addFeatures(history, origin: origin, to: &features)
      for anchor in layout.anchors {
        let base = layout.base(anchor, history, origin: origin)
        for ahead in 0..<horizon { targets.append(history[origin + ahead] - base[ahead]) }
      }
    }
    do {
      let data = Rows(features: features, targets: targets, featureCount: layout.featureCount, targetCount: width)
      let folds = min(layout.featureCount > 150 ? 3 : 5, max(2, rows / (horizon + 5)))
      let whole = try data.gram(leavingOut: 0..<0)
      let size = max(whole.leastPenalty / .ulpOfOne / Double(layout.featureCount), 1e-9)
      let (chosen, residuals) = try data.choose(
        penalties, unit: size, folds: folds, gap: horizon, groups: layout.anchors.count)
      var readouts: [Readout] = []
      for (number, penalty) in chosen.enumerated() {
        let readout = try whole.solve(penalty: penalty * size)
        let (from, to) = (number * horizon, (number + 1) * horizon)
        readouts.append(
          Readout(
            weights: Array(readout.weights[from * layout.featureCount..<to * layout.featureCount]),
            intercepts: Array(readout.intercepts[from..<to]), penalty: penalty))
      }
      return Fit(path: LinearPath(layout: layout, readouts: readouts), origins: first..<last + 1, residuals: residuals)
    } catch { return nil }
  }

  /// Rows in the order of time.
  private struct Rows {
    let features: [Double]
    let targets: [Double]
    let featureCount: Int
    let targetCount: Int

    var count: Int { targets.count / targetCount }

    func gram(leavingOut part: Range<Int>) throws(RidgeError) -> RidgeGram {
      var gram = try RidgeGram(featureCount: featureCount, targetCount: targetCount)
      for rows in [0..<part.lowerBound, part.upperBound..<count] where !rows.isEmpty {
        gram.add(
          features: Array(features[rows.lowerBound * featureCount..<rows.upperBound * featureCount]),
          targets: Array(targets[rows.lowerBound * targetCount..<rows.upperBound * targetCount]))
      }
      return gram
    }

    /// For each group of targets the penalty with the least absolute error on blocks that were left out, with what overlaps them.
    /// - Returns: the penalties, and what each row's prediction, made without it, leaves of its targets.
    func choose(
      _ penalties: [Double], unit: Double, folds: Int, gap: Int, groups: Int
    ) throws(RidgeError) -> (penalties: [Double], residuals: [Double]) {
      let groupSize = targetCount / groups
      var errors = [Double](repeating: 0, count: penalties.count * groups)
      var left = [[Double]](repeating: targets, count: penalties.count)
      for fold in 0..<folds {
        let block = fold * count / folds..<(fold + 1) * count / folds
        let gram = try gram(leavingOut: max(0, block.lowerBound - gap)..<min(count, block.upperBound + gap))
        guard gram.count > 1 else { continue }
        let own = Array(features[block.lowerBound * featureCount..<block.upperBound * featureCount])
        for (number, penalty) in penalties.enumerated() {
          let outputs = try gram.solve(penalty: penalty * unit * Double(gram.count) / Double(count)).outputs(for: own)
          for (index, output) in outputs.enumerated() {
            let place = block.lowerBound * targetCount + index
            left[number][place] -= output
            errors[number * groups + index % targetCount / groupSize] += abs(left[number][place])
          }
        }
      }
      let chosen = (0..<groups).map { group in
        penalties.indices.min { errors[$0 * groups + group] < errors[$1 * groups + group] } ?? 0
      }
      let residuals = targets.indices.map { left[chosen[$0 % targetCount / groupSize]][$0] }
      return (chosen.map { penalties[$0] }, residuals)
    }
  }
}
