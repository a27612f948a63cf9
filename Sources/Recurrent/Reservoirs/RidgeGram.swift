internal import Kernels

/// What ridge regression needs of its data, summed up in double precision row by row: the memory does not grow with the
/// rows, and the sums can be saved, gone on with and added to each other.
///
///     var gram = try RidgeGram(featureCount: 500, targetCount: 1)
///     gram.add(features: states, targets: values)        // as often as there is more
///     let readout = try gram.solve(penalty: 1e-6)
///
/// Everything is summed up around the means (Chan, Golub & LeVeque 1979), so that the intercept costs no digits.
public struct RidgeGram: Sendable, Hashable {
  /// N.
  public let featureCount: Int
  /// O.
  public let targetCount: Int
  /// Rows so far.
  public internal(set) var count = 0
  /// [N]
  public internal(set) var featureMeans: [Double]
  /// [O]
  public internal(set) var targetMeans: [Double]
  /// [N, N], on and above the diagonal: Σ (x − mean)(x − mean)ᵀ.
  var squares: [Double]
  /// [N, O] Σ (x − mean)(y − mean)ᵀ.
  var cross: [Double]

  /// - Throws: `RidgeError.memory`.
  public init(featureCount: Int, targetCount: Int) throws(RidgeError) {
    require(
      featureCount >= 1 && targetCount >= 1, "a fit needs features and targets, got \(featureCount), \(targetCount)")
    (self.featureCount, self.targetCount) = (featureCount, targetCount)
    try RidgeError.admit(numbers: featureCount * (featureCount + 2 * targetCount))
    featureMeans = [Double](repeating: 0, count: featureCount)
    targetMeans = [Double](repeating: 0, count: targetCount)
    squares = [Double](repeating: 0, count: featureCount * featureCount)
    cross = [Double](repeating: 0, count: featureCount * targetCount)
  }

  /// Adds rows: features [rows, N] with targets [rows, O].
  public mutating func add(features: [Double], targets: [Double]) {
    let rows = features.count / featureCount
    require(
      features.count == rows * featureCount && targets.count == rows * targetCount,
      "expected rows of \(featureCount) features and \(targetCount) targets, got \(features.count) and \(targets.count)"
    )
    guard rows > 0 else { return }
    var (features, targets) = (features, targets)
    let means = DoubleProducts.center(&features, rows: rows, columns: featureCount)
    let ownTargetMeans = DoubleProducts.center(&targets, rows: rows, columns: targetCount)
    DoubleProducts.addGram(of: features, rows: rows, columns: featureCount, to: &squares)
    DoubleProducts.addTransposed(
      features, targets, rows: featureCount, inner: rows, columns: targetCount, to: &cross)
    addMeans(of: rows, means, ownTargetMeans)
  }

  /// Adds all rows that another one has summed up.
  public mutating func add(_ other: RidgeGram) {
    require(
      other.featureCount == featureCount && other.targetCount == targetCount,
      "expected sums of \(featureCount) features and \(targetCount) targets, got \(other.featureCount), \(other.targetCount)"
    )
    guard other.count > 0 else { return }
    DoubleProducts.add(other.squares, to: &squares)
    DoubleProducts.add(other.cross, to: &cross)
    addMeans(of: other.count, other.featureMeans, other.targetMeans)
  }

  /// Rows with other means, whose sums around those have been added.
  private mutating func addMeans(of rows: Int, _ means: [Double], _ ownTargetMeans: [Double]) {
    let total = Double(count + rows)
    let shift = zip(means, featureMeans).map { $0 - $1 }
    let targetShift = zip(ownTargetMeans, targetMeans).map { $0 - $1 }
    if count > 0 {
      let factor = Double(count) * Double(rows) / total
      DoubleProducts.addOuter(shift, factor: factor, to: &squares)
      DoubleProducts.addTransposed(
        shift, targetShift, rows: featureCount, inner: 1, columns: targetCount, factor: factor, to: &cross)
    }
    DoubleProducts.add(shift, factor: Double(rows) / total, to: &featureMeans)
    DoubleProducts.add(targetShift, factor: Double(rows) / total, to: &targetMeans)
    count += rows
  }

  /// Σ‖x − mean‖², which bounds the largest eigenvalue.
  var trace: Double { (0..<featureCount).reduce(0) { $0 + squares[$1 * featureCount + $1] } }

  /// The penalty below which the sums say too little: rounding has moved their eigenvalues as far.
  public var leastPenalty: Double { trace * .ulpOfOne }

  /// Weights that minimize Σ‖y − weights·x − intercept‖² + penalty·‖weights‖², by a Cholesky factorization.
  /// - Throws: `RidgeError`: `notPositiveDefinite` where the penalty is too small for the sums.
  public func solve(penalty: Double) throws(RidgeError) -> LinearReadout {
    require(penalty >= 0, "expected a penalty of 0 or more, got \(penalty)")
    guard count > 0 else { throw .noRows(washout: 0) }
    var matrix = squares
    for index in 0..<featureCount { matrix[index * featureCount + index] += penalty }
    do throws(FactorizationError) {
      // The triangle above the diagonal of rows is that below it of columns.
      var cholesky = try CholeskyFactorization<Double>(order: featureCount)
      try cholesky.factor(ColumnMatrix(matrix, rows: featureCount, columns: featureCount))
      var solution = ColumnMatrix<Double>(rowMajor: cross, rows: featureCount, columns: targetCount)
      try cholesky.solve(&solution)
      return LinearReadout(weights: solution.values, featureMeans: featureMeans, targetMeans: targetMeans)
    } catch { throw RidgeError(error, penalty: penalty) }
  }
}
