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
  /// Whole numbers from -127 to 127 with a scale for each column; a product rounds each row of the other operand likewise, and
  /// its sums are exact: the same on every instruction set.
  case int8

  /// Of 16 bits, as the kernels name it; nil of others.
  var half: rk_weights? {
    switch self {
    case .full, .int8: nil
    case .bfloat16: RK_BFLOAT16
    case .float16: RK_FLOAT16
    }
  }
}
