import Recurrent

/// da = dh·(1 − h²); directly dh' = 0.
struct ElmanTanhBackward: MutantCell {
  static let original = ElmanCell.rnn
  static let sites = Sites(terms: 1, factors: 1, slopes: 1, slips: [.previousForNext, .keptStateGradient])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    for j in 0..<gradient.count {
      let h = slips(.previousForNext) ? previous[j] : next[j]
      gates[j] = term(0, factor(0, gradient[j]) * tanhSlope(0, h))
      if !slips(.keptStateGradient) { gradient[j] = 0 }
    }
  }
}

/// da = dh·[h > 0]; directly dh' = 0.
///
/// [h ≥ 0] is not among the faults: h is never below 0, so that is the condition left out, factor 1.
struct ElmanReLUBackward: MutantCell {
  static let original = ElmanCell.rnnReLU
  static let sites = Sites(
    terms: 1, factors: 2, slips: [.previousForNext, .keptStateGradient, .invertedCondition])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    for j in 0..<gradient.count {
      let h = slips(.previousForNext) ? previous[j] : next[j]
      let condition: S = (h > 0) != slips(.invertedCondition) ? 1 : 0
      gates[j] = term(0, factor(0, gradient[j]) * factor(1, condition))
      if !slips(.keptStateGradient) { gradient[j] = 0 }
    }
  }
}

// MARK: Forward

/// h = tanh(a)
struct ElmanTanhForward: MutantCell {
  static let original = ElmanCell.rnn
  static let sites = Sites(terms: 1, activations: 1, slips: [.previousForNext])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    for j in 0..<next.count {
      next[j] = slips(.previousForNext) ? previous[j] : term(0, tangent(0, gates[j]))
    }
  }
}

/// h = max(a, 0)
struct ElmanReLUForward: MutantCell {
  static let original = ElmanCell.rnnReLU
  static let sites = Sites(terms: 1, activations: 1, slips: [.previousForNext, .invertedCondition])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    for j in 0..<next.count {
      let a = slips(.invertedCondition) ? -gates[j] : gates[j]
      next[j] = slips(.previousForNext) ? previous[j] : term(0, rectified(0, a))
    }
  }
}
