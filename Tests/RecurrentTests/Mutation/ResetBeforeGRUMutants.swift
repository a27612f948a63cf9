import Recurrent

/// A copy in two stages: what a mutant does not write itself is the original's.
protocol TwoStageMutantCell: MutantCell, TwoStageCell where Original: TwoStageCell {}

extension TwoStageMutantCell {
  func forwardSecondStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>
  ) {
    S._forwardSecondStage(Self.original, &gates, previous, &next)
  }

  func backwardFirstStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, operandGradient: Span<S>, gradient: inout MutableSpan<S>
  ) {
    S._backwardFirstStage(Self.original, &gates, previous, operandGradient, &gradient)
  }
}

/// With p = r·h': da_n = dh·(1 − z)(1 − n²), da_z = dh·(h' − n)·z(1 − z); then da_r = dp·h'·r(1 − r);
/// directly dh' = dh·z + dp·r. Blocks r z n.
///
/// dh' left as it was is not among the slips: that is z left out, factor 4.
struct ResetBeforeGRUBackward: TwoStageMutantCell {
  static let original = ResetBeforeGRUCell.gruResetBefore
  static let sites = Sites(
    terms: 9, factors: 9, complements: 1, slopes: 3, read: 3, written: 3,
    slips: [.nextForPrevious, .exchangedWithComplement, .resetOfPrevious])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (z, n) = (gates[read(1, hidden) + j], gates[read(2, hidden) + j])
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let keep = slips(.exchangedWithComplement) ? 1 - z : z

      // What comes from the next step and from the layer above, forgotten or with the wrong sign.
      let dh = term(0, gradient[j])

      let difference = term(1, old) - term(2, n)
      gates[written(1, hidden) + j] = term(3, factor(0, dh) * factor(1, difference) * sigmoidSlope(0, z))
      gates[written(2, hidden) + j] = term(4, factor(2, dh) * complement(0, keep) * tanhSlope(1, n))
      gradient[j] = term(5, factor(3, dh) * factor(4, keep))
    }
  }

  func backwardFirstStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, operandGradient: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let r = gates[read(0, hidden) + j]
      let dp = operandGradient[j]
      let old = slips(.resetOfPrevious) ? r * previous[j] : previous[j]
      gates[written(0, hidden) + j] = term(6, factor(5, dp) * factor(6, old) * sigmoidSlope(2, r))
      gradient[j] = term(7, gradient[j]) + term(8, factor(7, dp) * factor(8, r))
    }
  }
}

/// r = σ(a_r), z = σ(a_z), p = r·h'; then n = tanh(a_n), h = (1 − z)·n + z·h'
struct ResetBeforeGRUForward: TwoStageMutantCell {
  static let original = ResetBeforeGRUCell.gruResetBefore
  static let sites = Sites(
    terms: 3, factors: 5, complements: 1, activations: 3, read: 3,
    slips: [.exchangedWithComplement, .resetOfPrevious])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let r = sigmoid(0, gates[read(0, hidden) + j])
      let z = sigmoid(1, gates[read(1, hidden) + j])
      saved[j] = term(0, factor(0, r) * factor(1, previous[j]))
      gates[j] = r
      gates[hidden + j] = z
    }
  }

  func forwardSecondStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let (r, z) = (gates[j], gates[hidden + j])
      let n = tangent(2, gates[read(2, hidden) + j])
      let keep = slips(.exchangedWithComplement) ? 1 - z : z
      let old = slips(.resetOfPrevious) ? r * previous[j] : previous[j]
      next[j] = term(1, complement(0, keep) * factor(2, n)) + term(2, factor(3, keep) * factor(4, old))
    }
  }
}
