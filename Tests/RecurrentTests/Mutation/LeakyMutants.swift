import Recurrent

/// da = dh·a·(1 − t²);  dh' = dh·(1 − a);  d(rate) += dh·(t − h').
struct LeakyElmanBackward: MutantVectorCell {
  static let original = LeakyElmanCell.leaky
  static let sites = Sites(
    terms: 6, factors: 5, complements: 1, slopes: 1, vectors: 1, vectorGradients: 1,
    slips: [.nextForPrevious, .keptStateGradient, .exchangedWithComplement, .overwrittenSum])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (t, rate) = (gates[j], vectors[vector(0, hidden) + j])
      let share = slips(.exchangedWithComplement) ? 1 - rate : rate
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let dh = term(0, gradient[j])

      gates[j] = term(1, factor(0, dh) * factor(1, share) * tanhSlope(0, t))
      add(
        term(2, factor(2, dh) * (term(3, t) - term(4, old))), toVector: 0, j, hidden, &vectorGradient)
      if !slips(.keptStateGradient) { gradient[j] = term(5, factor(3, dh) * factor(4, complement(0, share))) }
    }
  }
}

/// h = (1 − a)·h' + a·tanh(…)
struct LeakyElmanForward: MutantVectorCell {
  static let original = LeakyElmanCell.leaky
  static let sites = Sites(
    terms: 2, factors: 4, complements: 1, activations: 1, vectors: 1, slips: [.exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let rate = vectors[vector(0, hidden) + j]
      let share = slips(.exchangedWithComplement) ? 1 - rate : rate
      gates[j] = tangent(0, gates[j])
      next[j] =
        term(0, factor(0, complement(0, share)) * factor(1, previous[j]))
        + term(1, factor(2, share) * factor(3, gates[j]))
    }
  }
}
