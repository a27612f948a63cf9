/// Remembers a computation in order, each number with its derivative by those that it came from; the chain rule then
/// goes through the list from behind. So the oracle's gradients need no derivation that could repeat a mistake of the
/// engine's.
final class Tape {
  private var values: [Tracked] = []
  /// Edges of node i: `ends[i - 1]..<ends[i]`.
  private var ends: [Int] = []
  private var parents: [Int] = []
  /// d(node)/d(parent), one an edge.
  private var slopes: [Tracked] = []

  func value(_ node: Int) -> Tracked { values[node] }

  /// Adds a number that comes from nothing, or from what `edge` was called with since.
  func append(_ value: Tracked) -> Variable {
    values.append(value)
    ends.append(parents.count)
    return Variable(tape: self, node: values.count - 1)
  }

  /// Says on what the next number to be appended depends.
  func edge(to parent: Int, slope: Tracked) {
    parents.append(parent)
    slopes.append(slope)
  }

  /// d(result)/d(node) for every node.
  func gradients(of result: Variable) -> [Tracked] {
    var sums = [TrackedSum](repeating: TrackedSum(), count: values.count)
    var gradients = [Tracked](repeating: Tracked(0), count: values.count)
    sums[result.node].add(Tracked(1))
    for node in stride(from: result.node, through: 0, by: -1) {
      let gradient = sums[node].result
      gradients[node] = gradient
      guard gradient.value != 0 || gradient.error != 0 else { continue }
      for edge in (node == 0 ? 0 : ends[node - 1])..<ends[node] {
        sums[parents[edge]].add(gradient * slopes[edge])
      }
    }
    return gradients
  }
}

/// A number on a tape.
struct Variable {
  let tape: Tape
  let node: Int

  var tracked: Tracked { tape.value(node) }

  private func mapped(_ value: Tracked, slope: Tracked) -> Variable {
    tape.edge(to: node, slope: slope)
    return tape.append(value)
  }

  private func with(_ other: Variable, _ value: Tracked, slopes: (Tracked, Tracked)) -> Variable {
    tape.edge(to: node, slope: slopes.0)
    tape.edge(to: other.node, slope: slopes.1)
    return tape.append(value)
  }

  static func + (a: Variable, b: Variable) -> Variable {
    a.with(b, a.tracked + b.tracked, slopes: (Tracked(1), Tracked(1)))
  }

  static func - (a: Variable, b: Variable) -> Variable {
    a.with(b, a.tracked - b.tracked, slopes: (Tracked(1), Tracked(-1)))
  }

  static func * (a: Variable, b: Variable) -> Variable {
    a.with(b, a.tracked * b.tracked, slopes: (b.tracked, a.tracked))
  }

  static func - (a: Double, b: Variable) -> Variable {
    b.mapped(Tracked(a) - b.tracked, slope: Tracked(-1))
  }

  static func * (a: Double, b: Variable) -> Variable {
    b.mapped(Tracked(a) * b.tracked, slope: Tracked(a))
  }

  static func + (a: Double, b: Variable) -> Variable { b.mapped(Tracked(a) + b.tracked, slope: Tracked(1)) }

  var reciprocal: Variable {
    let y = tracked.reciprocal
    return mapped(y, slope: Tracked(-1) * y * y)
  }

  var squareRoot: Variable {
    let y = tracked.squareRoot
    return mapped(y, slope: Tracked(0.5) * y.reciprocal)
  }

  /// log(1 + e^x)
  var softplus: Variable { mapped(tracked.softplus, slope: tracked.sigmoid) }

  /// e^−x and 1 − e^−x, for x ≥ 0.
  var decay: Variable {
    let y = tracked.decay
    return mapped(y, slope: Tracked(-1) * y)
  }
  var complementOfDecay: Variable { mapped(tracked.complementOfDecay, slope: tracked.decay) }

  var tanh: Variable {
    let y = tracked.tanh
    return mapped(y, slope: Tracked(1) - y * y)
  }

  var sigmoid: Variable {
    let y = tracked.sigmoid
    return mapped(y, slope: y * (Tracked(1) - y))
  }

  /// max(x, 0). Where rounding in single precision could change the sign, the slope may be either; where it could not, a
  /// 0 is exact.
  var rectified: Variable {
    let x = tracked
    let isDoubtful = abs(x.value) <= x.error * 0x1p-23
    let slope = Tracked(x.value > 0 ? 1 : 0, error: isDoubtful ? 0x1p24 : 0)
    return mapped(x.value > 0 ? x : Tracked(0, error: isDoubtful ? x.error : 0), slope: slope)
  }

  var exponential: Variable {
    let y = tracked.exponential
    return mapped(y, slope: y)
  }

  var logarithm: Variable { mapped(tracked.logarithm, slope: tracked.reciprocal) }
}

/// Σ aᵢ·bᵢ
func dot(_ a: some Collection<Variable>, _ b: some Collection<Variable>) -> Variable {
  let tape = a.first!.tape
  var sum = TrackedSum()
  for (x, y) in zip(a, b) {
    sum.add(x.tracked * y.tracked)
    tape.edge(to: x.node, slope: y.tracked)
    tape.edge(to: y.node, slope: x.tracked)
  }
  return tape.append(sum.result)
}

func sum(_ terms: some Collection<Variable>) -> Variable {
  let tape = terms.first!.tape
  var sum = TrackedSum()
  for term in terms {
    sum.add(term.tracked)
    tape.edge(to: term.node, slope: Tracked(1))
  }
  return tape.append(sum.result)
}

/// The greatest term, the first of equal ones. Where rounding in single precision could make another one the greatest, the
/// slopes may be either's.
func greatest(_ terms: [Variable]) -> Variable {
  let tape = terms[0].tape
  let values = terms.map(\.tracked)
  let winner = values.indices.max {
    values[$0].value < values[$1].value || (values[$0].value == values[$1].value && $0 > $1)
  }!
  let best = values[winner]
  let rivals = values.indices.filter { index in
    let doubt = (best.error + values[index].error) * 0x1p-23
    return index != winner && doubt > 0 && best.value - values[index].value <= doubt
  }
  tape.edge(to: terms[winner].node, slope: Tracked(1, error: rivals.isEmpty ? 0 : 0x1p24))
  for rival in rivals { tape.edge(to: terms[rival].node, slope: Tracked(0, error: 0x1p24)) }
  return tape.append(Tracked(best.value, error: ([winner] + rivals).map { values[$0].error }.max()!))
}
