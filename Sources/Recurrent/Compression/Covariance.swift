internal import Kernels

/// Mean and covariance of vectors, summed up in double precision as they come (Chan, Golub & LeVeque 1979).
struct Covariance {
  let size: Int
  private(set) var count = 0
  private(set) var mean: [Double]
  /// [size, size], on and above the diagonal: Σ (x − mean)(x − mean)ᵀ.
  private var squares: [Double]

  init(size: Int) {
    self.size = size
    mean = [Double](repeating: 0, count: size)
    squares = [Double](repeating: 0, count: size * size)
  }

  /// - Parameter vectors: [rows, size]
  mutating func add(_ vectors: [Double]) {
    let rows = vectors.count / size
    guard rows > 0 else { return }
    var vectors = vectors
    let own = DoubleProducts.center(&vectors, rows: rows, columns: size)
    DoubleProducts.addGram(of: vectors, rows: rows, columns: size, to: &squares)
    let (total, shift) = (Double(count + rows), zip(own, mean).map { $0 - $1 })
    DoubleProducts.addOuter(shift, factor: Double(count) * Double(rows) / total, to: &squares)
    DoubleProducts.add(shift, factor: Double(rows) / total, to: &mean)
    count += rows
  }

  /// Eigenvalues below this share of the largest are lifted to it: directions that the vectors never took count a little, so
  /// that the full rank keeps the whole matrix.
  private static let leastShare = 1e-10

  /// L [size, size], row-major, with L·Lᵀ the covariance: its eigenvectors times the roots of its eigenvalues, which, unlike
  /// Cholesky's triangle, there is of a covariance of lower rank, too. The identity where all vectors are the same.
  func root() throws(FactorizationError) -> [Double] {
    var eigen = try SymmetricEigen<Double>(order: size, vectors: true)
    let scale = 1 / Double(max(1, count))
    // The triangle above the diagonal of rows is that below it of columns.
    try eigen.decompose(ColumnMatrix(squares.map { $0 * scale }, rows: size, columns: size))
    let largest = eigen.values.max() ?? 0
    let roots = eigen.values.map { largest > 0 ? max($0, Self.leastShare * largest).squareRoot() : 1 }
    var root = [Double](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<size { root[row * size + column] = eigen.vectors[row, column] * roots[column] }
    }
    return root
  }
}
