internal import CKernels
internal import COpenBLAS

/// Matrix products on regions of a memory, their shapes checked.
extension Memory where Element: KernelScalar {
  /// C = A·B + beta·C in OpenBLAS, with A or B transposed if asked. A sum's order depends on the shape of C.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiply(
    _ a: Region, _ b: Region, transposingA transposeA: Bool = false, transposingB transposeB: Bool = false,
    addingTo beta: Double = 0, into c: Region
  ) {
    let m = transposeA ? a.columns : a.rows
    let k = transposeA ? a.rows : a.columns
    let n = transposeB ? b.rows : b.columns
    require(
      k == (transposeB ? b.columns : b.rows) && c.rows == m && c.columns == n,
      "product [\(m), \(k)]·[\(transposeB ? b.columns : b.rows), \(n)] into [\(c.rows), \(c.columns)]")
    guard m > 0, n > 0 else { return }
    let (left, right) = (transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans)
    let (lda, ldb, ldc) = (blasint(max(1, a.stride)), blasint(max(1, b.stride)), blasint(max(1, c.stride)))
    if Element.self == Float.self {
      unsafe cblas_sgemm(
        CblasRowMajor, left, right, blasint(m), blasint(n), blasint(k), 1,
        UnsafeRawPointer(pointer(a)).assumingMemoryBound(to: Float.self), lda,
        UnsafeRawPointer(pointer(b)).assumingMemoryBound(to: Float.self), ldb, Float(beta),
        UnsafeMutableRawPointer(pointer(c)).assumingMemoryBound(to: Float.self), ldc)
    } else {
      unsafe cblas_dgemm(
        CblasRowMajor, left, right, blasint(m), blasint(n), blasint(k), 1,
        UnsafeRawPointer(pointer(a)).assumingMemoryBound(to: Double.self), lda,
        UnsafeRawPointer(pointer(b)).assumingMemoryBound(to: Double.self), ldb, beta,
        UnsafeMutableRawPointer(pointer(c)).assumingMemoryBound(to: Double.self), ldc)
    }
  }

  /// Scalars that a matrix [inner, columns] takes when packed.
  package static func packedCount(inner: Int, columns: Int, _ storage: WeightStorage = .full) -> Int {
    switch storage {
    case .full: unsafe Element.kernels.pointee.packed_count(inner, columns)
    case .bfloat16, .float16: unsafe (Element.kernels.pointee.packed_count(inner, columns) + 1) / 2
    case .bfloat16Dot: unsafe rk_pairs().pointee.packed_count(inner, columns)
    case .int8: unsafe rk_integers().pointee.packed_count(inner, columns)
    }
  }

  /// Packs B = `b` (or its transpose) for `multiplyPacked`.
  /// - Precondition: only Floats are stored otherwise than in full.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func pack(_ b: Region, transposed: Bool, at offset: Int, _ storage: WeightStorage = .full) {
    let (inner, columns) = transposed ? (b.columns, b.rows) : (b.rows, b.columns)
    let (rowStride, columnStride) = transposed ? (1, b.stride) : (b.stride, 1)
    let packed = Region(offset: offset, rows: 1, columns: Self.packedCount(inner: inner, columns: columns, storage))
    require(
      storage == .full || Element.self == Float.self, "weights of \(Element.self) are stored in full, got \(storage)")
    if storage == .full {
      unsafe Element.kernels.pointee.pack(inner, columns, pointer(b), rowStride, columnStride, pointer(packed))
    } else if let half = storage.half {
      unsafe rk_halves().pointee.pack(half, inner, columns, pointer(b), rowStride, columnStride, pointer(packed))
    } else if let rounding = unsafe storage.rounding {
      unsafe rounding.pointee.pack(inner, columns, pointer(b), rowStride, columnStride, pointer(packed))
    }
  }

  /// Columns at whose multiples a part of a packed matrix may start, on every instruction set.
  package static var packedColumnUnit: Int { 32 }

  /// C = start + A·B with B packed at `offset`. A row's result does not depend on the rows that go along with it.
  /// - Precondition: only of Floats is there another storage than the full one.
  /// - Parameters:
  ///   - storage: as B was packed.
  ///   - part: columns of C to compute, from a multiple of `packedColumnUnit` on; nil: all.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiplyPacked(
    _ a: Region, packed offset: Int, _ storage: WeightStorage = .full, from start: ProductStart = .itself,
    into c: Region, columns part: Range<Int>? = nil
  ) {
    require(a.rows == c.rows, "product of \(a.rows) rows into \(c.rows)")
    let part = part ?? 0..<c.columns
    require(part.lowerBound % Self.packedColumnUnit == 0, "part of a packed matrix from column \(part.lowerBound)")
    let packed = Region(
      offset: offset + Self.packedCount(inner: a.columns, columns: part.lowerBound, storage), rows: 1,
      columns: Self.packedCount(inner: a.columns, columns: part.count, storage))
    let target = c.columns(part)
    let first: UnsafePointer<Element>?
    var stride = 0
    switch start {
    case .zero: unsafe first = nil
    case .itself: unsafe (first, stride) = (UnsafePointer(pointer(target)), c.stride)
    case .bias(let bias):
      require(bias.columns == c.columns, "a bias of \(bias.columns) for \(c.columns) columns")
      unsafe first = UnsafePointer(vector(bias.columns(part)))
    }
    if storage == .full {
      unsafe Element.kernels.pointee.multiply_packed(
        a.rows, part.count, a.columns, pointer(a), a.stride, pointer(packed), first, stride, pointer(target), c.stride)
    } else if let half = storage.half {
      unsafe rk_halves().pointee.multiply(
        half, a.rows, part.count, a.columns, pointer(a), a.stride, pointer(packed), first, stride, pointer(target),
        c.stride)
    } else if let rounding = unsafe storage.rounding {
      unsafe rounding.pointee.multiply(
        a.rows, part.count, a.columns, pointer(a), a.stride, pointer(packed), first, stride, pointer(target), c.stride)
    }
  }

  /// C += Aᵀ·B without OpenBLAS. A part of C does not depend on the parts computed beside it.
  /// - Parameter storage: `.bfloat16Dot`: both are rounded to such numbers first; else they are multiplied in full.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiplyTransposed(_ a: Region, _ b: Region, addingTo c: Region, _ storage: WeightStorage = .full) {
    require(
      a.rows == b.rows && c.rows == a.columns && c.columns == b.columns,
      "product [\(a.columns), \(a.rows)]·[\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    if let multiply = unsafe storage.rounding?.pointee.multiply_transposed {
      require(Element.self == Float.self, "numbers of \(Element.self) are multiplied in full, got \(storage)")
      return unsafe multiply(
        c.rows, c.columns, a.rows, pointer(a), a.stride, pointer(b), b.stride, pointer(c), c.stride)
    }
    unsafe Element.kernels.pointee.multiply_transposed(
      c.rows, c.columns, a.rows, pointer(a), a.stride, pointer(b), b.stride, pointer(c), c.stride)
  }
}

/// What a product is added to.
package enum ProductStart: Sendable, BitwiseCopyable {
  case zero
  /// What stands in the result.
  case itself
  /// A vector (one row of as many columns as the result), for every row.
  case bias(Region)
}
