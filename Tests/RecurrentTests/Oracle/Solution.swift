import Recurrent

/// What a problem's model gives, and the gradient of its loss by everything, computed naively.
struct Solution {
  /// [T, N, O] or [N, O]
  let outputs: [Tracked]
  /// One a layer, [T, N, H].
  let layerOutputs: [[Tracked]]
  /// [part, L, N, H]
  let finalState: [Tracked]
  let loss: Tracked
  let outputGradient: [Tracked]
  let gradients: [String: [Tracked]]
  /// [T, N, I]; empty for tokens.
  let inputGradient: [Tracked]
  /// [part, L, N, H]
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

    let layerCount = configuration.layerCount
    let layers = (0..<layerCount).map { layer in
      OracleLayer(
        hiddenSize: configuration.hiddenSize, inputSize: configuration.inputSize(ofLayer: layer),
        inputWeights: parameters["rnn.weight_ih_l\(layer)"]!,
        hiddenWeights: parameters["rnn.weight_hh_l\(layer)"] ?? [],
        inputBias: parameters["rnn.bias_ih_l\(layer)"]!, hiddenBias: parameters["rnn.bias_hh_l\(layer)"] ?? [],
        vectors: parameters["rnn.vectors_l\(layer)"] ?? [])
    }
    let stateCount = configuration.cell.structure.stateCount
    /// Place of unit 0 in [part, L, N, H].
    func place(_ part: Int, _ layer: Int, _ sequence: Int) -> Int {
      ((part * layerCount + layer) * batchSize + sequence) * configuration.hiddenSize
    }

    var outputs: [Variable] = []
    var layerOutputs = [[Variable]](repeating: [], count: layerCount)
    // state[layer][sequence][part][unit]
    var state = (0..<layerCount).map { layer in
      (0..<batchSize).map { sequence in
        (0..<stateCount).map { part in
          Array(initial[place(part, layer, sequence)..<place(part, layer, sequence) + configuration.hiddenSize])
        }
      }
    }
    for step in 0..<steps {
      for sequence in 0..<batchSize {
        var x = input(step * batchSize + sequence, vectors, parameters["embedding.weight"], tape)
        for layer in 0..<layerCount {
          state[layer][sequence] = cell.step(x, state[layer][sequence], layers[layer])
          x = state[layer][sequence][0]
          layerOutputs[layer] += x
        }
        if configuration.head == .none {
          // Nodes of their own: dL/d(outputs) is not the gradient that reaches h by the later steps too.
          outputs += x.map { 1 * $0 }
        } else if configuration.head == .everyStep || step == steps - 1 {
          outputs += head(x, parameters["linear.weight"]!, parameters["linear.bias"]!)
        }
      }
    }
    let final = (0..<stateCount).flatMap { part in
      state.flatMap { layer in layer.flatMap { $0[part] } }
    }

    let total = meanLoss(outputs, tape)
    let gradients = tape.gradients(of: total)
    return Solution(
      outputs: outputs.map(\.tracked), layerOutputs: layerOutputs.map { $0.map(\.tracked) },
      finalState: final.map(\.tracked), loss: total.tracked,
      outputGradient: outputs.map { gradients[$0.node] },
      gradients: parameters.mapValues { $0.map { gradients[$0.node] } },
      inputGradient: vectors.map { gradients[$0.node] },
      initialStateGradient: initial.map { gradients[$0.node] })
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
