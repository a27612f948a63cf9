import Foundation
import Recurrent

/// s = dh·(h' − a_h)·p(1 − p), da_f = s·(1 − f), da_i = −s·(1 − i), da_h = dh·(1 − p);  dh' = dh·p.
struct MinLSTMBackward: MutantCell {
  static let original = MinLSTMCell.minLSTM
  static let sites = Sites(
    terms: 7, factors: 8, complements: 3, slopes: 1, read: 3, written: 3,
    slips: [.nextForPrevious, .exchangedWithComplement])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (f, i) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let (candidate, share) = (gates[read(2, hidden) + j], slips(.exchangedWithComplement) ? 1 - saved[j] : saved[j])
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let dh = term(0, gradient[j])

      let difference = term(1, old) - term(2, candidate)
      let slope = factor(0, dh) * factor(1, difference) * sigmoidSlope(0, share)
      gates[written(0, hidden) + j] = term(3, factor(2, slope) * factor(3, complement(0, f)))
      gates[written(1, hidden) + j] = term(4, -slope * factor(4, complement(1, i)))
      gates[written(2, hidden) + j] = term(5, factor(5, dh) * complement(2, share))
      gradient[j] = term(6, factor(6, dh) * factor(7, share))
    }
  }
}

/// p = f/(f + i), h = p·h' + (1 − p)·a_h
struct MinLSTMForward: MutantCell {
  static let original = MinLSTMCell.minLSTM
  static let sites = Sites(
    terms: 4, factors: 3, complements: 1, activations: 2, read: 3, slips: [.exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let (f, i) = (sigmoid(0, gates[read(0, hidden) + j]), sigmoid(1, gates[read(1, hidden) + j]))
      let right = f / (term(0, f) + term(1, i))
      let share = slips(.exchangedWithComplement) ? 1 - right : right
      next[j] =
        term(2, factor(0, share) * factor(1, previous[j]))
        + term(3, complement(0, share) * factor(2, gates[read(2, hidden) + j]))
    }
  }
}

/// q = 8·dh·A·(A·i·a_x·r/B − r·h'), da_r = q·softplus(Λ)·(1 − r), da_i = dh·B·a_x·i(1 − i), da_x = dh·B·i;
/// dh' = dh·A;  dΛ += q·σ(Λ).
struct RGLRUBackward: MutantVectorCell {
  static let original = RGLRUCell.rgLRU
  static let sites = Sites(
    terms: 8, factors: 19, complements: 1, slopes: 1, read: 3, written: 3, vectors: 1, vectorGradients: 1,
    slips: [.nextForPrevious, .keptStateGradient, .overwrittenSum])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (r, i) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let (x, a, b) = (gates[read(2, hidden) + j], saved[j], saved[hidden + j])
      let lambda = Double(vectors[vector(0, hidden) + j])
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let dh = term(0, gradient[j])

      let byInlet = term(1, factor(0, a) * factor(1, i) * factor(2, x) * factor(3, r) / factor(4, b))
      let byDecay = term(2, factor(5, r) * factor(6, old))
      let slope = factor(7, 8) * factor(8, dh) * factor(9, a) * (byInlet - byDecay)
      let rate = S(log1p(exp(lambda)))
      gates[written(0, hidden) + j] = term(3, slope * factor(10, rate) * complement(0, r))
      gates[written(1, hidden) + j] = term(4, factor(11, dh) * factor(12, b) * factor(13, x) * sigmoidSlope(0, i))
      gates[written(2, hidden) + j] = term(5, factor(14, dh) * factor(15, b) * factor(16, i))
      add(term(6, slope * factor(17, S(1 / (1 + exp(-lambda))))), toVector: 0, j, hidden, &vectorGradient)
      if !slips(.keptStateGradient) { gradient[j] = term(7, dh * factor(18, a)) }
    }
  }
}

