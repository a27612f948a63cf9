/// How the top layer's outputs h attend to the rows E of a memory, usually an encoder's outputs (global attention of Luong,
/// Pham & Manning 2015, without input feeding). With p = softmax(scores) over the memory's valid rows and the context
/// c = p·E, the head reads tanh(W·[c; h] + b); W [U, 2U] and b [U] are the parameters `attention.weight` and
/// `attention.bias`. The memory's rows are as wide as h.
public enum Attention: String, Sendable, Hashable, CaseIterable {
  /// scores = E·h (§3.1).
  case dot
  /// scores = E·h / √U, whose softmax stays soft where U is large (Vaswani et al. 2017, §3.2.1).
  case scaledDot = "scaled-dot"
  /// scores = E·(Q·h) (§3.1, where Q is the transpose of W_a): what is looked for may differ from what h says. Q [U, U] is the
  /// parameter `attention.query.weight`.
  case general
}
