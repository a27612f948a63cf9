internal import Kernels

/// Ridge regression for every penalty at once: the features' directions, and how much of the targets lies along each.
public struct RidgeSpectrum: Sendable {
  /// Rows that it is of.
  public let count: Int
  let featureMeans: [Double]
  let targetMeans: [Double]
  /// [N] of Σ (x − mean)(x − mean)ᵀ; in no order that matters.
  public let eigenvalues: [Double]
  /// Those below it are rounding.
  let leastEigenvalue: Double
  /// [N, N], a direction a row.
  let directions: [Double]
  /// [N, O] directions · Σ (x − mean)(y − mean)ᵀ.
  let projections: [Double]

  /// N.
  public var featureCount: Int { featureMeans.count }
  /// O.
  public var targetCount: Int { targetMeans.count }

  /// How much of each direction a penalty lets through, over its eigenvalue: [N].
  func gains(penalty: Double) -> [Double] {
    eigenvalues.map { value in
      penalty == 0 && value <= leastEigenvalue ? 0 : 1 / (max(value, 0) + penalty)
    }
  }

  /// [N, O] along the directions.
  private func coefficients(penalty: Double) -> [Double] {
    let gains = gains(penalty: penalty)
    return projections.indices.map { projections[$0] * gains[$0 / targetCount] }
  }

  /// Weights that minimize Σ‖y − weights·x − intercept‖² + penalty·‖weights‖²; with a penalty of 0 the least ones that
  /// do.
  public func readout(penalty: Double) -> LinearReadout {
    require(penalty >= 0, "expected a penalty of 0 or more, got \(penalty)")
    var weights = [Double](repeating: 0, count: targetCount * featureCount)
    // [O, N] = coefficientsᵀ · directions.
    DoubleProducts.addTransposed(
      coefficients(penalty: penalty), directions, rows: targetCount, inner: featureCount, columns: featureCount,
      to: &weights)
    return LinearReadout(weights: weights, featureMeans: featureMeans, targetMeans: targetMeans)
  }

  /// The trace of the map from targets to fitted values, the intercept included: how many free numbers a fit with this
  /// penalty has.
  public func degreesOfFreedom(penalty: Double) -> Double {
    zip(eigenvalues, gains(penalty: penalty)).reduce(1) { $0 + max($1.0, 0) * $1.1 }
  }

  /// Features [rows, N] along the directions, [rows, N].
  func project(_ features: [Double], rows: Int) -> [Double] {
    var centered = features
    for index in centered.indices { centered[index] -= featureMeans[index % featureCount] }
    return DoubleProducts.product(
      centered, directions, transposingB: true, rows: rows, inner: featureCount, columns: featureCount)
  }

  /// [N, L·O]: the coefficients of several penalties side by side.
  func coefficients(penalties: [Double]) -> [Double] {
    let all = penalties.map { coefficients(penalty: $0) }
    var result: [Double] = []
    result.reserveCapacity(featureCount * penalties.count * targetCount)
    for unit in 0..<featureCount {
      for own in all { result += own[unit * targetCount..<(unit + 1) * targetCount] }
    }
    return result
  }
}

extension RidgeGram {
  /// The eigenvalues and directions, from which every penalty is a product away. Good for penalties well above
  /// `leastPenalty`.
  /// - Throws: `RidgeError`.
  public func spectrum() throws(RidgeError) -> RidgeSpectrum {
    guard count > 0 else { throw .noRows(washout: 0) }
    do throws(FactorizationError) {
      var eigen = try SymmetricEigen<Double>(order: featureCount, vectors: true)
      // The triangle above the diagonal of rows is that below it of columns; vectors by columns are directions by rows.
      try eigen.decompose(ColumnMatrix(squares, rows: featureCount, columns: featureCount))
      let directions = eigen.vectors.values
      return RidgeSpectrum(
        count: count, featureMeans: featureMeans, targetMeans: targetMeans, eigenvalues: eigen.values,
        leastEigenvalue: Double(featureCount) * leastPenalty, directions: directions,
        projections: DoubleProducts.product(
          directions, cross, rows: featureCount, inner: featureCount, columns: targetCount))
    } catch { throw RidgeError(error) }
  }
}
