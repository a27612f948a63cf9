internal import CKernels

/// How the numbers of a packed matrix are stored.
package enum WeightStorage: Sendable, Hashable, BitwiseCopyable {
  /// As the other numbers are.
  case full
  /// The upper half of a Float, rounded to the nearest, ties to even. A product widens it as it is read, which is exact, and
  /// computes in full: it gives the bits that it gives with the rounded numbers, whatever the instruction set.
  case bfloat16
  /// IEEE 754 binary16, rounded and widened likewise.
  case float16
  /// Such numbers in pairs; a product rounds the other operand likewise and sums in Floats, in ascending order, as if widened
  /// numbers were multiplied: the same on every instruction set that fuses multiply-adds or not, as products of two are exact.
  case bfloat16Dot
  /// Whole numbers from -127 to 127 with a scale for each column; a product rounds each row of the other operand likewise, and
  /// its sums are exact: the same on every instruction set.
  case int8

  /// Of 16 bits that are widened, as the kernels name it; nil of others.
  var half: rk_weights? {
    switch self {
    case .full, .int8, .bfloat16Dot: nil
    case .bfloat16: RK_BFLOAT16
    case .float16: RK_FLOAT16
    }
  }

  /// Of what rounds both operands, the kernels that multiply.
  var rounding: UnsafePointer<rk_rounding_kernels>? {
    switch self {
    case .full, .bfloat16, .float16: nil
    case .bfloat16Dot: unsafe rk_pairs()
    case .int8: unsafe rk_integers()
    }
  }
}
