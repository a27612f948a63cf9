/// Eigenvalues, and eigenvectors if asked for, of symmetric matrices of one order (LAPACK syevd). Its memory is taken once, by
/// `init`.
package struct SymmetricEigen<S: LAPACKScalar>: Sendable {
  package let order: Int
  package let hasVectors: Bool
  /// The eigenvalues, the least first.
  package private(set) var values: [S]
  /// The eigenvectors as columns, in the order of the values. Without meaning where there are none.
  package private(set) var vectors: ColumnMatrix<S>
  private var work: [S]
  private var iwork: [Int32]

  private static var name: String { "an eigendecomposition" }

  package init(order: Int, vectors: Bool) throws(FactorizationError) {
    // LAPACK's own count of the workspace: 1 + 6n + 2n².
    try LAPACK.admit(
      Self.name, rows: order, columns: order,
      numbers: LAPACK.product(vectors ? 3 : 1, LAPACK.product(order, order)) + LAPACK.product(136, order) + 1, S.self)
    (self.order, hasVectors) = (order, vectors)
    values = [S](repeating: 0, count: order)
    self.vectors = ColumnMatrix(rows: order, columns: order)
    var (answer, integers): (S, Int32) = (0, 0)
    _ = LAPACK.checked(
      unsafe S.syevd(
        vectors: vectors, Int32(order), &self.vectors.values, &values, &answer, -1, &integers, -1), "syevd")
    work = LAPACK.workspace(answer)
    iwork = [Int32](repeating: 0, count: max(1, Int(integers)))
  }

  /// - Parameter matrix: symmetric; what lies above its diagonal is not looked at but for whether it is finite.
  package mutating func decompose(_ matrix: ColumnMatrix<S>) throws(FactorizationError) {
    try LAPACK.requireFinite(matrix.values, Self.name)
    vectors.copy(matrix)
    guard order > 0 else { return }
    let (lwork, liwork) = (Int32(work.count), Int32(iwork.count))
    let info = unsafe S.syevd(
      vectors: hasVectors, Int32(order), &vectors.values, &values, &work, lwork, &iwork, liwork)
    guard LAPACK.checked(info, "syevd") == 0 else { throw .notConverged(Self.name, rows: order, columns: order) }
  }
}
