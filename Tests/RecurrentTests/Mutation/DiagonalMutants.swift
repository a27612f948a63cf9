import Recurrent

/// da_z = dh·(a_h − h')·z(1 − z), da_h = dh·z;  dh' = dh·(1 − z).
struct MinGRUBackward: MutantCell {
  static let original = MinGRUCell.minGRU
  static let sites = Sites(
    terms: 6, factors: 5, complements: 1, slopes: 1, read: 2, written: 2,
    slips: [.nextForPrevious, .exchangedWithComplement])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (z, candidate) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let share = slips(.exchangedWithComplement) ? 1 - z : z
      let dh = term(0, gradient[j])

      let difference = term(1, candidate) - term(2, old)
      gates[written(0, hidden) + j] = term(3, factor(0, dh) * factor(1, difference) * sigmoidSlope(0, z))
      gates[written(1, hidden) + j] = term(4, factor(2, dh) * factor(3, share))
      gradient[j] = term(5, factor(4, dh) * complement(0, share))
    }
  }
}

/// h = (1 − z)·h' + z·a_h
struct MinGRUForward: MutantCell {
  static let original = MinGRUCell.minGRU
  static let sites = Sites(
    terms: 2, factors: 3, complements: 1, activations: 1, read: 2, slips: [.exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let z = sigmoid(0, gates[read(0, hidden) + j])
      let share = slips(.exchangedWithComplement) ? 1 - z : z
      next[j] =
        term(0, complement(0, share) * factor(0, previous[j]))
        + term(1, factor(1, share) * factor(2, gates[read(1, hidden) + j]))
    }
  }
}

/// da = dh·[h > 0];  dh' = da·u;  du += da·h'.
struct IndRNNBackward: MutantVectorCell {
  static let original = IndRNNCell.indRNN
  static let sites = Sites(
    terms: 4, factors: 6, vectors: 1, vectorGradients: 1,
    slips: [.previousForNext, .nextForPrevious, .keptStateGradient, .invertedCondition, .overwrittenSum])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let h = slips(.previousForNext) ? previous[j] : next[j]
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let condition: S = (h > 0) != slips(.invertedCondition) ? 1 : 0
      let da = term(0, factor(0, gradient[j]) * factor(1, condition))
      gates[j] = term(1, da)
      add(term(2, factor(2, da) * factor(3, old)), toVector: 0, j, hidden, &vectorGradient)
      if !slips(.keptStateGradient) { gradient[j] = term(3, factor(4, da) * factor(5, vectors[vector(0, hidden) + j])) }
    }
  }
}

/// h = max(a + u·h', 0)
struct IndRNNForward: MutantVectorCell {
  static let original = IndRNNCell.indRNN
  static let sites = Sites(terms: 3, factors: 2, activations: 1, vectors: 1, slips: [.invertedCondition])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let carried = term(1, factor(0, vectors[vector(0, hidden) + j]) * factor(1, previous[j]))
      let sum = term(0, gates[j]) + carried
      next[j] = term(2, rectified(0, slips(.invertedCondition) ? -sum : sum))
    }
  }
}
