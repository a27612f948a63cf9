import Recurrent

/// The parts of a layer norm: its faults are numbered from 0, and act wherever the cell normalises.
extension MutantVectorCell {
  /// γ·(x − mean)·s + β with s = 1/√(variance + 10⁻⁵). Terms 0…2, factors 0…2.
  func normalized<S: Scalar>(_ index: Int, _ x: [S], _ vectors: Span<S>) -> [S] {
    let (hidden, count) = (x.count, Self.sites.vectors / 2)
    let (deviations, scale) = moments(x)
    return x.indices.map { j in
      let centred = term(0, slips(.keptMean) ? x[j] : deviations[j])
      let gain = vectors[vector(index, hidden) + j]
      return term(1, factor(0, centred) * factor(1, scale) * factor(2, gain))
        + term(2, vectors[vector(count + index, hidden) + j])
    }
  }

  /// s·(γ·dy − mean(γ·dy) − y·mean(γ·dy·y)) with y = (x − mean)·s;  dγ += dy·y, dβ += dy. Terms 0…4, factors 0…6.
  func derivative<S: Scalar>(
    _ index: Int, _ x: [S], _ dy: [S], isCentred: Bool = true, _ vectors: Span<S>,
    _ vectorGradient: inout MutableSpan<S>
  ) -> [S] {
    let (hidden, count) = (x.count, Self.sites.vectorGradients / 2)
    let (deviations, scale) = moments(x, isCentred: isCentred)
    let y = (!isCentred && slips(.keptMean) ? x : deviations).map { $0 * scale }
    let through = dy.indices.map { j in factor(0, dy[j]) * factor(1, vectors[vector(index, hidden) + j]) }
    let mean = through.reduce(0, +) / S(hidden)
    let tilt = zip(through, y).reduce(0) { $0 + $1.0 * $1.1 } / S(hidden)
    return dy.indices.map { j in
      add(term(3, factor(5, dy[j]) * factor(6, y[j])), toVector: index, j, hidden, &vectorGradient)
      add(term(4, dy[j]), toVector: count + index, j, hidden, &vectorGradient)
      return factor(2, scale) * (term(0, through[j]) - term(1, mean) - term(2, factor(3, y[j]) * factor(4, tilt)))
    }
  }

  /// x − mean, and 1/√(variance + 10⁻⁵). Where x is centred, its mean of about 0 is not looked for.
  private func moments<S: Scalar>(_ x: [S], isCentred: Bool = false) -> ([S], S) {
    let n = S(x.count)
    let mean = isCentred ? 0 : x.reduce(0, +) / n
    let deviations = x.map { $0 - mean }
    let sum = deviations.reduce(0) { $0 + $1 * $1 }
    return (deviations, 1 / (sum / (slips(.sampleVariance) ? n - 1 : n) + 1e-5).squareRoot())
  }

  func block<S: Scalar>(_ row: Span<S>, _ start: Int, _ hidden: Int) -> [S] { (0..<hidden).map { row[start + $0] } }
  func block<S: Scalar>(_ row: borrowing MutableSpan<S>, _ start: Int, _ hidden: Int) -> [S] {
    (0..<hidden).map { row[start + $0] }
  }
}

/// dN(a) = dh·(1 − h²)
struct LayerNormElmanBackward: MutantVectorCell {
  static let original = LayerNormElmanCell.rnnNorm
  static let sites = Sites(
    terms: 6, factors: 8, slopes: 1, vectors: 1, vectorGradients: 2,
    slips: [.sampleVariance, .overwrittenSum, .previousForNext, .keptStateGradient])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    let dy = (0..<hidden).map { j in
      term(5, factor(7, gradient[j]) * tanhSlope(0, slips(.previousForNext) ? previous[j] : next[j]))
    }
    let da = derivative(0, block(gates, 0, hidden), dy, vectors, &vectorGradient)
    for j in 0..<hidden {
      gates[j] = da[j]
      if !slips(.keptStateGradient) { gradient[j] = 0 }
    }
  }
}

