internal import Kernels

/// What covariates that are known ahead add to a series, by regressions with correlated errors: of the changes from step to step on
/// those of the covariates, each less what is usual for its place in the season. What a series shows by itself is drawn towards what
/// all show together, as far as halves of the series predict each other best.
enum CovariateEffects {
  /// Sums over the steps of a part of one series.
  struct Sums: Sendable {
    /// [K, K] of changes of covariates.
    var squares: [Double]
    /// [K] of these and the changes of the values.
    var products: [Double]
    /// Of the latter.
    var total = 0.0
    var count = 0.0

    init(width: Int) {
      squares = [Double](repeating: 0, count: width * width)
      products = [Double](repeating: 0, count: width)
    }

    mutating func add(_ other: Sums, weight: Double = 1) {
      for index in squares.indices { squares[index] += weight * other.squares[index] }
      for index in products.indices { products[index] += weight * other.products[index] }
      total += weight * other.total
      count += weight * other.count
    }

    /// What is left of the values' changes.
    func rest(_ effects: [Double]) -> Double {
      let width = products.count
      var rest = total
      for row in 0..<width {
        rest -= 2 * effects[row] * products[row]
        for column in 0..<width { rest += effects[row] * squares[row * width + column] * effects[column] }
      }
      return rest
    }
  }

  /// Of the two halves of a series.
  /// - Parameters:
  ///   - values: transformed; NaN where one is missing.
  ///   - covariates: [K][T or more].
  static func halves(_ values: [Double], _ covariates: [[Double]], period: Int) -> [Sums] {
    let width = covariates.count
    let rows = (1..<max(1, values.count)).filter { values[$0].isFinite && values[$0 - 1].isFinite }
    var changes = rows.map { step in
      covariates.map { $0[step] - $0[step - 1] } + [values[step] - values[step - 1]]
    }
    let phases = rows.count >= 4 * period && period > 1 ? period : 1
    var means = [[Double]](repeating: [Double](repeating: 0, count: width + 1), count: phases)
    var counts = [Double](repeating: 0, count: phases)
    for (change, step) in zip(changes, rows) {
      counts[step % phases] += 1
      for index in 0...width { means[step % phases][index] += change[index] }
    }
    for (place, step) in rows.enumerated() {
      let phase = step % phases
      for index in 0...width { changes[place][index] -= means[phase][index] / counts[phase] }
    }
    return [changes.prefix(rows.count / 2), changes.suffix(rows.count - rows.count / 2)].map { part in
      var sums = Sums(width: width)
      for change in part {
        for row in 0..<width {
          for column in 0..<width { sums.squares[row * width + column] += change[row] * change[column] }
          sums.products[row] += change[row] * change[width]
        }
        sums.total += change[width] * change[width]
      }
      sums.count = Double(part.count)
      return sums
    }
  }

  /// The same as if the values' changes had the mean square 1, so that every series says as much.
  static func standardized(_ halves: [Sums]) -> [Sums] {
    let (total, count) = (halves.reduce(0) { $0 + $1.total }, halves.reduce(0) { $0 + $1.count })
    guard total > 0, count > 0 else { return halves.map { Sums(width: $0.products.count) } }
    return halves.map { half in
      var sums = Sums(width: half.products.count)
      sums.add(half, weight: count / total)
      sums.count = half.count
      return sums
    }
  }

  private static let drawing = [0.3, 1, 3, 10, 30, 100, 300, Double.infinity]

  /// The effects of each series, [K].
  /// - Parameter halves: of each series, in one unit but for how much each weighs.
  static func fit(_ halves: [[Sums]], width: Int) -> [[Double]] {
    guard width > 0 else { return halves.map { _ in [] } }
    func pool(_ parts: [Sums]) -> (sums: Sums, effects: [Double]) {
      var sums = Sums(width: width)
      for part in parts { sums.add(part) }
      return (sums, solve(sums, towards: [Double](repeating: 0, count: width), strength: 1e-3, pool: sums))
    }
    var (best, least) = (0.0, Double.infinity)
    let none = halves.reduce(0) { $0 + $1[0].total + $1[1].total }
    for strength in drawing {
      var rest = 0.0
      for (fitted, tested) in [(0, 1), (1, 0)] {
        let common = pool(halves.map { $0[fitted] })
        for own in halves {
          rest += own[tested].rest(solve(own[fitted], towards: common.effects, strength: strength, pool: common.sums))
        }
      }
      if rest < least { (best, least) = (strength, rest) }
    }
    guard least < none else { return halves.map { _ in [Double](repeating: 0, count: width) } }
    let whole = halves.map { own in
      var sums = own[0]
      sums.add(own[1])
      return sums
    }
    let common = pool(whole)
    return whole.map { solve($0, towards: common.effects, strength: best, pool: common.sums) }
  }

  /// Least squares, with a penalty on what differs from `prior` that weighs as much as so many steps of the pool.
  private static func solve(_ sums: Sums, towards prior: [Double], strength: Double, pool: Sums) -> [Double] {
    guard strength.isFinite, pool.count > 0 else { return prior }
    let width = prior.count
    var matrix = ColumnMatrix<Double>(rows: width, columns: width)
    var right = ColumnMatrix<Double>(rows: width, columns: 1)
    for row in 0..<width {
      let weight = strength * max(pool.squares[row * width + row] / pool.count, 1e-12)
      for column in 0..<width { matrix.values[column * width + row] = sums.squares[row * width + column] }
      matrix.values[row * width + row] += weight
      right.values[row] = sums.products[row] + weight * prior[row]
    }
    do {
      var cholesky = try CholeskyFactorization<Double>(order: width)
      try cholesky.factor(matrix)
      try cholesky.solve(&right)
      return right.values.allSatisfy(\.isFinite) ? right.values : prior
    } catch { return prior }
  }
}
