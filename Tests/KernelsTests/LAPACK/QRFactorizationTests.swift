import Kernels
import Testing

@Suite("QR factorization")
struct QRFactorizationTests {
  @Test("A = Q·R with orthonormal Q and triangular R", arguments: factorizedShapes)
  func residual(rows: Int, columns: Int) throws {
    try check(ColumnMatrix<Double>.random(rows, columns))
    try check(ColumnMatrix<Float>.random(rows, columns))
  }

  @Test("Columns that depend on each other, and nothing but zeros")
  func deficient() throws {
    try check(ColumnMatrix<Double>.deficient(50, 20, rank: 3))
    try check(ColumnMatrix<Float>.hilbert(30))
    try check(ColumnMatrix<Double>(rows: 7, columns: 4))
  }

  private func check<S: LAPACKScalar>(_ a: ColumnMatrix<S>) throws {
    let order = min(a.rows, a.columns)
    var qr = try QRFactorization<S>(rows: a.rows, columns: a.columns, rightColumns: a.columns)
    try qr.factor(a)
    var q = ColumnMatrix<S>(rows: a.rows, columns: order)
    qr.formQ(into: &q)
    let allowed = orthogonalRoundings(a.rows, a.columns, S.self)
    #expect(q.exact.skewness <= allowed * Double(order).squareRoot())
    #expect(q.exact.times(qr.r.exact).distance(to: a.exact) <= 2 * allowed * a.exact.norm)
    for row in 0..<order { for column in 0..<row { #expect(qr.r(row, column) == 0) } }
    // Qᵀ·A is R, and below it nothing.
    var c = a
    try qr.applyTransposedQ(to: &c)
    var stacked = ColumnMatrix<Double>(rows: a.rows, columns: a.columns)
    for row in 0..<order { for column in row..<a.columns { stacked[row, column] = Double(qr.r(row, column)) } }
    #expect(c.exact.distance(to: stacked) <= 2 * allowed * a.exact.norm)
  }
}