/// h = tanh(N(a))
struct LayerNormElmanForward: MutantVectorCell {
  static let original = LayerNormElmanCell.rnnNorm
  static let sites = Sites(
    terms: 4, factors: 3, activations: 1, vectors: 2, slips: [.sampleVariance, .keptMean, .previousForNext])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let y = normalized(0, block(gates, 0, next.count), vectors)
    for j in y.indices { next[j] = slips(.previousForNext) ? previous[j] : term(3, tangent(0, y[j])) }
  }
}

/// With t = tanh(N(c)): dN(aₒ) = dh·t·o(1 − o), dN(c) = dh·o·(1 − t²);  dc += N'(dN(c));
/// dN(aᵢ) = dc·g·i(1 − i), dN(a_f) = dc·c'·f(1 − f), dN(a_g) = dc·i·(1 − g²);  dc' = dc·f.
struct LayerNormLSTMBackward: MutantVectorCell {
  static let original = LayerNormLSTMCell.lstmNorm
  static let sites = Sites(
    terms: 14, factors: 19, slopes: 5, read: 4, written: 4, vectors: 5, vectorGradients: 10,
    slips: [
      .sampleVariance, .keptMean, .overwrittenSum, .nextForPrevious, .previousForNext, .keptStateGradient,
      .keptCellGradient,
    ])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count / 2
    let units = 0..<hidden
    let (i, f) = (block(gates, read(0, hidden), hidden), block(gates, read(1, hidden), hidden))
    let (g, o) = (block(gates, read(2, hidden), hidden), block(gates, read(3, hidden), hidden))
    let t = block(saved, 4 * hidden, hidden)
    let old = slips(.nextForPrevious) ? block(next, hidden, hidden) : block(previous, hidden, hidden)
    let cell = slips(.previousForNext) ? block(previous, hidden, hidden) : block(next, hidden, hidden)
    let dh = units.map { term(5, gradient[$0]) }
    let carried = units.map { term(6, gradient[hidden + $0]) }

    let squashed = units.map { term(7, factor(7, dh[$0]) * factor(8, o[$0]) * tanhSlope(0, t[$0])) }
    let passed = derivative(4, cell, squashed, isCentred: false, vectors, &vectorGradient)
    let dc = units.map { carried[$0] + term(8, passed[$0]) }
    var slopes: [[S]] = []
    slopes.append(units.map { term(9, factor(9, dc[$0]) * factor(10, g[$0]) * sigmoidSlope(1, i[$0])) })
    slopes.append(units.map { term(10, factor(11, dc[$0]) * factor(12, old[$0]) * sigmoidSlope(2, f[$0])) })
    slopes.append(units.map { term(11, factor(13, dc[$0]) * factor(14, i[$0]) * tanhSlope(3, g[$0])) })
    slopes.append(units.map { term(12, factor(15, dh[$0]) * factor(16, t[$0]) * sigmoidSlope(4, o[$0])) })
    for gate in 0..<4 {
      let da = derivative(gate, block(saved, gate * hidden, hidden), slopes[gate], vectors, &vectorGradient)
      for j in units { gates[written(gate, hidden) + j] = da[j] }
    }
    for j in units {
      if !slips(.keptStateGradient) { gradient[j] = 0 }
      if !slips(.keptCellGradient) { gradient[hidden + j] = term(13, factor(17, dc[j]) * factor(18, f[j])) }
    }
  }
}

