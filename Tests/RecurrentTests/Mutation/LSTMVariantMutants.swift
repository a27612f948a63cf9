import Recurrent

/// daₒ = dh·tanh(c)·o(1 − o);  dc += dh·o·(1 − tanh²c) + daₒ·pₒ;  daᵢ = dc·g·i(1 − i), da_f = dc·c'·f(1 − f),
/// da_g = dc·i·(1 − g²);  dc' = dc·f + daᵢ·pᵢ + da_f·p_f;  dpᵢ += daᵢ·c', dp_f += da_f·c', dpₒ += daₒ·c.
struct PeepholeLSTMBackward: MutantVectorCell {
  static let original = PeepholeLSTMCell.lstmPeephole
  static let sites = Sites(
    terms: 14, factors: 24, slopes: 5, read: 4, written: 4, vectors: 3, vectorGradients: 3,
    slips: [
      .nextForPrevious, .previousForNext, .cellForItsTanh, .keptStateGradient, .keptCellGradient, .overwrittenSum,
    ])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let (i, f) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let (g, o) = (gates[read(2, hidden) + j], gates[read(3, hidden) + j])
      let (pi, pf) = (vectors[vector(0, hidden) + j], vectors[vector(1, hidden) + j])
      let po = vectors[vector(2, hidden) + j]
      let old = slips(.nextForPrevious) ? next[hidden + j] : previous[hidden + j]
      let c = slips(.previousForNext) ? previous[hidden + j] : next[hidden + j]
      let squashed = slips(.cellForItsTanh) ? next[hidden + j] : saved[j]
      let dh = term(0, gradient[j])
      let carried = term(1, gradient[hidden + j])

      let output = term(2, factor(0, dh) * factor(1, squashed) * sigmoidSlope(0, o))
      let dc =
        carried + term(3, factor(2, dh) * factor(3, o) * tanhSlope(1, squashed))
        + term(4, factor(4, output) * factor(5, po))
      let input = term(5, factor(6, dc) * factor(7, g) * sigmoidSlope(2, i))
      let forget = term(6, factor(8, dc) * factor(9, old) * sigmoidSlope(3, f))
      gates[written(0, hidden) + j] = input
      gates[written(1, hidden) + j] = forget
      gates[written(2, hidden) + j] = term(7, factor(10, dc) * factor(11, i) * tanhSlope(4, g))
      gates[written(3, hidden) + j] = output
      add(term(8, factor(12, input) * factor(13, old)), toVector: 0, j, hidden, &vectorGradient)
      add(term(9, factor(14, forget) * factor(15, old)), toVector: 1, j, hidden, &vectorGradient)
      add(term(10, factor(16, output) * factor(17, c)), toVector: 2, j, hidden, &vectorGradient)
      if !slips(.keptStateGradient) { gradient[j] = 0 }
      if !slips(.keptCellGradient) {
        gradient[hidden + j] =
          term(11, factor(18, dc) * factor(19, f)) + term(12, factor(20, input) * factor(21, pi))
          + term(13, factor(22, forget) * factor(23, pf))
      }
    }
  }
}

/// i and f look at c', o at c.
struct PeepholeLSTMForward: MutantVectorCell {
  static let original = PeepholeLSTMCell.lstmPeephole
  static let sites = Sites(
    terms: 6, factors: 12, activations: 5, read: 4, vectors: 3,
    slips: [.staleCell, .exchangedWithComplement, .previousForNext])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let old = previous[hidden + j]
      func peephole(_ index: Int, _ cell: S) -> S {
        term(index, factor(2 * index, vectors[vector(index, hidden) + j]) * factor(2 * index + 1, cell))
      }
      let i = sigmoid(0, gates[read(0, hidden) + j] + peephole(0, old))
      let f = sigmoid(1, gates[read(1, hidden) + j] + peephole(1, old))
      let g = tangent(2, gates[read(2, hidden) + j])
      let keep = slips(.exchangedWithComplement) ? 1 - f : f
      let c = term(3, factor(6, keep) * factor(7, old)) + term(4, factor(8, i) * factor(9, g))
      let o = sigmoid(3, gates[read(3, hidden) + j] + peephole(2, slips(.previousForNext) ? old : c))
      next[j] = term(5, factor(10, o) * factor(11, tangent(4, c)))
      next[hidden + j] = slips(.staleCell) ? old : c
    }
  }
}

/// dc += dh·o·(1 − tanh²c);  daᵢ = dc·(g − c')·i(1 − i), da_g = dc·i·(1 − g²), daₒ = dh·tanh(c)·o(1 − o);
/// dc' = dc·(1 − i).
struct CoupledLSTMBackward: MutantCell {
  static let original = CoupledLSTMCell.lstmCoupled
  static let sites = Sites(
    terms: 9, factors: 9, complements: 1, slopes: 4, read: 3, written: 3,
    slips: [.nextForPrevious, .cellForItsTanh, .keptStateGradient, .keptCellGradient, .exchangedWithComplement])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let (i, g) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let o = gates[read(2, hidden) + j]
      let old = slips(.nextForPrevious) ? next[hidden + j] : previous[hidden + j]
      let squashed = slips(.cellForItsTanh) ? next[hidden + j] : saved[j]
      let share = slips(.exchangedWithComplement) ? 1 - i : i
      let dh = term(0, gradient[j])
      let carried = term(1, gradient[hidden + j])

      let dc = carried + term(2, factor(0, dh) * factor(1, o) * tanhSlope(0, squashed))
      let difference = term(3, g) - term(4, old)
      gates[written(0, hidden) + j] = term(5, factor(2, dc) * factor(3, difference) * sigmoidSlope(1, i))
      gates[written(1, hidden) + j] = term(6, factor(4, dc) * factor(5, share) * tanhSlope(2, g))
      gates[written(2, hidden) + j] = term(7, factor(6, dh) * factor(7, squashed) * sigmoidSlope(3, o))
      if !slips(.keptStateGradient) { gradient[j] = 0 }
      if !slips(.keptCellGradient) { gradient[hidden + j] = term(8, factor(8, dc) * complement(0, share)) }
    }
  }
}

/// c = (1 − i)·c' + i·g,  h = o·tanh(c)
struct CoupledLSTMForward: MutantCell {
  static let original = CoupledLSTMCell.lstmCoupled
  static let sites = Sites(
    terms: 3, factors: 5, complements: 1, activations: 4, read: 3, slips: [.staleCell, .exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let i = sigmoid(0, gates[read(0, hidden) + j])
      let g = tangent(1, gates[read(1, hidden) + j])
      let o = sigmoid(2, gates[read(2, hidden) + j])
      let share = slips(.exchangedWithComplement) ? 1 - i : i
      let c =
        term(0, complement(0, share) * factor(0, previous[hidden + j])) + term(1, factor(1, share) * factor(2, g))
      next[j] = term(2, factor(3, o) * factor(4, tangent(3, c)))
      next[hidden + j] = slips(.staleCell) ? previous[hidden + j] : c
    }
  }
}
