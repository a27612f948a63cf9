/// Singular values, and singular vectors if asked for, of matrices of one shape: A = U·diag(s)·Vᵀ (LAPACK gesdd, and gesvd
/// where that does not converge). Its memory is taken once, by `init`.
package struct SingularValues<S: LAPACKScalar>: Sendable {
  /// How the bidiagonal matrix is taken apart.
  package enum Method: Sendable { case divideAndConquer, qrIteration }

  package let rows: Int, columns: Int
  package let hasVectors: Bool
  /// The singular values, the largest first: min(rows, columns).
  package private(set) var values: [S]
  /// U: [rows, min(rows, columns)], empty where there are no vectors.
  package private(set) var left: ColumnMatrix<S>
  /// Vᵀ: [min(rows, columns), columns], empty where there are no vectors.
  package private(set) var right: ColumnMatrix<S>
  private var matrix: ColumnMatrix<S>
  private var work: [S]
  private var iwork: [Int32]

  private static var name: String { "a singular value decomposition" }
  private var order: Int { min(rows, columns) }

  package init(rows: Int, columns: Int, vectors: Bool) throws(FactorizationError) {
    let order = min(rows, columns)
    let (elements, square) = (LAPACK.product(rows, columns), LAPACK.product(order, order))
    // gesdd's own bound: 4k² + 7k with vectors, 7k without, and panels of up to 64 columns.
    try LAPACK.admit(
      Self.name, rows: rows, columns: columns,
      numbers: elements + LAPACK.product(136, rows + columns)
        + (vectors ? LAPACK.product(order, rows + columns) + LAPACK.product(4, square) : 0), S.self)
    (self.rows, self.columns, hasVectors) = (rows, columns, vectors)
    values = [S](repeating: 0, count: order)
    left = ColumnMatrix(rows: vectors ? rows : 0, columns: vectors ? order : 0)
    right = ColumnMatrix(rows: vectors ? order : 0, columns: vectors ? columns : 0)
    matrix = ColumnMatrix(rows: rows, columns: columns)
    iwork = [Int32](repeating: 0, count: max(1, 8 * order))
    let (m, n) = (Int32(rows), Int32(columns))
    var answers: (S, S) = (0, 0)
    _ = LAPACK.checked(
      unsafe S.gesdd(
        vectors: vectors, m, n, &matrix.values, &values, &left.values, &right.values, &answers.0, -1, &iwork), "gesdd")
    _ = LAPACK.checked(
      unsafe S.gesvd(vectors: vectors, m, n, &matrix.values, &values, &left.values, &right.values, &answers.1, -1),
      "gesvd")
    work = LAPACK.workspace(answers.0, answers.1)
  }

  /// - Parameter method: what is tried first; QR iteration is slower, and is what is tried last.
  package mutating func decompose(
    _ matrix: ColumnMatrix<S>, by method: Method = .divideAndConquer
  ) throws(FactorizationError) {
    try LAPACK.requireFinite(matrix.values, Self.name)
    guard order > 0 else { return }
    if method == .divideAndConquer, run(matrix, .divideAndConquer) { return }
    guard run(matrix, .qrIteration) else { throw .notConverged(Self.name, rows: rows, columns: columns) }
  }

  /// - Returns: whether it converged.
  private mutating func run(_ matrix: ColumnMatrix<S>, _ method: Method) -> Bool {
    self.matrix.copy(matrix)
    let (m, n, lwork) = (Int32(rows), Int32(columns), Int32(work.count))
    switch method {
    case .divideAndConquer:
      let info = unsafe S.gesdd(
        vectors: hasVectors, m, n, &self.matrix.values, &values, &left.values, &right.values, &work, lwork, &iwork)
      return LAPACK.checked(info, "gesdd") == 0
    case .qrIteration:
      let info = unsafe S.gesvd(
        vectors: hasVectors, m, n, &self.matrix.values, &values, &left.values, &right.values, &work, lwork)
      return LAPACK.checked(info, "gesvd") == 0
    }
  }
}
