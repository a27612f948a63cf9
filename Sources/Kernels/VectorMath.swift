internal import CKernels

/// Vectorised functions for the row functions of cells. `MutableSpan`s are changed in place.
public enum VectorMath {
  /// Replaces x by tanh(x) for each element of `range`; error at most 3 ULP, NaN and ±Inf propagate.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  public static func tanh<S: KernelScalar>(_ values: inout MutableSpan<S>, in range: Range<Int>) {
    require(
      range.lowerBound >= 0 && range.upperBound <= values.count, "range \(range) of \(values.count) elements")
    unsafe values.withUnsafeMutableBufferPointer { buffer in
      let start = unsafe buffer.baseAddress! + range.lowerBound
      unsafe S.kernels.pointee.tanh(range.count, start, start)
    }
  }

  /// Replaces x by 1 / (1 + e⁻ˣ) for each element of `range`; error at most 2 ULP, NaN and ±Inf propagate.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  public static func sigmoid<S: KernelScalar>(_ values: inout MutableSpan<S>, in range: Range<Int>) {
    require(
      range.lowerBound >= 0 && range.upperBound <= values.count, "range \(range) of \(values.count) elements")
    unsafe values.withUnsafeMutableBufferPointer { buffer in
      let start = unsafe buffer.baseAddress! + range.lowerBound
      unsafe S.kernels.pointee.sigmoid(range.count, start, start)
    }
  }
}
