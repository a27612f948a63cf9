import Recurrent

/// What a problem's model gives, and the gradient of its loss by everything, computed naively.
struct Solution {
  /// [T, N, O], or sequence after sequence [Σ lengths, O], or [N, O].
  let outputs: [Tracked]
  /// One a layer, [T, N, its width] or [Σ lengths, its width].
  let layerOutputs: [[Tracked]]
  /// [part, L·D, N, H], of the first part with a projection P.
  let finalState: [Tracked]
  let loss: Tracked
  let outputGradient: [Tracked]
  let gradients: [String: [Tracked]]
  /// [T, N, I] or [Σ lengths, I]; empty for tokens.
  let inputGradient: [Tracked]
  /// [part, L·D, N, H], of the first part with a projection P.
  let initialStateGradient: [Tracked]

  /// The norm of the gradient by all parameters.
  var gradientNorm: Tracked {
    var sum = TrackedSum()
    for value in gradients.values.joined() { sum.add(value * value) }
    return sum.result.squareRoot
  }
}

extension Problem {
  /// Runs the oracle.
  func solve() -> Solution {
    let tape = Tape()
    func variables(_ values: [Double]) -> [Variable] {
      values.map { tape.append(Tracked($0, isRounded: isRounded)) }
    }
    let parameters = parameters.mapValues(variables)
    let vectors = variables(vectors)
    let initial = variables(initialState)

    // Sequence by sequence and step by step: [sequence][step][unit].
    var x = (0..<batchSize).map { sequence in
      (0..<length(of: sequence)).map { step in
        input(row(sequence, step), vectors, parameters["embedding.weight"], tape)
      }
    }
    let states = states(initial, parameters)
    var ends: [[[[Variable]]]] = []
    var layerOutputs: [[[[Variable]]]] = []
    var lastSteps: [[Variable]] = []
    for layer in 0..<configuration.layerCount {
      let block =
        configuration.blocks.map { _ in OracleBlock(configuration: configuration, layer: layer, parameters: parameters)
        }
      let read = block.map { block in x.map { $0.map(block.read) } } ?? x
      let runs = (0..<configuration.directions.count).map { direction in
        let weights = OracleLayer(configuration, layer, direction, parameters)
        return x.indices.map { sequence in
          run(weights, read[sequence], from: states[ends.count + direction][sequence], isReverse: direction == 1)
        }
      }
      ends += runs.map { $0.map(\.end) }
      let inputs = x
      x = inputs.indices.map { sequence in
        inputs[sequence].indices.map { step in
          let output = merged(runs.map { $0[sequence].outputs[step] })
          let joined = addsInput(layer) ? zip(output, inputs[sequence][step]).map { $0 + $1 } : output
          return block?.feedForward(joined) ?? joined
        }
      }
      layerOutputs.append(x)
      // A head at the last step reads where each direction ended.
      lastSteps = inputs.indices.map { sequence in
        let output = merged(runs.map { $0[sequence].end[0] })
        guard addsInput(layer), let input = inputs[sequence].last else { return output }
        return zip(output, input).map { $0 + $1 }
      }
    }

    var headLayers = layerOutputs
    if let gain = parameters["norm.weight"] {
      x = x.map { $0.map { OracleBlock.normalized($0, gain: gain) } }
      headLayers[headLayers.count - 1] = x
      lastSteps = x.map { $0.last ?? gain.map { _ in tape.append(Tracked(0)) } }
    }
    let outputs: [Variable]
    if configuration.head == .none {
      // Nodes of their own: dL/d(outputs) is not the gradient that reaches h by the later steps too.
      outputs = ordered(x).map { 1 * $0 }
    } else {
      let (weights, bias) = (parameters["linear.weight"]!, parameters["linear.bias"]!)
      outputs = headInputs(headLayers, lastSteps, tape).flatMap { head($0, weights, bias) }
    }
    /// [part, L·D, N, width]
    func joined(_ states: [[[[Variable]]]]) -> [Variable] {
      (0..<configuration.cell.structure.stateCount).flatMap { part in
        states.flatMap { recurrence in recurrence.flatMap { $0[part] } }
      }
    }

    let total = meanLoss(outputs, tape)
    let gradients = tape.gradients(of: total)
    return Solution(
      outputs: outputs.map(\.tracked), layerOutputs: layerOutputs.map { ordered($0).map(\.tracked) },
      finalState: joined(ends).map(\.tracked), loss: total.tracked,
      outputGradient: outputs.map { gradients[$0.node] },
      gradients: parameters.mapValues { $0.map { gradients[$0.node] } },
      inputGradient: vectors.map { gradients[$0.node] },
      initialStateGradient: joined(states).map { gradients[$0.node] })
  }

  /// What the first layer sees: a vector, a one-hot vector, or a row of the embedding.
  private func input(_ row: Int, _ vectors: [Variable], _ embedding: [Variable]?, _ tape: Tape) -> [Variable] {
    let size = configuration.input.size
    if let embedding { return Array(embedding[Int(tokens[row]) * size..<(Int(tokens[row]) + 1) * size]) }
    if tokens.isEmpty { return Array(vectors[row * size..<(row + 1) * size]) }
    return (0..<size).map { tape.append(Tracked($0 == tokens[row] ? 1 : 0)) }
  }

  private func head(_ h: [Variable], _ weights: [Variable], _ bias: [Variable]) -> [Variable] {
    bias.indices.map { dot(weights[$0 * h.count..<($0 + 1) * h.count], h) + bias[$0] }
  }

  private func meanLoss(_ outputs: [Variable], _ tape: Tape) -> Variable {
    switch loss {
    case .crossEntropy:
      let size = configuration.outputSize
      let losses = classes.indices.map { row in
        let logits = outputs[row * size..<(row + 1) * size]
        let greatest = tape.append(Tracked(logits.map(\.tracked.value).max()!))
        let shifted = logits.map { $0 - greatest }
        return sum(shifted.map(\.exponential)).logarithm - shifted[Int(classes[row])]
      }
      return (1 / Double(losses.count)) * sum(losses)
    case .meanSquaredError:
      let squares = zip(outputs, values).map { output, value in
        let difference = output - tape.append(Tracked(value, isRounded: isRounded))
        return difference * difference
      }
      return (1 / Double(squares.count)) * sum(squares)
    default: preconditionFailure("the oracle has no \(loss)")
    }
  }
}
