internal import Kernels

/// How the weights that products read are stored while a model runs forward, and how such a product computes.
///
/// One sequence reads all weights in every step, and from some hundred units on it waits for them: half the bytes take half
/// the time, a quarter of them a quarter. Only what products read is rounded; gates, states, biases, embeddings and the
/// weights of one-hot tokens stay what they are. Of Floats only: `Double` models are run in full.
///
/// Numbers of 16 bits are widened exactly as they are read. So a pass gives the bits that packed kernels give in full with the
/// rounded weights, on each instruction set; with many sequences at once nothing is won but memory. With `bfloat16Dot` and with
/// whole numbers of 8 bits what is multiplied is rounded, too, and many sequences are faster as well where the processor has
/// instructions for it; the bits are the same where it has not.
public enum WeightPrecision: String, Sendable, Hashable, CaseIterable {
  /// As the model is.
  case full
  /// The upper half of a Float: its range, and 8 significant bits; a weight is rounded by at most 2⁻⁸ of it.
  case bfloat16
  /// The same weights, multiplied by inputs and outputs that are rounded to bfloat16 as well, and summed in Floats: by dot products
  /// of pairs where the processor has them (AVX-512 BF16), else slower than `bfloat16`.
  case bfloat16Dot = "bfloat16-dot"
  /// IEEE 754 binary16: 11 significant bits; a weight of 6·10⁻⁵ or more is rounded by at most 2⁻¹¹ of it, and none may be
  /// larger than 65,504.
  case float16
  /// Whole numbers from -127 to 127: symmetric, with a scale for each output of a product (each gate of each unit), so that a
  /// weight is rounded by at most 1/253 of the largest that feeds the same output. What a product multiplies by them is
  /// rounded likewise, with a scale for each row of each step (and each 4,096 of its numbers). Sums are exact whole numbers,
  /// the same on every instruction set, and no sequence depends on those beside it.
  case int8

  var storage: WeightStorage {
    switch self {
    case .full: .full
    case .bfloat16: .bfloat16
    case .bfloat16Dot: .bfloat16Dot
    case .float16: .float16
    case .int8: .int8
    }
  }

  /// Weights of a larger magnitude cannot be stored.
  var largest: Double { self == .float16 ? 65_504 : .infinity }

  /// Whether what is multiplied by weights is rounded as they are.
  package var roundsOperands: Bool { self == .bfloat16Dot || self == .int8 }
}
