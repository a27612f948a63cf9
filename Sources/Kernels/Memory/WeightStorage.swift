internal import CKernels

/// How the numbers of a packed matrix are stored. A product computes in full precision: numbers of 16 bits are widened as
/// they are read, which is exact, so that it gives the bits that it gives with the rounded numbers, whatever the
/// instruction set.
package enum WeightStorage: Sendable, Hashable, BitwiseCopyable {
  /// As the other numbers are.
  case full
  /// The upper half of a Float, rounded to the nearest, ties to even.
  case bfloat16
  /// IEEE 754 binary16, rounded likewise.
  case float16

  /// As the kernels name it.
  var kernel: rk_weights {
    switch self {
    case .full: RK_FULL
    case .bfloat16: RK_BFLOAT16
    case .float16: RK_FLOAT16
    }
  }

  /// Numbers in a scalar's place, of Floats where it is not full.
  var perScalar: Int { self == .full ? 1 : 2 }
}
