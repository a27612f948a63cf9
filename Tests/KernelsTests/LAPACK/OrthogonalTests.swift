import Kernels
import Testing

@Suite("Orthonormal columns")
struct OrthogonalTests {
  @Test(
    "Q has orthonormal columns that span A's, and R = Qᵀ·A a positive diagonal",
    arguments: [(1, 1), (3, 1), (4, 4), (17, 5), (33, 33), (130, 64)])
  func factorization(rows: Int, columns: Int) throws {
    var random = SplitMix64(rows)
    let a: [Double] = random.numbers(rows * columns, within: 1)
    var q = a
    try Orthogonal.orthonormalize(&q, rows: rows, columns: columns)
    func product(_ x: [Double], _ i: Int, _ y: [Double], _ j: Int) -> Double {
      (0..<rows).reduce(0) { $0 + x[$1 * columns + i] * y[$1 * columns + j] }
    }
    // Householder's factorization is backward stable: some rows · columns roundoffs of the norm of a column, √rows here.
    let allowed = Double(rows * columns + rows) * 0x1p-52 * Double(rows).squareRoot()
    for i in 0..<columns {
      for j in 0..<columns {
        #expect(abs(product(q, i, q, j) - (i == j ? 1 : 0)) <= allowed)
        if i > j { #expect(abs(product(q, i, a, j)) <= allowed) }
      }
      #expect(product(q, i, a, i) > 0)
    }
  }

  @Test("More columns than rows stop, and so does a wrong count")
  func wrongShape() async {
    await #expect(processExitsWith: .failure) {
      var matrix = [Double](repeating: 1, count: 6)
      try Orthogonal.orthonormalize(&matrix, rows: 2, columns: 3)
    }
    await #expect(processExitsWith: .failure) {
      var matrix = [Double](repeating: 1, count: 5)
      try Orthogonal.orthonormalize(&matrix, rows: 3, columns: 2)
    }
  }
}
