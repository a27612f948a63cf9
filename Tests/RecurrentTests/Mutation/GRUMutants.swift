import Recurrent

/// With q = W_hn·h' + b_hn: da_n = dh·(1 − z)(1 − n²), dq = da_n·r, da_r = da_n·q·r(1 − r),
/// da_z = dh·(h' − n)·z(1 − z); directly dh' = dh·z. Blocks q r z n.
///
/// dh' left as it was is not among the slips: that is z left out, factor 8.
struct GRUBackward: MutantCell {
  static let original = GRUCell.gru
  static let sites = Sites(
    terms: 9, factors: 9, complements: 1, slopes: 3, read: 4, written: 4,
    slips: [.nextForPrevious, .exchangedWithComplement])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (q, r) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let (z, n) = (gates[read(2, hidden) + j], gates[read(3, hidden) + j])
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let keep = slips(.exchangedWithComplement) ? 1 - z : z

      // What comes from the next step and from the layer above, forgotten or with the wrong sign.
      let dh = term(0, gradient[j])

      let dn = term(1, factor(0, dh) * complement(0, keep) * tanhSlope(0, n))
      gates[written(0, hidden) + j] = term(2, factor(1, dn) * factor(2, r))
      gates[written(1, hidden) + j] = term(3, factor(3, dn) * factor(4, q) * sigmoidSlope(1, r))
      let difference = term(4, old) - term(5, n)
      gates[written(2, hidden) + j] = term(6, factor(5, dh) * factor(6, difference) * sigmoidSlope(2, z))
      gates[written(3, hidden) + j] = term(7, dn)
      gradient[j] = term(8, factor(7, dh) * factor(8, keep))
    }
  }
}

/// r = σ(a_r), z = σ(a_z), n = tanh(a_n + r·q), h = (1 − z)·n + z·h'
struct GRUForward: MutantCell {
  static let original = GRUCell.gru
  static let sites = Sites(
    terms: 4, factors: 5, complements: 1, activations: 3, read: 4,
    slips: [.exchangedWithComplement, .resetOfPrevious])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let q = gates[read(0, hidden) + j]
      let r = sigmoid(0, gates[read(1, hidden) + j])
      let z = sigmoid(1, gates[read(2, hidden) + j])
      let n = tangent(2, term(0, gates[read(3, hidden) + j]) + term(1, factor(0, r) * factor(1, q)))
      let keep = slips(.exchangedWithComplement) ? 1 - z : z
      let old = slips(.resetOfPrevious) ? r * previous[j] : previous[j]
      next[j] = term(2, complement(0, keep) * factor(2, n)) + term(3, factor(3, keep) * factor(4, old))
    }
  }
}
