import Kernels
import Testing

/// Beside `LeastSquaresTests`, which look at one right-hand side closely: several of them, both precisions, and the rank.
@Suite("Least squares by rank")
struct RankLeastSquaresTests {
  @Test("The residuals are orthogonal to every column", arguments: factorizedShapes)
  func residual(rows: Int, columns: Int) throws {
    #expect(try check(ColumnMatrix<Double>.random(rows, columns)) == min(rows, columns))
    #expect(try check(ColumnMatrix<Float>.random(rows, columns)) == min(rows, columns))
  }

  @Test("The rank is the number of independent columns", arguments: [1, 2, 9])
  func rank(rank: Int) throws {
    #expect(try check(ColumnMatrix<Double>.deficient(40, 30, rank: rank)) == rank)
    #expect(try check(ColumnMatrix<Double>.deficient(30, 40, rank: rank)) == rank)
  }

  @Test("A cutoff leaves out what is small")
  func cutoff() throws {
    var solver = try RankLeastSquares<Double>(rows: 3, columns: 3, rightColumns: 1)
    var x = ColumnMatrix<Double>(rows: 3, columns: 1)
    let (a, b) = (ColumnMatrix<Double>.diagonal([2, 1, 1e-5]), ColumnMatrix<Double>([2, 2, 2], rows: 3, columns: 1))
    try solver.solve(a, b, into: &x, cutoff: 1e-3)
    #expect(solver.rank == 2 && solver.singularValues == [2, 1, 1e-5])
    for (found, expected) in zip(x.values, [1.0, 2, 0]) { #expect(abs(found - expected) <= 1e-14) }
    try solver.solve(a, b, into: &x)
    #expect(solver.rank == 3 && abs(x[2, 0] / 2e5 - 1) <= 1e-14)
  }

  /// What was solved exactly is (A + E)·X ≈ B + F with E and F of the roundings times A and B.
  private func check<S: LAPACKScalar>(_ a: ColumnMatrix<S>) throws -> Int {
    var solver = try RankLeastSquares<S>(rows: a.rows, columns: a.columns, rightColumns: 4)
    let b = ColumnMatrix<S>.random(a.rows, 4, seed: 5)
    var x = ColumnMatrix<S>(rows: a.columns, columns: 4, repeating: .nan)
    try solver.solve(a, b, into: &x)
    let product = a.exact.times(x.exact)
    let residual = ColumnMatrix<Double>(
      zip(b.values, product.values).map { Double($0) - $1 }, rows: a.rows, columns: 4)
    let (norm, roundings) = (a.exact.norm, orthogonalRoundings(a.rows, a.columns, S.self))
    let bound = roundings * norm * (residual.norm + b.exact.norm + norm * x.exact.norm)
    #expect(a.exact.times(residual, transposingSelf: true).norm <= bound)
    return solver.rank
  }
}
