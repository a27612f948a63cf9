/// The eigenvalues of square matrices of one order, symmetric or not (LAPACK geev). Its memory is taken once, by `init`.
package struct Eigenvalues<S: LAPACKScalar>: Sendable {
  package let order: Int
  /// Real and imaginary parts; conjugate pairs stand side by side.
  package private(set) var real: [S]
  package private(set) var imaginary: [S]
  private var matrix: ColumnMatrix<S>
  private var work: [S]

  private static var name: String { "a spectrum" }

  package init(order: Int) throws(FactorizationError) {
    try LAPACK.admit(
      Self.name, rows: order, columns: order, numbers: LAPACK.product(order, order) + LAPACK.product(136, order), S.self
    )
    self.order = order
    matrix = ColumnMatrix(rows: order, columns: order)
    real = [S](repeating: 0, count: order)
    imaginary = real
    var answer: S = 0
    _ = LAPACK.checked(unsafe S.geev(Int32(order), &matrix.values, &real, &imaginary, &answer, -1), "geev")
    work = LAPACK.workspace(answer)
  }

  package mutating func compute(_ matrix: ColumnMatrix<S>) throws(FactorizationError) {
    try LAPACK.requireFinite(matrix.values, Self.name)
    self.matrix.copy(matrix)
    guard order > 0 else { return }
    let lwork = Int32(work.count)
    let info = unsafe S.geev(Int32(order), &self.matrix.values, &real, &imaginary, &work, lwork)
    guard LAPACK.checked(info, "geev") == 0 else { throw .notConverged(Self.name, rows: order, columns: order) }
  }

  /// The largest magnitude of an eigenvalue.
  package var spectralRadius: S {
    var largest: S = 0
    for index in 0..<order { largest = max(largest, S(hypot(real[index], imaginary[index]))) }
    return largest
  }

  /// Without overflow on the way.
  private func hypot(_ x: S, _ y: S) -> S {
    let (large, small) = (max(abs(x), abs(y)), min(abs(x), abs(y)))
    guard large > 0 else { return 0 }
    let ratio = small / large
    return large * (1 + ratio * ratio).squareRoot()
  }
}
