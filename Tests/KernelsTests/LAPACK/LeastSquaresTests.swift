import Kernels
import Testing

@Suite("Least squares")
struct LeastSquaresTests {
  private static func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  private static func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }

  /// A problem with its solution.
  private struct Problem {
    let a: [Double], b: [Double], rows: Int, columns: Int, x: [Double]

    init(_ a: [Double], _ b: [Double], columns: Int) throws {
      (self.a, self.b, self.columns, rows) = (a, b, columns, b.count)
      x = try LeastSquares.solve(a, rows: b.count, columns: columns, targets: b)
      #expect(x.count == columns)
    }

    func column(_ j: Int) -> [Double] { (0..<rows).map { a[$0 * columns + j] } }

    var residual: [Double] { (0..<rows).map { b[$0] - dot(Array(a[($0 * columns)..<(($0 + 1) * columns)]), x) } }

    /// Roundings of a computed orthogonal transformation: each of up to `columns` reflections sums over `rows`, twice,
    /// and the bidiagonal form needs as many again from the right.
    var roundings: Double { 4 * Double(rows * columns) * Double.ulpOfOne / 2 }

    /// What was solved exactly is (A + E)·x ≈ b + f with E and f of `roundings` times A and b. So Aᵀ·(b − A·x) is not 0
    /// but −Eᵀ·r + Aᵀ·(E·x − f).
    var bound: Double {
      roundings * norm(a) * (norm(residual) + norm(b) + norm(a) * norm(x))
    }

    func checkResidual() {
      let (r, bound) = (residual, bound)
      for j in 0..<columns { #expect(abs(dot(column(j), r)) <= bound, "column \(j)") }
    }
  }

  @Test("The residual is orthogonal to every column", arguments: [(40, 5), (300, 31), (9, 8), (6, 6), (5, 9)])
  func residual(rows: Int, columns: Int) throws {
    var generator = SplitMix64(rows)
    let problem = try Problem(
      generator.numbers(rows * columns, within: 1), generator.numbers(rows, within: 1), columns: columns)
    problem.checkResidual()
    #expect(rows <= columns || Self.norm(problem.residual) > 0.1)
  }

  /// Diagonally dominant: the largest singular value is at most 4 + 5, the least at least 4 − 5/2 for the sums over
  /// either rows or columns.
  @Test("A square matrix is solved")
  func square() throws {
    let count = 6
    var generator = SplitMix64(1)
    var a: [Double] = generator.numbers(count * count, within: 0.5)
    for i in 0..<count { a[i * count + i] = 4 }
    let x: [Double] = generator.numbers(count, within: 1)
    let b = (0..<count).map { i in Self.dot(Array(a[(i * count)..<((i + 1) * count)]), x) }
    let problem = try Problem(a, b, columns: count)
    let condition = (4 + 2.5) / (4 - 2.5)
    // The error of x is at most the condition times the relative errors of A and b.
    let bound = 2 * condition * problem.roundings * Self.norm(a) / (4 - 2.5) * Self.norm(x)
    for (found, expected) in zip(problem.x, x) { #expect(abs(found - expected) <= bound) }
  }

  @Test("One column: a·b / a·a")
  func oneColumn() throws {
    var generator = SplitMix64(2)
    let (a, b): ([Double], [Double]) = (generator.numbers(50, within: 1), generator.numbers(50, within: 1))
    let problem = try Problem(a, b, columns: 1)
    let expected = Self.dot(a, b) / Self.dot(a, a)
    #expect(abs(problem.x[0] - expected) <= 2 * problem.roundings * Self.norm(b) / Self.norm(a))
    #expect(try Problem([4], [2], columns: 1).x == [0.5])
  }

  @Test("Where columns depend on each other the solution is the one of least norm")
  func rankDeficient() throws {
    var generator = SplitMix64(3)
    let (u, v): ([Double], [Double]) = (generator.numbers(30, within: 1), generator.numbers(30, within: 1))
    // Columns u, v and u + v: what solves them has a free multiple of (1, 1, −1), and none of it in the least one.
    let b: [Double] = generator.numbers(30, within: 1)
    let problem = try Problem(zip(u, v).flatMap { [$0, $1, $0 + $1] }, b, columns: 3)
    problem.checkResidual()
    // x lies in the row space as computed, off by E relative to the least singular value that counts: of independent
    // random columns it is no less than a tenth of the norm.
    #expect(abs(problem.x[0] + problem.x[1] - problem.x[2]) <= 10 * problem.roundings * Self.norm(problem.x))
  }

  @Test("A constant series, and no information at all")
  func constant() throws {
    let same = try Problem([Double](repeating: 3, count: 20 * 4), [Double](repeating: 6, count: 20), columns: 4)
    for weight in same.x { #expect(abs(weight - 0.5) <= same.roundings) }
    #expect(try Problem([0, 0, 0, 0, 0, 0], [1, 2, 3], columns: 2).x == [0, 0])
  }

  @Test("Sizes of numbers near the ends of the range")
  func scales() throws {
    for scale in [1e-300, 1e300] {
      let problem = try Problem([1, 1, 1, 2, 1, 3].map { $0 * scale }, [3, 5, 7].map { $0 * scale }, columns: 2)
      for (found, expected) in zip(problem.x, [1.0, 2.0]) { #expect(abs(found - expected) < 1e-13) }
    }
  }

  @Test("NaN and infinity are refused", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) {
    #expect(throws: FactorizationError.notFinite("a fit by least squares")) {
      try LeastSquares.solve([1, 2, value, 4], rows: 2, columns: 2, targets: [1, 2])
    }
    #expect(throws: FactorizationError.notFinite("a fit by least squares")) {
      try LeastSquares.solve([1, 2, 3, 4], rows: 2, columns: 2, targets: [1, value])
    }
  }
}
