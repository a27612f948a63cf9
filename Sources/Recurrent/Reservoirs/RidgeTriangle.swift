internal import Kernels

/// Ridge regression by a QR factorization, block by block: only the triangle R of [1 X Y] is kept, and so nothing is
/// squared. It is exact to rounding where a `RidgeGram` is not, down to a penalty of 0, and takes several times as
/// long.
public struct RidgeTriangle: Sendable {
  /// N.
  public let featureCount: Int
  /// O.
  public let targetCount: Int
  /// Rows so far.
  public private(set) var count = 0
  private var featureMeans: [Double]
  private var targetMeans: [Double]
  /// [1 + N + O + rows, 1 + N + O]: R, and below it rows that wait to be factorized.
  private var stack: ColumnMatrix<Double>
  private var waiting = 0
  private var qr: QRFactorization<Double>

  private var order: Int { 1 + featureCount + targetCount }
  private var blockRows: Int { stack.rows - order }

  /// - Throws: `RidgeError.memory`.
  public init(featureCount: Int, targetCount: Int) throws(RidgeError) {
    require(
      featureCount >= 1 && targetCount >= 1, "a fit needs features and targets, got \(featureCount), \(targetCount)")
    (self.featureCount, self.targetCount) = (featureCount, targetCount)
    let order = 1 + featureCount + targetCount
    let rows = order + max(128, order)
    try RidgeError.admit(numbers: 2 * rows * order)
    stack = ColumnMatrix(rows: rows, columns: order)
    featureMeans = [Double](repeating: 0, count: featureCount)
    targetMeans = [Double](repeating: 0, count: targetCount)
    do throws(FactorizationError) { qr = try QRFactorization(rows: rows, columns: order) } catch {
      throw RidgeError(error)
    }
  }

  /// Adds rows: features [rows, N] with targets [rows, O].
  /// - Throws: `RidgeError.notFinite`.
  public mutating func add(features: [Double], targets: [Double]) throws(RidgeError) {
    let rows = features.count / featureCount
    require(
      features.count == rows * featureCount && targets.count == rows * targetCount,
      "expected rows of \(featureCount) features and \(targetCount) targets, got \(features.count) and \(targets.count)"
    )
    var first = 0
    while first < rows {
      let part = first..<min(rows, first + blockRows - waiting)
      write(features, targets, part)
      (waiting, first) = (waiting + part.count, part.upperBound)
      if waiting == blockRows { try factor() }
    }
    addMeans(features, targets, rows)
    count += rows
  }

  private mutating func write(_ features: [Double], _ targets: [Double], _ rows: Range<Int>) {
    let (height, first) = (stack.rows, order + waiting)
    for (place, row) in rows.enumerated() {
      stack.values[first + place] = 1
      for column in 0..<featureCount {
        stack.values[(1 + column) * height + first + place] = features[row * featureCount + column]
      }
      for column in 0..<targetCount {
        stack.values[(1 + featureCount + column) * height + first + place] = targets[row * targetCount + column]
      }
    }
  }

  private mutating func addMeans(_ features: [Double], _ targets: [Double], _ rows: Int) {
    guard rows > 0 else { return }
    let share = 1 / Double(count + rows)
    var (features, targets) = (features, targets)
    let means = DoubleProducts.center(&features, rows: rows, columns: featureCount)
    let ownTargetMeans = DoubleProducts.center(&targets, rows: rows, columns: targetCount)
    for index in means.indices { featureMeans[index] += Double(rows) * share * (means[index] - featureMeans[index]) }
    for index in ownTargetMeans.indices {
      targetMeans[index] += Double(rows) * share * (ownTargetMeans[index] - targetMeans[index])
    }
  }

  /// Puts the waiting rows into R.
  private mutating func factor() throws(RidgeError) {
    guard waiting > 0 else { return }
    do throws(FactorizationError) { try qr.factor(stack) } catch { throw RidgeError(error) }
    let height = stack.rows
    for column in 0..<order {
      for row in 0..<height { stack.values[column * height + row] = row <= column ? qr.r(row, column) : 0 }
    }
    waiting = 0
  }

  /// The singular values and directions of the features around their mean, from which every penalty is a product away.
  /// - Throws: `RidgeError`.
  public func spectrum() throws(RidgeError) -> RidgeSpectrum {
    guard count > 0 else { throw .noRows(washout: 0) }
    var own = self
    try own.factor()
    let n = featureCount
    // What follows the first row and column is the triangle of what lies around the means.
    var inner = ColumnMatrix<Double>(rows: n, columns: n)
    var right = [Double](repeating: 0, count: n * targetCount)
    for column in 0..<n {
      for row in 0...column {
        inner.values[column * n + row] = own.stack.values[(1 + column) * own.stack.rows + 1 + row]
      }
    }
    for target in 0..<targetCount {
      for row in 0..<n {
        right[row * targetCount + target] = own.stack.values[(1 + n + target) * own.stack.rows + 1 + row]
      }
    }
    do throws(FactorizationError) {
      var svd = try SingularValues<Double>(rows: n, columns: n, vectors: true)
      try svd.decompose(inner)
      var directions = [Double](repeating: 0, count: n * n)
      for row in 0..<n { for column in 0..<n { directions[row * n + column] = svd.right.values[column * n + row] } }
      // Uᵀ by rows is U by columns.
      var projections = DoubleProducts.product(svd.left.values, right, rows: n, inner: n, columns: targetCount)
      for index in projections.indices { projections[index] *= svd.values[index / targetCount] }
      let cut = Double(n) * .ulpOfOne * (svd.values.first ?? 0)
      return RidgeSpectrum(
        count: count, featureMeans: featureMeans, targetMeans: targetMeans, eigenvalues: svd.values.map { $0 * $0 },
        leastEigenvalue: cut * cut, directions: directions, projections: projections)
    } catch { throw RidgeError(error) }
  }

  /// Weights that minimize Σ‖y − weights·x − intercept‖² + penalty·‖weights‖²; with a penalty of 0 the least ones that
  /// do.
  /// - Throws: `RidgeError`.
  public func solve(penalty: Double) throws(RidgeError) -> LinearReadout { try spectrum().readout(penalty: penalty) }
}
