internal import Kernels

/// How the weights that products read are stored while a model runs forward.
///
/// One sequence reads all weights in every step, and from some hundred units on it waits for them: half the bytes take half
/// the time. Only what products read is rounded; inputs, sums, gates, states, biases and embeddings stay what they are, and
/// numbers of 16 bits are widened exactly as they are read. So a pass gives the bits that packed kernels give in full with the
/// rounded weights, on each instruction set. With many sequences at once nothing is won but memory.
///
/// Of Floats only: `Double` models are run in full.
public enum WeightPrecision: String, Sendable, Hashable, CaseIterable {
  /// As the model is.
  case full
  /// The upper half of a Float: its range, and 8 significant bits; a weight is rounded by at most 2⁻⁸ of it.
  case bfloat16
  /// IEEE 754 binary16: 11 significant bits; a weight of 6·10⁻⁵ or more is rounded by at most 2⁻¹¹ of it, and none may be
  /// larger than 65,504.
  case float16

  var storage: WeightStorage {
    switch self {
    case .full: .full
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }

  /// Weights of a larger magnitude cannot be stored.
  var largest: Double { self == .float16 ? 65_504 : .infinity }
}
