/// Matrix products on places of a block, their shapes checked.
extension Block where Element: KernelScalar {
  /// C = A·B + beta·C in OpenBLAS, with A or B transposed if asked. A sum's order depends on the shape of C.
  package func multiply(
    _ a: Matrix, _ b: Matrix, transposingA transposeA: Bool = false, transposingB transposeB: Bool = false,
    addingTo beta: Element = 0, into c: Matrix
  ) {
    let m = transposeA ? a.columns : a.rows
    let k = transposeA ? a.rows : a.columns
    let n = transposeB ? b.rows : b.columns
    precondition(
      k == (transposeB ? b.columns : b.rows) && c.rows == m && c.columns == n,
      "product [\(m), \(k)]·[\(transposeB ? b.columns : b.rows), \(n)] into [\(c.rows), \(c.columns)]")
    guard m > 0, n > 0, k > 0 else { return }
    unsafe Element._Kernels.gemm(
      transposeA: transposeA, transposeB: transposeB, m, n, k,
      pointer(a), max(1, a.stride), pointer(b), max(1, b.stride), beta, pointer(c), max(1, c.stride))
  }

  /// Scalars that a matrix [inner, columns] takes when packed.
  package static func packedCount(inner: Int, columns: Int) -> Int {
    Element._Kernels.packedCount(inner, columns)
  }

  /// Packs B = `b` (or its transpose) for `multiplyPacked`.
  package func pack(_ b: Matrix, transposed: Bool, at offset: Int) {
    let (inner, columns) = transposed ? (b.columns, b.rows) : (b.rows, b.columns)
    let size = Self.packedCount(inner: inner, columns: columns)
    unsafe Element._Kernels.pack(
      inner, columns, pointer(b), transposed ? 1 : b.stride, transposed ? b.stride : 1,
      pointer(Matrix(offset: offset, rows: 1, columns: size)))
  }

  /// Columns at whose multiples a part of a packed matrix may start, on every instruction set.
  package static var packedColumnUnit: Int { 32 }

  /// What a packed product is added to.
  package enum Start {
    case zero
    /// What stands in C.
    case itself
    /// A vector (one row of as many columns as C), for every row.
    case bias(Matrix)
  }

  /// C = start + A·B with B packed at `offset`. A row's result does not depend on the rows that go along with it.
  /// - Parameter part: columns of C to compute, from a multiple of `packedColumnUnit` on; nil: all.
  package func multiplyPacked(
    _ a: Matrix, packed offset: Int, from start: Start = .itself, into c: Matrix, columns part: Range<Int>? = nil
  ) {
    precondition(a.rows == c.rows, "product of \(a.rows) rows into \(c.rows)")
    let part = part ?? 0..<c.columns
    precondition(part.lowerBound % Self.packedColumnUnit == 0, "part of a packed matrix from column \(part.lowerBound)")
    let packed = Matrix(
      offset: offset + Self.packedCount(inner: a.columns, columns: part.lowerBound), rows: 1,
      columns: Self.packedCount(inner: a.columns, columns: part.count))
    let target = c.columns(part)
    let first: UnsafePointer<Element>?
    var stride = 0
    switch start {
    case .zero: unsafe first = nil
    case .itself: unsafe (first, stride) = (UnsafePointer(pointer(target)), c.stride)
    case .bias(let bias):
      precondition(bias.columns == c.columns, "a bias of \(bias.columns) for \(c.columns) columns")
      unsafe first = UnsafePointer(pointer(bias.columns(part)))
    }
    unsafe Element._Kernels.multiplyPacked(
      a.rows, part.count, a.columns, pointer(a), a.stride, pointer(packed), first, stride, pointer(target), c.stride)
  }

  /// C += Aᵀ·B without OpenBLAS. A part of C does not depend on the parts computed beside it.
  package func multiplyTransposed(_ a: Matrix, _ b: Matrix, addingTo c: Matrix) {
    precondition(
      a.rows == b.rows && c.rows == a.columns && c.columns == b.columns,
      "product [\(a.columns), \(a.rows)]·[\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    unsafe Element._Kernels.multiplyTransposed(
      c.rows, c.columns, a.rows, pointer(a), a.stride, pointer(b), b.stride, pointer(c), c.stride)
  }
}
