internal import CKernels

/// Rows of numbers rounded to bfloat16: in place, or as 16 bits each, two to the place of a Float.
extension Memory where Element: KernelScalar {
  /// Rounds to the nearest, ties to even.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func roundToBFloat16(_ row: Region) {
    require(row.rows == 1, "expected a row, got \(row.rows)")
    let numbers = unsafe pointer(row)
    unsafe Element.kernels.pointee.round_bfloat16(row.columns, numbers, numbers)
  }

  /// Writes the rounded numbers of a row to half as many places.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func packBFloat16(_ row: Region, to packed: Region) {
    Self.requireHalf(row, packed)
    unsafe Element.kernels.pointee.pack_bfloat16(row.columns, pointer(row), pointer(packed))
  }

  /// Back to a row, which is exact.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func unpackBFloat16(_ packed: Region, to row: Region) {
    Self.requireHalf(row, packed)
    unsafe Element.kernels.pointee.unpack_bfloat16(row.columns, pointer(packed), pointer(row))
  }

  private static func requireHalf(_ row: Region, _ packed: Region) {
    require(
      row.rows == 1 && packed.rows == 1 && 2 * packed.columns == row.columns,
      "\(row.columns) numbers of 16 bits in \(packed.columns) places")
  }
}
