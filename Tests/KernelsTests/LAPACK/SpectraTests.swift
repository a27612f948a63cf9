import Kernels
import Testing

@Suite("Eigenvalues")
struct SpectraTests {
  @Test("A·V = V·Λ with orthonormal V, symmetric A", arguments: factorizedOrders)
  func symmetric(order: Int) throws {
    try check(ColumnMatrix<Double>.symmetric(order))
    try check(ColumnMatrix<Float>.symmetric(order))
  }

  @Test("Equal eigenvalues, none but zeros, and an ill-conditioned matrix")
  func clustered() throws {
    try check(ColumnMatrix<Double>.identity(40))
    try check(ColumnMatrix<Double>(rows: 9, columns: 9))
    try check(ColumnMatrix<Double>.hilbert(80))
    try check(ColumnMatrix<Float>.hilbert(80))
  }

  private func check<S: LAPACKScalar>(_ a: ColumnMatrix<S>) throws {
    let order = a.rows
    var eigen = try SymmetricEigen<S>(order: order, vectors: true)
    try eigen.decompose(a)
    let (v, allowed) = (eigen.vectors.exact, orthogonalRoundings(order, order, S.self))
    #expect(v.skewness <= allowed * Double(order).squareRoot())
    let scaled = v.times(.diagonal(eigen.values.map { Double($0) }))
    #expect(a.exact.times(v).distance(to: scaled) <= 2 * allowed * a.exact.norm)
    #expect(eigen.values == eigen.values.sorted())
    var values = try SymmetricEigen<S>(order: order, vectors: false)
    try values.decompose(a)
    for (alone, other) in zip(values.values, eigen.values) {
      #expect(abs(Double(alone - other)) <= 2 * allowed * a.exact.norm)
    }
  }

  /// An eigenvalue of what is not normal may be off by far more than a rounding, but their sum is the trace of what was
  /// decomposed exactly.
  @Test("Eigenvalues add up to the trace", arguments: factorizedOrders)
  func trace(order: Int) throws {
    func check<S: LAPACKScalar>(_ scalar: S.Type) throws {
      let a = ColumnMatrix<S>.random(order, order)
      var eigenvalues = try Eigenvalues<S>(order: order)
      try eigenvalues.compute(a)
      let sum = eigenvalues.real.reduce(0) { $0 + Double($1) }
      let trace = (0..<order).reduce(0) { $0 + Double(a[$1, $1]) }
      let allowed = 2 * orthogonalRoundings(order, order, S.self) * a.exact.norm * Double(order).squareRoot()
      #expect(abs(sum - trace) <= allowed)
      #expect(abs(eigenvalues.imaginary.reduce(0) { $0 + Double($1) }) <= allowed)
    }
    try check(Double.self)
    try check(Float.self)
  }

  @Test("All eigenvalues of 0.9 times an orthogonal matrix have the magnitude 0.9", arguments: [1, 2, 33, 120])
  func orthogonal(order: Int) throws {
    var entries: [Double] = SplitMix64.entries(order * order)
    try Orthogonal.orthonormalize(&entries, rows: order, columns: order)
    var eigenvalues = try Eigenvalues<Double>(order: order)
    try eigenvalues.compute(ColumnMatrix(entries.map { 0.9 * $0 }, rows: order, columns: order))
    // Of a normal matrix none is off by more than the norm of what was rounded.
    let allowed = 2 * orthogonalRoundings(order, order, Double.self) * 0.9 * Double(order).squareRoot()
    for (x, y) in zip(eigenvalues.real, eigenvalues.imaginary) {
      #expect(abs((x * x + y * y).squareRoot() - 0.9) <= allowed)
    }
    #expect(abs(eigenvalues.spectralRadius - 0.9) <= allowed)
  }

  @Test("A turn by a right angle, and a matrix that has one eigenvector")
  func known() throws {
    var eigenvalues = try Eigenvalues<Double>(order: 2)
    try eigenvalues.compute(ColumnMatrix([0, 2, -2, 0], rows: 2, columns: 2))
    for (found, expected) in zip(eigenvalues.real + eigenvalues.imaginary, [0, 0, 2.0, -2]) {
      #expect(abs(found - expected) <= 16 * Double.unitRoundoff)
    }
    #expect(abs(eigenvalues.spectralRadius - 2) <= 16 * Double.unitRoundoff)
    try eigenvalues.compute(ColumnMatrix([3, 0, 1, 3], rows: 2, columns: 2))
    #expect(eigenvalues.real == [3, 3] && eigenvalues.imaginary == [0, 0])
    try eigenvalues.compute(ColumnMatrix([1e300, 1e300, -1e300, 1e300], rows: 2, columns: 2))
    #expect(abs(eigenvalues.spectralRadius / (2.0.squareRoot() * 1e300) - 1) <= 1e-14)
  }
}

extension SplitMix64 {
  static func entries(_ count: Int) -> [Double] {
    var generator = SplitMix64(count)
    return generator.numbers(count, within: 1)
  }
}
