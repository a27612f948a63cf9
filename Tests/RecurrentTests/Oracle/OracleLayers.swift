import Recurrent

/// What lies around the cells, naively: one sequence, one direction and one step at a time.
extension Problem {
  /// One direction of a layer on one sequence, in its own order.
  /// - Returns: the outputs in the order of time, and the state behind the last step run.
  func run(_ weights: OracleLayer, _ x: [[Variable]], from start: [[Variable]], isReverse: Bool)
    -> (outputs: [[Variable]], end: [[Variable]])
  {
    var state = start
    var outputs: [[Variable]] = []
    for step in isReverse ? x.indices.reversed() : Array(x.indices) {
      var next = cell.step(x[step], state, weights)
      if let size = configuration.projectionSize {
        let columns = weights.hiddenSize
        next[0] = (0..<size).map { dot(weights.projection[$0 * columns..<($0 + 1) * columns], next[0]) }
      }
      for part in next.indices {
        // What zoneout is without a seed: its expectation, h = p·h' + (1 − p)·h̃.
        let rate = part == 0 ? configuration.zoneout.hidden : configuration.zoneout.cell
        guard rate > 0 else { continue }
        next[part] = zip(state[part], next[part]).map { rate * $0 + (1 - rate) * $1 }
      }
      state = next
      outputs.append(state[0])
    }
    return (isReverse ? outputs.reversed() : outputs, state)
  }

  /// Whether a layer adds what it reads to its output: there is nothing to add where a gather takes the place of one-hot
  /// vectors.
  func addsInput(_ layer: Int) -> Bool {
    let isGathered = if case .oneHot = configuration.input { layer == 0 } else { false }
    return (configuration.isResidual || configuration.blocks != nil) && !isGathered
      && configuration.inputSize(ofLayer: layer) == configuration.outputSize(ofLayer: layer)
  }

  /// The outputs of the directions as one.
  func merged(_ directions: [[Variable]]) -> [Variable] {
    guard directions.count == 2 else { return directions[0] }
    let (forward, reverse) = (directions[0], directions[1])
    return switch configuration.directions.merge! {
    case .concatenate: forward + reverse
    case .sum: zip(forward, reverse).map { $0 + $1 }
    case .average: zip(forward, reverse).map { 0.5 * ($0 + $1) }
    case .product: zip(forward, reverse).map { $0 * $1 }
    }
  }

  /// The states that the sequences start from, [recurrence][sequence][part][unit].
  func states(_ initial: [Variable], _ parameters: [String: [Variable]]) -> [[[[Variable]]]] {
    let parts = 0..<configuration.cell.structure.stateCount
    let count = configuration.layerCount * configuration.directions.count
    var states = [[[[Variable]]]](repeating: [[[Variable]]](repeating: [], count: batchSize), count: count)
    var start = 0
    for part in parts {
      for recurrence in 0..<count {
        let (layer, direction) = recurrence.quotientAndRemainder(dividingBy: configuration.directions.count)
        let size = stateSize(part, layer: layer)
        let trained = parameters["rnn.initial_state_l\(layer)" + (direction == 0 ? "" : "_reverse")] ?? []
        for sequence in 0..<batchSize {
          let first = part * configuration.hiddenSize(ofLayer: layer)
          states[recurrence][sequence].append(
            // Nodes of its own for each sequence.
            startsFresh ? trained[first..<first + size].map { 1 * $0 } : Array(initial[start..<start + size]))
          start += size
        }
      }
    }
    return states
  }

  /// What the head reads, row by row.
  /// - Parameters:
  ///   - layerOutputs: [layer][sequence][step][unit].
  ///   - lastSteps: [sequence][unit], of the top layer where each of its directions ends.
  func headInputs(_ layerOutputs: [[[[Variable]]]], _ lastSteps: [[Variable]], _ tape: Tape) -> [[Variable]] {
    let top = layerOutputs.count - 1
    let width = configuration.outputSize(ofLayer: top)
    switch configuration.head {
    case .everyStep:
      let layers = configuration.headReadsAllLayers ? Array(0...top) : [top]
      let rows = layerOutputs[0].indices.map { sequence in
        layerOutputs[0][sequence].indices.map { step in layers.flatMap { layerOutputs[$0][sequence][step] } }
      }
      return ordered(rows.map { $0.map { [$0] } })
    case .lastStep: return lastSteps
    case .meanOverSteps:
      return layerOutputs[top].map { steps in
        (0..<width).map { unit in
          guard !steps.isEmpty else { return tape.append(Tracked(0)) }
          return tape.append(Tracked(1 / Double(steps.count), isRounded: true)) * sum(steps.map { $0[unit] })
        }
      }
    case .maxOverSteps:
      return layerOutputs[top].map { steps in
        (0..<width).map { unit in steps.isEmpty ? tape.append(Tracked(0)) : greatest(steps.map { $0[unit] }) }
      }
    case .none: return []
    }
  }

  /// Sequences in the order of the problem's rows.
  func ordered<Element>(_ sequences: [[[Element]]]) -> [Element] {
    if lengths != nil { return sequences.flatMap { $0.flatMap { $0 } } }
    return (0..<steps).flatMap { step in sequences.flatMap { $0[step] } }
  }
}

extension OracleLayer {
  init(_ configuration: ModelConfiguration, _ layer: Int, _ direction: Int, _ parameters: [String: [Variable]]) {
    func parameter(_ name: String) -> [Variable] {
      parameters["rnn.\(name)_l\(layer)" + (direction == 0 ? "" : "_reverse")] ?? []
    }
    /// A whole matrix; of low rank the product of its factors, multiplied out.
    func matrix(_ name: String, columns: Int, rank: Int?) -> [Variable] {
      guard let rank else { return parameter(name) }
      let (left, right) = (parameter(name + "_left"), parameter(name + "_right"))
      return (0..<left.count / rank).flatMap { row in
        (0..<columns).map { column in
          dot(left[row * rank..<(row + 1) * rank], (0..<rank).map { right[$0 * columns + column] })
        }
      }
    }
    let ranks = configuration.ranks?[layer] ?? LowRank()
    let inputSize = configuration.inputSize(ofLayer: layer)
    self.init(
      hiddenSize: configuration.hiddenSize(ofLayer: layer), inputSize: inputSize,
      inputWeights: matrix("weight_ih", columns: inputSize, rank: ranks.input),
      hiddenWeights: matrix(
        "weight_hh", columns: configuration.directionSize(ofLayer: layer), rank: ranks.recurrent),
      inputBias: parameter("bias_ih"),
      hiddenBias: parameter("bias_hh"), projection: parameter("weight_hr"), vectors: parameter("vectors"))
  }
}
