internal import CKernels

/// Products with matrices most of which are zeros: of each 16 columns those rows alone count that are not all zeros.
extension Memory where Element: KernelScalar {
  /// Scalars that a matrix [inner, columns] takes when packed.
  package static func sparseCount(inner: Int, columns: Int) -> Int {
    unsafe Element.kernels.pointee.sparse_count(inner, columns)
  }

  /// Packs B = `b` (or its transpose) for `multiplySparse`.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func packSparse(_ b: Region, transposed: Bool, at packed: Region) {
    let (inner, columns) = transposed ? (b.columns, b.rows) : (b.rows, b.columns)
    let (rowStride, columnStride) = transposed ? (1, b.stride) : (b.stride, 1)
    checkSparse(packed, inner, columns)
    unsafe Element.kernels.pointee.pack_sparse(
      inner, columns, pointer(b), rowStride, columnStride, pointer(packed))
  }

  /// C += A·B with B packed. A row's result does not depend on the rows that go along with it.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiplySparse(_ a: Region, packed: Region, addingTo c: Region) {
    require(a.rows == c.rows, "product of \(a.rows) rows into \(c.rows)")
    checkSparse(packed, a.columns, c.columns)
    unsafe Element.kernels.pointee.multiply_sparse(
      a.rows, c.columns, a.columns, pointer(a), a.stride, pointer(packed), pointer(c), c.stride)
  }

  private func checkSparse(_ packed: Region, _ inner: Int, _ columns: Int) {
    let count = Self.sparseCount(inner: inner, columns: columns)
    require(packed.count == count, "a packed matrix of \(packed.count) scalars, expected \(count)")
  }
}
