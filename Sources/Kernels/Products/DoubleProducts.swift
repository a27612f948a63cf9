import COpenBLAS

/// Products of matrices in double precision that lie in arrays, row-major, by OpenBLAS: what fits by least squares sum
/// up. Of symmetric matrices the triangle on and above the diagonal counts, and it alone is written.
package enum DoubleProducts {
  /// C += Aᵀ·A, with A [rows, columns] and C symmetric, of which what lies on and above the diagonal counts.
  package static func addGram(of a: [Double], rows: Int, columns: Int, to c: inout [Double]) {
    check(a, rows, columns)
    check(c, columns, columns)
    guard rows > 0, columns > 0 else { return }
    if OpenBLAS.isNarrower(than: Processor.instructionSet) {
      addGramInStrips(of: a, rows: rows, columns: columns, to: &c)
    } else {
      let n = blasint(columns)
      unsafe cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, blasint(rows), 1, a, n, 1, &c, n)
    }
  }

  /// The same by the kernels of this package, for processors that OpenBLAS does not know.
  package static func addGramInStrips(of a: [Double], rows: Int, columns: Int, to c: inout [Double]) {
    check(a, rows, columns)
    check(c, columns, columns)
    // Narrow enough that little is computed below the diagonal, wide enough for the kernels.
    let width = 128
    unsafe a.withUnsafeBufferPointer { a in
      unsafe c.withUnsafeMutableBufferPointer { c in
        guard let a = a.baseAddress, let c = c.baseAddress else { return }
        for first in stride(from: 0, to: columns, by: width) {
          let end = min(first + width, columns)
          unsafe Double.kernels.pointee.multiply_transposed(
            end, end - first, rows, a, columns, a + first, columns, c + first, columns)
        }
      }
    }
  }

  /// C += factor · Aᵀ·B, with A [inner, rows], B [inner, columns] and C [rows, columns].
  package static func addTransposed(
    _ a: [Double], _ b: [Double], rows: Int, inner: Int, columns: Int, factor: Double = 1, to c: inout [Double]
  ) {
    check(a, inner, rows)
    check(b, inner, columns)
    check(c, rows, columns)
    guard rows > 0, inner > 0, columns > 0 else { return }
    unsafe cblas_dgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner), factor, a,
      blasint(rows),
      b, blasint(columns), 1, &c, blasint(columns))
  }

  /// A·B, or A·Bᵀ, with A [rows, inner] and B [inner, columns], or [columns, inner].
  package static func product(
    _ a: [Double], _ b: [Double], transposingB: Bool = false, rows: Int, inner: Int, columns: Int
  ) -> [Double] {
    check(a, rows, inner)
    check(b, inner, columns)
    var c = [Double](repeating: 0, count: rows * columns)
    guard rows > 0, inner > 0, columns > 0 else { return c }
    unsafe cblas_dgemm(
      CblasRowMajor, CblasNoTrans, transposingB ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
      blasint(inner), 1, a, blasint(inner), b, blasint(transposingB ? inner : columns), 0, &c, blasint(columns))
    return c
  }

  /// A·x, with A symmetric.
  package static func symmetric(_ a: [Double], _ x: [Double]) -> [Double] {
    let n = x.count
    check(a, n, n)
    var y = [Double](repeating: 0, count: n)
    guard n > 0 else { return y }
    unsafe cblas_dsymv(CblasRowMajor, CblasUpper, blasint(n), 1, a, blasint(n), x, 1, 0, &y, 1)
    return y
  }

  /// A += factor · x·xᵀ, with A symmetric.
  package static func addOuter(_ x: [Double], factor: Double, to a: inout [Double]) {
    let n = x.count
    check(a, n, n)
    guard n > 0 else { return }
    unsafe cblas_dsyr(CblasRowMajor, CblasUpper, blasint(n), factor, x, 1, &a, blasint(n))
  }

  /// y += factor · x.
  package static func add(_ x: [Double], factor: Double = 1, to y: inout [Double]) {
    require(x.count == y.count, "expected \(y.count) numbers, got \(x.count)")
    unsafe cblas_daxpy(blasint(x.count), factor, x, 1, &y, 1)
  }

  /// Takes the mean of each column from A [rows, columns].
  /// - Returns: the means.
  package static func center(_ a: inout [Double], rows: Int, columns: Int) -> [Double] {
    check(a, rows, columns)
    var means = [Double](repeating: 0, count: columns)
    guard rows > 0, columns > 0 else { return means }
    unsafe a.withUnsafeMutableBufferPointer { a in
      unsafe means.withUnsafeMutableBufferPointer { means in
        for row in 0..<rows {
          for column in 0..<columns { unsafe means[column] += a[row * columns + column] }
        }
        for column in 0..<columns { unsafe means[column] /= Double(rows) }
        for row in 0..<rows {
          for column in 0..<columns { unsafe a[row * columns + column] -= means[column] }
        }
      }
    }
    return means
  }

  private static func check(_ matrix: [Double], _ rows: Int, _ columns: Int) {
    require(
      matrix.count == rows * columns && max(rows, columns) <= Int(Int32.max),
      "expected a [\(rows), \(columns)] matrix, got \(matrix.count) numbers")
  }
}