/// c = f·c' + i·g,  h = o·tanh(N(c))
struct LayerNormLSTMForward: MutantVectorCell {
  static let original = LayerNormLSTMCell.lstmNorm
  static let sites = Sites(
    terms: 6, factors: 9, activations: 5, read: 4, vectors: 10,
    slips: [.sampleVariance, .keptMean, .staleCell, .exchangedWithComplement])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let hidden = next.count / 2
    let a = (0..<4).map { normalized($0, block(gates, read($0, hidden), hidden), vectors) }
    let c = (0..<hidden).map { j in
      let f = sigmoid(1, a[1][j])
      let keep = slips(.exchangedWithComplement) ? 1 - f : f
      return term(3, factor(3, keep) * factor(4, previous[hidden + j]))
        + term(4, factor(5, sigmoid(0, a[0][j])) * factor(6, tangent(2, a[2][j])))
    }
    let y = normalized(4, c, vectors)
    for j in 0..<hidden {
      next[j] = term(5, factor(7, sigmoid(3, a[3][j])) * factor(8, tangent(4, y[j])))
      next[hidden + j] = slips(.staleCell) ? previous[hidden + j] : c[j]
    }
  }
}

/// dN(a_n) = dh·(1 − z)(1 − n²), dN(q) = dN(a_n)·r, dN(a_r) = dN(a_n)·N(q)·r(1 − r),
/// dN(a_z) = dh·(h' − n)·z(1 − z);  directly dh' = dh·z. Blocks q r z n.
struct LayerNormGRUBackward: MutantVectorCell {
  static let original = LayerNormGRUCell.gruNorm
  static let sites = Sites(
    terms: 13, factors: 16, complements: 1, slopes: 3, read: 4, written: 4, vectors: 4, vectorGradients: 8,
    slips: [.sampleVariance, .overwrittenSum, .nextForPrevious, .exchangedWithComplement])
  let mutation: Mutation?

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    var slopes = [[S]](repeating: [S](repeating: 0, count: hidden), count: 4)
    for j in 0..<hidden {
      let (q, r) = (gates[read(0, hidden) + j], gates[read(1, hidden) + j])
      let (z, n) = (gates[read(2, hidden) + j], gates[read(3, hidden) + j])
      let old = slips(.nextForPrevious) ? next[j] : previous[j]
      let keep = slips(.exchangedWithComplement) ? 1 - z : z
      let dh = term(5, gradient[j])
      let dn = term(6, factor(7, dh) * complement(0, keep) * tanhSlope(0, n))
      slopes[0][j] = term(7, factor(8, dn) * factor(9, r))
      slopes[1][j] = term(8, factor(10, dn) * factor(11, q) * sigmoidSlope(1, r))
      let difference = term(9, old) - term(10, n)
      slopes[2][j] = term(11, factor(12, dh) * factor(13, difference) * sigmoidSlope(2, z))
      slopes[3][j] = dn
      gradient[j] = term(12, factor(14, dh) * factor(15, keep))
    }
    for gate in 0..<4 {
      let da = derivative(gate, block(saved, gate * hidden, hidden), slopes[gate], vectors, &vectorGradient)
      for j in 0..<hidden { gates[written(gate, hidden) + j] = da[j] }
    }
  }
}

/// n = tanh(N(a_n) + r·N(q)), h = (1 − z)·n + z·h'
struct LayerNormGRUForward: MutantVectorCell {
  static let original = LayerNormGRUCell.gruNorm
  static let sites = Sites(
    terms: 7, factors: 8, complements: 1, activations: 3, read: 4, vectors: 8,
    slips: [.sampleVariance, .keptMean, .exchangedWithComplement, .resetOfPrevious])
  let mutation: Mutation?

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    let hidden = next.count
    let a = (0..<4).map { normalized($0, block(gates, read($0, hidden), hidden), vectors) }
    for j in 0..<hidden {
      let (r, z) = (sigmoid(0, a[1][j]), sigmoid(1, a[2][j]))
      let n = tangent(2, term(3, a[3][j]) + term(4, factor(3, r) * factor(4, a[0][j])))
      let keep = slips(.exchangedWithComplement) ? 1 - z : z
      let old = slips(.resetOfPrevious) ? r * previous[j] : previous[j]
      next[j] = term(5, complement(0, keep) * factor(5, n)) + term(6, factor(6, keep) * factor(7, old))
    }
  }
}
