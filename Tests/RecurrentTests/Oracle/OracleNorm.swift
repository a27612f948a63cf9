/// Layer normalisation on the tape, (x − mean)/√(variance + 10⁻⁵), as one function of all its numbers.
///
/// Taken apart into sums, squares and a root, its bounds would not see that most of an error cancels: that of the mean
/// against that of the variance, a common one altogether. So the Jacobian carries the errors:
///
///     ∂y_k/∂x_j = s·(δ_kj − 1/n − y_k·y_j/n),  s = 1/√(variance + 10⁻⁵)
func normalized(_ x: [Variable]) -> [Variable] {
  let tape = x[0].tape
  let n = Double(x.count)
  let values = x.map(\.tracked.value)
  let mean = values.reduce(0, +) / n
  let deviations = values.map { $0 - mean }
  let variance = deviations.reduce(0) { $0 + $1 * $1 } / n
  let scale = 1 / (variance + 1e-5).squareRoot()
  let y = deviations.map { $0 * scale }

  // One number is its own mean, exactly.
  if x.count == 1 { return [tape.append(Tracked(0))] }

  // Of a deviation: the mean is a sum of n terms, divided and rounded; then the difference is.
  let magnitude = values.reduce(0) { $0 + abs($1) } / n
  let roundings = deviations.map { (n + 1) * magnitude + abs($0) }
  // Of the scale: what these do to it, a sum of n squares, and a quotient, a sum, a root and its reciprocal.
  let share = scale * zip(y, roundings).reduce(0) { $0 + abs($1.0) * $1.1 } / n
  let relative = share + (n + 1) / 2 + 4

  func jacobian(_ k: Int, _ j: Int) -> Double { scale * ((k == j ? 1 : 0) - 1 / n - y[k] * y[j] / n) }
  let tracked = x.indices.map { k in
    let passed = x.indices.reduce(0) { $0 + abs(jacobian(k, $1)) * x[$1].tracked.error }
    return Tracked(y[k], error: passed + scale * roundings[k] + abs(y[k]) * (relative + 1))
  }
  let passedToScale = x.indices.reduce(0) { $0 + scale * scale * abs(y[$1]) / n * x[$1].tracked.error }
  let trackedScale = Tracked(scale, error: passedToScale + scale * relative)
  return x.indices.map { k in
    for j in x.indices {
      let product = Tracked(1 / n) * (tracked[k] * tracked[j])
      tape.edge(to: x[j].node, slope: trackedScale * (Tracked((k == j ? 1 : 0) - 1 / n) - product))
    }
    return tape.append(tracked[k])
  }
}
