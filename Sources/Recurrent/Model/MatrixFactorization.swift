internal import Kernels

/// The nearest products A·B of every rank to a matrix W [rows, columns], in double precision: nearest where it matters, for the
/// vectors that W is multiplied by.
///
/// With C = L·Lᵀ the covariance of those vectors, E‖(W − M)·x‖² = ‖(W − M)·L‖² (Frobenius), x being centred. Of rank r it is least
/// where M·L is the singular value decomposition of W·L = U·S·Vᵀ, cut after r values (Eckart & Young 1936), and then is the
/// sum of the squares of those that were cut. That M is U_r·U_rᵀ·W: nothing is divided by a covariance.
struct MatrixFactorization {
  let rows: Int, columns: Int
  /// [rows, columns]
  private let matrix: [Double]
  /// S, the largest first.
  let singularValues: [Double]
  /// U [rows, min(rows, columns)], row-major.
  private let vectors: [Double]

  /// - Parameters:
  ///   - matrix: [rows, columns]
  ///   - root: L [columns, columns], some root of the covariance; nil: the identity.
  init(
    _ matrix: [Double], rows: Int, columns: Int, root: [Double]? = nil
  ) throws(FactorizationError) {
    (self.matrix, self.rows, self.columns) = (matrix, rows, columns)
    var svd = try SingularValues<Double>(rows: columns, columns: rows, vectors: true)
    let whitened =
      root.map { DoubleProducts.product(matrix, $0, rows: rows, inner: columns, columns: columns) } ?? matrix
    // By columns it is the transpose, V·S·Uᵀ.
    try svd.decompose(ColumnMatrix(whitened, rows: columns, columns: rows))
    (singularValues, vectors) = (svd.values, svd.right.values)
  }

  /// Σ of the squares of the singular values that are cut at a rank.
  func error(rank: Int) -> Double { singularValues.dropFirst(rank).reduce(0) { $0 + $1 * $1 } }

  /// The share of Σ S² that a rank keeps; 1 of a matrix of zeros.
  func keptEnergy(rank: Int) -> Double {
    let all = error(rank: 0)
    return all > 0 ? 1 - error(rank: rank) / all : 1
  }

  /// The least rank that keeps a share of Σ S², 1 or more.
  func rank(keeping energy: Double) -> Int {
    (1..<max(1, singularValues.count)).first { keptEnergy(rank: $0) >= energy } ?? max(1, singularValues.count)
  }

  /// A [rows, rank] and B [rank, columns], row-major. Each column of A is as long as the row of B that it goes with, so that a
  /// training changes both alike.
  func factors(rank: Int) -> (left: [Double], right: [Double]) {
    let order = singularValues.count
    require(rank >= 1 && rank <= order, "expected a rank in 1...\(order), got \(rank)")
    var left = [Double](repeating: 0, count: rows * rank)
    for row in 0..<rows {
      for index in 0..<rank { left[row * rank + index] = vectors[row * order + index] }
    }
    var right = [Double](repeating: 0, count: rank * columns)
    DoubleProducts.addTransposed(left, matrix, rows: rank, inner: rows, columns: columns, to: &right)
    // The columns of A have the length 1 so far.
    let scales = (0..<rank).map { index in
      let norm = right[index * columns..<(index + 1) * columns].reduce(0) { $0 + $1 * $1 }.squareRoot()
      return norm > 0 ? norm.squareRoot() : 1
    }
    for place in left.indices { left[place] *= scales[place % rank] }
    for place in right.indices { right[place] /= scales[place / columns] }
    return (left, right)
  }
}
