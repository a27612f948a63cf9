internal import CKernels

/// What lies between recurrent layers in residual blocks, row by row: the norm by the root mean square, and the product of a
/// gated feed-forward layer.
extension Memory where Element: KernelScalar {
  /// target = gain · x / √(mean of x² + 10⁻⁶), row by row.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func normalize(_ x: Region, gain: Region, into target: Region) {
    require(
      x.rows == target.rows && x.columns == target.columns && gain.columns == x.columns, "norm of unequal shapes")
    unsafe Element.kernels.pointee.rms_norm(
      x.rows, x.columns, pointer(x), x.stride, vector(gain), pointer(target), target.stride)
  }

  /// The derivative of `normalize`: from dL/d(target) to dL/dx, and to what of dL/d(gain) each row has.
  /// - Parameters:
  ///   - adds: whether dL/dx is added to what stands in `result`; if not, that may be the place of `gradient`.
  ///   - terms: [R, W], whose column sums are dL/d(gain).
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func normalizeGradient(
    _ gradient: Region, _ x: Region, gain: Region, adds: Bool, into result: Region, terms: Region
  ) {
    let rowsFit = gradient.rows == x.rows && result.rows == x.rows && terms.rows == x.rows
    require(
      rowsFit && gradient.columns == x.columns && result.columns == x.columns && terms.columns == x.columns
        && gain.columns == x.columns, "gradient of a norm of unequal shapes")
    unsafe Element.kernels.pointee.rms_norm_backward(
      x.rows, x.columns, pointer(x), x.stride, vector(gain), pointer(gradient), gradient.stride, pointer(result),
      result.stride, adds ? 1 : 0, pointer(terms), terms.stride)
  }

  /// product = gate · σ(gate) · up, element by element; it may be the place of `gate`.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiplyGated(_ gate: Region, _ up: Region, into product: Region) {
    require(
      gate.rows == up.rows && gate.columns == up.columns && product.rows == up.rows && product.columns == up.columns,
      "gated product of unequal shapes")
    unsafe Element.kernels.pointee.swiglu(
      gate.rows, gate.columns, pointer(gate), gate.stride, pointer(up), up.stride, pointer(product), product.stride)
  }

  /// The derivative of `multiplyGated`: dL/d(gate) and dL/d(up) take the places of both.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiplyGatedGradient(_ gradient: Region, gate: Region, up: Region) {
    require(
      gate.rows == up.rows && gate.columns == up.columns && gradient.rows == up.rows && gradient.columns == up.columns,
      "gradient of a gated product of unequal shapes")
    unsafe Element.kernels.pointee.swiglu_backward(
      gate.rows, gate.columns, pointer(gradient), gradient.stride, pointer(gate), gate.stride, pointer(up), up.stride)
  }
}
