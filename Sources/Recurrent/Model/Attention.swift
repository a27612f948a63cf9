/// How the top layer's outputs h attend to the rows E of a memory, usually an encoder's outputs (global attention of Luong,
/// Pham & Manning 2015). With p = softmax(scores) over the memory's valid rows and the context c = p·E, the head reads
/// h̃ = tanh(W·[c; h] + b); W [U, 2U] and b [U] are the parameters `attention.weight` and `attention.bias`. The memory's rows are
/// as wide as h.
///
/// With `ModelConfiguration.hasInputFeeding` the first layer reads h̃ beside the next input.
public enum Attention: String, Sendable, Hashable, CaseIterable {
  /// scores = E·h (§3.1).
  case dot
  /// scores = E·h / √U, whose softmax stays soft where U is large (Vaswani et al. 2017, §3.2.1).
  case scaledDot = "scaled-dot"
  /// scores = E·(Q·h) (§3.1, where Q is the transpose of W_a): what is looked for may differ from what h says. Q [U, U] is the
  /// parameter `attention.query.weight`.
  case general
  /// scores_j = v·tanh(Q·h + K·E_j) (Bahdanau, Cho & Bengio 2015, appendix A.1.2, of the state h after the step, as Luong et al.'s
  /// `concat`). Q and K [U, U] are the parameters `attention.query.weight` and `attention.key.weight`, v [1, U] is
  /// `attention.score.weight`. K·E_j is computed once for all steps.
  case additive

  /// Whether Q multiplies h first.
  var hasQueryWeights: Bool { self == .general || self == .additive }
}
