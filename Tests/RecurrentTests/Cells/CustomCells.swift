import Recurrent

/// Cells that are not built in, as a user would write them.

/// The cell of `RecurrentCell`'s documentation: h = (1 − f)·h' + f·tanh(a), f = σ(a_f).
struct LeakyCell: RecurrentCell {
  let name = "leaky"
  let structure = CellStructure(gateCount: 2)

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    VectorMath.sigmoid(&gates, in: 0..<hidden)
    VectorMath.tanh(&gates, in: hidden..<2 * hidden)
    for j in 0..<hidden {
      next[j] = (1 - gates[j]) * previous[j] + gates[j] * gates[hidden + j]
    }
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (f, candidate, dh) = (gates[j], gates[hidden + j], gradient[j])
      gates[j] = dh * (candidate - previous[j]) * f * (1 - f)
      gates[hidden + j] = dh * f * (1 - candidate * candidate)
      gradient[j] = dh * (1 - f)
    }
  }
}

/// An LSTM whose input gate is 1 − f, with gates f g o and two states, h and c:
/// c = f·c' + (1 − f)·g, h = o·tanh(c).
struct CoupledCell: RecurrentCell {
  let name = "coupled"
  let structure = CellStructure(gateCount: 3, stateCount: 2, savedCount: 1, forgetGate: 0)

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    VectorMath.sigmoid(&gates, in: 0..<hidden)
    VectorMath.tanh(&gates, in: hidden..<2 * hidden)
    VectorMath.sigmoid(&gates, in: 2 * hidden..<3 * hidden)
    for j in 0..<hidden {
      let f = gates[j]
      saved[j] = f * previous[hidden + j] + (1 - f) * gates[hidden + j]
      next[hidden + j] = saved[j]
    }
    VectorMath.tanh(&saved, in: 0..<hidden)
    for j in 0..<hidden { next[j] = gates[2 * hidden + j] * saved[j] }
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    for j in 0..<hidden {
      let (f, g, o) = (gates[j], gates[hidden + j], gates[2 * hidden + j])
      let dh = gradient[j]
      let dc = gradient[hidden + j] + dh * o * (1 - saved[j] * saved[j])
      gates[j] = dc * (previous[hidden + j] - g) * f * (1 - f)
      gates[hidden + j] = dc * (1 - f) * (1 - g * g)
      gates[2 * hidden + j] = dh * saved[j] * o * (1 - o)
      gradient[j] = 0
      gradient[hidden + j] = dc * f
    }
  }
}

/// A cell with a second stage: r = σ(a_r), n = tanh(Wx + W(r·h')), h = (h' + n)/2.
struct ResettingCell: TwoStageCell {
  let name = "resetting"
  let structure = CellStructure(gateCount: 2, savedCount: 1, recurrentProduct: .lastGateSecondStage)

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    VectorMath.sigmoid(&gates, in: 0..<saved.count)
    for j in saved.indices { saved[j] = gates[j] * previous[j] }
  }

  func forwardSecondStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>
  ) {
    let hidden = next.count
    VectorMath.tanh(&gates, in: hidden..<2 * hidden)
    for j in 0..<hidden { next[j] = (previous[j] + gates[hidden + j]) / 2 }
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let n = gates[hidden + j]
      gradient[j] /= 2
      gates[hidden + j] = gradient[j] * (1 - n * n)
    }
  }

  func backwardFirstStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, operandGradient: Span<S>, gradient: inout MutableSpan<S>
  ) {
    for j in 0..<gradient.count {
      let r = gates[j]
      gates[j] = operandGradient[j] * previous[j] * r * (1 - r)
      gradient[j] += operandGradient[j] * r
    }
  }
}

/// h = a up and down between 0 and `spacing`: a slope of 1 or −1, and kinks `spacing` apart.
struct JaggedCell: RecurrentCell {
  let name = "jagged"
  let structure = CellStructure(gateCount: 1)
  let spacing: Double

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let period = 2 * S(spacing)
    for j in 0..<next.count {
      let distance = gates[j] - period * (gates[j] / period).rounded()
      next[j] = abs(distance)
      gates[j] = distance > 0 ? 1 : -1
    }
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    for j in 0..<gradient.count {
      gates[j] *= gradient[j]
      gradient[j] = 0
    }
  }
}

// MARK: Wrong on purpose

/// A leaky cell with one mistake in its derivative.
struct MistakenCell: RecurrentCell {
  enum Mistake: String, Sendable, CaseIterable {
    case gateSign, candidateSlope, directPart, directPartForgotten
  }

  let name = "mistaken"
  let mistake: Mistake
  var structure: CellStructure { LeakyCell().structure }

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    LeakyCell().forward(gates: &gates, previous: previous, next: &next, saved: &saved)
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
    gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (f, candidate, dh) = (gates[j], gates[hidden + j], gradient[j])
      let difference = mistake == .gateSign ? previous[j] - candidate : candidate - previous[j]
      let slope = mistake == .candidateSlope ? 1 - candidate : 1 - candidate * candidate
      gates[j] = dh * difference * f * (1 - f)
      gates[hidden + j] = dh * f * slope
      switch mistake {
      case .directPart: gradient[j] = dh * f
      case .directPartForgotten: break
      case .gateSign, .candidateSlope: gradient[j] = dh * (1 - f)
      }
    }
  }
}
