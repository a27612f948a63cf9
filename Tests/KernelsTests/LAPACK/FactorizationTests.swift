import Kernels
import Testing

/// What all factorizations have in common.
@Suite("Factorizations")
struct FactorizationTests {
  /// A factorization of [5, 5] matrices: what it gives, as bits.
  struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable () throws -> (ColumnMatrix<Double>) throws -> [Double]
  }

  static let kinds = [
    Kind(testDescription: "QR") {
      var qr = try QRFactorization<Double>(rows: 5, columns: 5)
      return { matrix in
        try qr.factor(matrix)
        return qr.r.values
      }
    },
    Kind(testDescription: "Cholesky") {
      var cholesky = try CholeskyFactorization<Double>(order: 5)
      return { matrix in
        try cholesky.factor(matrix)
        var x = ColumnMatrix<Double>.identity(5)
        try cholesky.solve(&x)
        return x.values + [cholesky.reciprocalCondition()]
      }
    },
    Kind(testDescription: "symmetric eigen") {
      var eigen = try SymmetricEigen<Double>(order: 5, vectors: true)
      return { matrix in
        try eigen.decompose(matrix)
        return eigen.values + eigen.vectors.values
      }
    },
    Kind(testDescription: "eigenvalues") {
      var eigenvalues = try Eigenvalues<Double>(order: 5)
      return { matrix in
        try eigenvalues.compute(matrix)
        return eigenvalues.real + eigenvalues.imaginary
      }
    },
    Kind(testDescription: "singular values") {
      var svd = try SingularValues<Double>(rows: 5, columns: 5, vectors: true)
      return { matrix in
        try svd.decompose(matrix)
        return svd.values + svd.left.values + svd.right.values
      }
    },
    Kind(testDescription: "least squares") {
      var solver = try RankLeastSquares<Double>(rows: 5, columns: 5, rightColumns: 5)
      return { matrix in
        var x = ColumnMatrix<Double>.identity(5)
        try solver.solve(matrix, .identity(5), into: &x)
        return x.values + solver.singularValues
      }
    },
  ]

  @Test("Repeated calls give the same bits, whatever came between", arguments: kinds)
  func repeated(kind: Kind) throws {
    let run = try kind.make()
    let matrix = ColumnMatrix<Double>.definite(5)
    let first = try run(matrix)
    _ = try run(.identity(5))
    #expect(try run(matrix).isIdentical(to: first))
    #expect(try kind.make()(matrix).isIdentical(to: first))
  }

  @Test("NaN and infinity are refused, and do no harm to what follows", arguments: kinds)
  func notFinite(kind: Kind) throws {
    let run = try kind.make()
    let matrix = ColumnMatrix<Double>.definite(5)
    let first = try run(matrix)
    for value in [Double.nan, .infinity, -.infinity] {
      for place in [0, 7, 11, 24] {
        var wrong = matrix
        wrong.values[place] = value
        let error = try #require(throws: FactorizationError.self) { _ = try run(wrong) }
        guard case .notFinite = error else {
          Issue.record("\(error)")
          continue
        }
        #expect("\(error)".hasSuffix("needs finite numbers: one is NaN or infinite"))
      }
    }
    #expect(try run(matrix).isIdentical(to: first))
  }

  @Test("Right-hand sides that are not finite are refused")
  func notFiniteRight() throws {
    let wrong = ColumnMatrix<Double>([1, .nan], rows: 2, columns: 1)
    var cholesky = try CholeskyFactorization<Double>(order: 2)
    try cholesky.factor(.identity(2))
    var right = wrong
    #expect(throws: FactorizationError.self) { try cholesky.solve(&right) }
    var qr = try QRFactorization<Double>(rows: 2, columns: 2, rightColumns: 1)
    try qr.factor(.identity(2))
    #expect(throws: FactorizationError.self) { try qr.applyTransposedQ(to: &right) }
    var solver = try RankLeastSquares<Double>(rows: 2, columns: 2, rightColumns: 1)
    var x = ColumnMatrix<Double>(rows: 2, columns: 1)
    #expect(throws: FactorizationError.self) { try solver.solve(.identity(2), wrong, into: &x) }
  }

  @Test("Numbers near the ends of the range", arguments: [1e-300, 1e300])
  func scales(scale: Double) throws {
    var svd = try SingularValues<Double>(rows: 2, columns: 2, vectors: false)
    try svd.decompose(ColumnMatrix([3 * scale, 4 * scale, 0, 0], rows: 2, columns: 2))
    #expect(abs(svd.values[0] / scale - 5) <= 1e-14 && svd.values[1] == 0)
    var eigen = try SymmetricEigen<Double>(order: 2, vectors: false)
    try eigen.decompose(.diagonal([scale, -2 * scale]))
    #expect(abs(eigen.values[0] / scale + 2) <= 1e-14)
  }

  @Test("Sizes beyond what LAPACK counts are refused before memory is asked for")
  func tooLarge() {
    let large = 1 << 20
    func expectRefusal(_ make: () throws -> Void) {
      let error = #expect(throws: FactorizationError.self) { try make() }
      if case .tooLarge = error {} else { Issue.record("\(String(describing: error))") }
    }
    for size in [large, Int(Int32.max), Int.max / 2] {
      expectRefusal { _ = try QRFactorization<Double>(rows: size, columns: size) }
      expectRefusal { _ = try CholeskyFactorization<Double>(order: size) }
      expectRefusal { _ = try SymmetricEigen<Double>(order: size, vectors: false) }
      expectRefusal { _ = try Eigenvalues<Float>(order: size) }
      expectRefusal { _ = try SingularValues<Double>(rows: size, columns: size, vectors: true) }
      expectRefusal { _ = try RankLeastSquares<Double>(rows: size, columns: size, rightColumns: 1) }
    }
    // Its 4n² alone are too many, though the matrix is not.
    expectRefusal { _ = try SingularValues<Float>(rows: 26_000, columns: 26_000, vectors: true) }
    expectRefusal { _ = try QRFactorization<Double>(rows: Int(Int32.max) + 1, columns: 0) }
  }

  @Test("Wrong shapes stop")
  func wrongShapes() async {
    await #expect(processExitsWith: .failure) {
      var qr = try QRFactorization<Double>(rows: 3, columns: 2)
      try qr.factor(ColumnMatrix(rows: 2, columns: 3))
    }
    await #expect(processExitsWith: .failure) {
      var cholesky = try CholeskyFactorization<Double>(order: 3)
      var b = ColumnMatrix<Double>(rows: 2, columns: 1)
      try cholesky.solve(&b)
    }
    await #expect(processExitsWith: .failure) { _ = ColumnMatrix<Double>([1, 2, 3], rows: 2, columns: 2) }
    await #expect(processExitsWith: .failure) { _ = ColumnMatrix<Double>.identity(2)[2, 0] }
  }
}
