internal import CKernels

/// A precision that there are kernels for: `Float` and `Double`.
public protocol KernelScalar: BinaryFloatingPoint, SIMDScalar, Sendable, BitwiseCopyable, Codable {}

extension Float: KernelScalar {}

extension Double: KernelScalar {}

extension KernelScalar {
  /// The table of the kernels in use, whose functions take arrays of this precision. Shapes, aliasing and rounding are
  /// documented where they are listed (`kernel_list.h`).
  @inline(__always)
  static var kernels: UnsafePointer<rk_kernels> {
    unsafe Self.self == Float.self ? rk_kernels_f32() : rk_kernels_f64()
  }
}