/// h = e^(−e)·h' + √(1 − e^(−2e))·i·a_x with e = 8·softplus(Λ)·r
struct RGLRUForward: MutantVectorCell {
  static let original = RGLRUCell.rgLRU
  static let sites = Sites(
    terms: 2, factors: 8, complements: 1, activations: 2, read: 3, vectors: 1, slips: [.exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let hidden = next.count
    for j in 0..<hidden {
      let (r, i) = (sigmoid(0, gates[read(0, hidden) + j]), sigmoid(1, gates[read(1, hidden) + j]))
      let rate = S(log1p(exp(Double(vectors[vector(0, hidden) + j]))))
      let a = S(exp(-Double(factor(0, 8) * factor(1, rate) * factor(2, r))))
      let share = slips(.exchangedWithComplement) ? 1 - a : a
      let inlet = S(max(0, Double(complement(0, share * share))).squareRoot())
      next[j] =
        term(0, factor(3, share) * factor(4, previous[j]))
        + term(1, factor(5, inlet) * factor(6, i) * factor(7, gates[read(2, hidden) + j]))
    }
  }
}

/// ds += dh·o, q = ds·(s' − z)·p(1 − p), dA = q + p·dl, da_i = (1 − p)·dl − q, da_f = dA·(1 − f),
/// da_z = ds·(1 − p)·(1 − z²), da_o = dh·s·o(1 − o);  ds' = ds·p, dl' = dA.
struct SLSTMBackward: MutantCell {
  static let original = SLSTMCell.sLSTM
  static let sites = Sites(
    terms: 13, factors: 12, complements: 2, slopes: 3, read: 4, written: 4,
    slips: [.nextForPrevious, .previousForNext, .keptStateGradient, .keptCellGradient, .exchangedWithComplement])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count / 3
    for j in 0..<hidden {
      let (p, forgets) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let (z, o) = (gates[read(2, hidden) + j], gates[read(3, hidden) + j])
      let share = slips(.exchangedWithComplement) ? 1 - p : p
      let old = slips(.nextForPrevious) ? next[hidden + j] : previous[hidden + j]
      let mean = slips(.previousForNext) ? previous[hidden + j] : next[hidden + j]
      let (dh, dl) = (gradient[j], gradient[2 * hidden + j])

      let ds = term(0, gradient[hidden + j]) + term(1, factor(0, dh) * factor(1, o))
      let slope = factor(2, ds) * (term(2, old) - term(3, z)) * sigmoidSlope(0, share)
      let kept = term(4, slope) + term(5, factor(3, share) * factor(4, dl))
      gates[written(0, hidden) + j] = term(6, complement(0, share) * factor(5, dl)) - term(7, slope)
      gates[written(1, hidden) + j] = term(8, factor(6, kept) * factor(7, forgets))
      gates[written(2, hidden) + j] = term(9, factor(8, ds) * complement(1, share) * tanhSlope(1, z))
      gates[written(3, hidden) + j] = term(10, factor(9, dh) * factor(10, mean) * sigmoidSlope(2, o))
      if !slips(.keptStateGradient) { gradient[j] = 0 }
      if !slips(.keptCellGradient) { gradient[hidden + j] = term(11, ds * factor(11, share)) }
      gradient[2 * hidden + j] = term(12, kept)
    }
  }
}

/// A = log f + l' − 32, p = σ(A − a_i), l = 32 + log(e^A + e^a_i), s = p·s' + (1 − p)·z, h = o·s
struct SLSTMForward: MutantCell {
  static let original = SLSTMCell.sLSTM
  static let sites = Sites(
    terms: 7, factors: 4, complements: 1, activations: 3, read: 4, slips: [.exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count / 3
    func softplus(_ x: S) -> S { S(max(Double(x), 0) + log1p(exp(-abs(Double(x))))) }
    for j in 0..<hidden {
      let (i, forget) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let kept = term(0, previous[2 * hidden + j] - 32) - term(1, softplus(-forget))
      let difference = term(2, kept) - term(3, i)
      let right = sigmoid(0, difference)
      let share = slips(.exchangedWithComplement) ? 1 - right : right
      let z = tangent(1, gates[read(2, hidden) + j])
      let mean =
        term(4, factor(0, share) * factor(1, previous[hidden + j])) + term(5, complement(0, share) * factor(2, z))
      next[2 * hidden + j] = 32 + i + term(6, softplus(difference))
      next[hidden + j] = mean
      next[j] = sigmoid(2, gates[read(3, hidden) + j]) * factor(3, mean)
    }
  }
}
