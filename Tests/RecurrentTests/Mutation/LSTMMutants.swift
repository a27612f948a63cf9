import Recurrent

/// dc += dh·o·(1 − tanh²c);  daᵢ = dc·g·i(1 − i), da_f = dc·c'·f(1 − f), da_g = dc·i·(1 − g²),
/// daₒ = dh·tanh(c)·o(1 − o);  dc' = dc·f; directly dh' = 0.
struct LSTMBackward: MutantCell {
  static let original = LSTMCell.lstm
  static let sites = Sites(
    terms: 8, factors: 12, slopes: 5, read: 4, written: 4,
    slips: [.nextForPrevious, .cellForItsTanh, .keptStateGradient, .keptCellGradient])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let (i, f) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let (g, o) = (gates[read(2, hidden) + j], gates[read(3, hidden) + j])
      let old = slips(.nextForPrevious) ? next[hidden + j] : previous[hidden + j]
      let squashed = slips(.cellForItsTanh) ? next[hidden + j] : saved[j]

      // What comes from the next step and from the layer above, forgotten or with the wrong sign.
      let dh = term(0, gradient[j])
      let carried = term(1, gradient[hidden + j])

      let dc = carried + term(2, factor(0, dh) * factor(1, o) * tanhSlope(0, squashed))
      gates[written(0, hidden) + j] = term(3, factor(2, dc) * factor(3, g) * sigmoidSlope(1, i))
      gates[written(1, hidden) + j] = term(4, factor(4, dc) * factor(5, old) * sigmoidSlope(2, f))
      gates[written(2, hidden) + j] = term(5, factor(6, dc) * factor(7, i) * tanhSlope(3, g))
      gates[written(3, hidden) + j] = term(6, factor(8, dh) * factor(9, squashed) * sigmoidSlope(4, o))
      if !slips(.keptStateGradient) { gradient[j] = 0 }
      if !slips(.keptCellGradient) { gradient[hidden + j] = term(7, factor(10, dc) * factor(11, f)) }
    }
  }
}

/// c = f·c' + i·g,  h = o·tanh(c)
struct LSTMForward: MutantCell {
  static let original = LSTMCell.lstm
  static let sites = Sites(
    terms: 3, factors: 6, activations: 5, read: 4, slips: [.staleCell, .exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let i = sigmoid(0, gates[read(0, hidden) + j])
      let f = sigmoid(1, gates[read(1, hidden) + j])
      let g = tangent(2, gates[read(2, hidden) + j])
      let o = sigmoid(3, gates[read(3, hidden) + j])
      // The gate that forgets for the one that keeps.
      let keep = slips(.exchangedWithComplement) ? 1 - f : f
      let c = term(0, factor(0, keep) * factor(1, previous[hidden + j])) + term(1, factor(2, i) * factor(3, g))
      next[j] = term(2, factor(4, o) * factor(5, tangent(4, c)))
      next[hidden + j] = slips(.staleCell) ? previous[hidden + j] : c
    }
  }
}
