import Recurrent

/// What residual blocks add around a recurrence, naively: norms by the root mean square and gated feed-forward layers.
struct OracleBlock {
  let configuration: ModelConfiguration
  let layer: Int
  let parameters: [String: [Variable]]

  private func parameter(_ name: String) -> [Variable] { parameters["rnn.\(name)_l\(layer)"] ?? [] }

  /// What the recurrence reads.
  func read(_ x: [Variable]) -> [Variable] {
    // The first layer has a norm where it adds what it reads.
    let isGathered = if case .oneHot = configuration.input { true } else { false }
    let isWide = configuration.inputSize(ofLayer: 0) == configuration.outputSize(ofLayer: 0)
    guard layer > 0 || (!isGathered && isWide) else { return x }
    return Self.normalized(x, gain: parameter("norm"))
  }

  /// y₁ + W_down·(silu(W_gate·N(y₁)) ⊙ (W_up·N(y₁)))
  func feedForward(_ x: [Variable]) -> [Variable] {
    let norm = Self.normalized(x, gain: parameter("feed_forward_norm"))
    let (gate, up) = (
      Self.product(parameter("feed_forward_gate"), norm), Self.product(parameter("feed_forward_up"), norm)
    )
    let gated = zip(gate, up).map { $0 * $0.sigmoid * $1 }
    return zip(x, Self.product(parameter("feed_forward_down"), gated)).map { $0 + $1 }
  }

  private static func product(_ weights: [Variable], _ x: [Variable]) -> [Variable] {
    stride(from: 0, to: weights.count, by: x.count).map { dot(weights[$0..<$0 + x.count], x) }
  }

  static func normalized(_ x: [Variable], gain: [Variable]) -> [Variable] {
    zip(gain, scaledToUnitMeanSquare(x)).map { $0 * $1 }
  }
}

/// x/√(mean of x² + 10⁻⁶) on the tape, as one function of all its numbers: as for `normalized`, taken apart its bounds would not
/// see that a common error cancels.
///
///     ∂y_k/∂x_j = s·(δ_kj − y_k·y_j/n),  s = 1/√(mean of x² + 10⁻⁶)
private func scaledToUnitMeanSquare(_ x: [Variable]) -> [Variable] {
  let tape = x[0].tape
  let n = Double(x.count)
  let values = x.map(\.tracked.value)
  let scale = 1 / (values.reduce(0) { $0 + $1 * $1 } / n + 1e-6).squareRoot()
  let y = values.map { $0 * scale }
  // Of the scale: a sum of n squares, and a quotient, a sum, a root and its reciprocal.
  let relative = (n + 1) / 2 + 4
  func jacobian(_ k: Int, _ j: Int) -> Double { scale * ((k == j ? 1 : 0) - y[k] * y[j] / n) }
  let tracked = x.indices.map { k in
    let passed = x.indices.reduce(0) { $0 + abs(jacobian(k, $1)) * x[$1].tracked.error }
    return Tracked(y[k], error: passed + abs(y[k]) * (relative + 1))
  }
  let passedToScale = x.indices.reduce(0) { $0 + scale * scale * abs(y[$1]) / n * x[$1].tracked.error }
  let trackedScale = Tracked(scale, error: passedToScale + scale * relative)
  return x.indices.map { k in
    for j in x.indices {
      let product = Tracked(1 / n) * (tracked[k] * tracked[j])
      tape.edge(to: x[j].node, slope: trackedScale * (Tracked(k == j ? 1 : 0) - product))
    }
    return tape.append(tracked[k])
  }
}
