internal import Kernels

/// Runs a model on sequences and keeps what its recurrences went through.
struct StateRecorder: ~Copyable {
  private var pass: RecurrentPass<Double>
  private let configuration: ModelConfiguration
  private let model: Model<Double>
  private let tokens: [[Int32]]?
  private let vectors: [[Double]]
  private let lengths: [Int]

  /// - Parameters:
  ///   - model: without a head.
  ///   - tokens: of each sequence; nil: it reads vectors.
  init(_ model: Model<Double>, tokens: [[Int32]]?, vectors: [[Double]], threads: Int) throws(PlanError) {
    (self.model, configuration) = (model, model.configuration)
    (self.tokens, self.vectors) = (tokens, vectors)
    let width = configuration.input.size
    lengths = tokens.map { $0.map(\.count) } ?? vectors.map { $0.count / width }
    pass = try RecurrentPass(
      model, steps: lengths.max() ?? 1, batchSize: lengths.count, isRagged: true, threads: threads)
    if let tokens { pass.forward(.tokens(tokens)) } else { pass.forward(.vectors(vectors)) }
  }

  func trajectory(layer: Int, isReverse: Bool) throws(PlanError) -> Trajectory {
    let part = try model.part(layers: layer..<layer + 1, direction: isReverse ? 1 : 0)
    let start = RecurrentState<Double>(zerosFor: part.configuration, batchSize: 1)
    let widths = start.widths.map { $0[0] }
    let states = pass.states(ofLayer: layer, reverse: isReverse)
    let recurrence = layer * configuration.directions.count + (isReverse ? 1 : 0)
    let initial = pass.initialState
    var kept: [[Double]] = []
    for sequence in 0..<lengths.count {
      var values: [Double] = []
      values.reserveCapacity((lengths[sequence] + 1) * widths.reduce(0, +))
      for part in widths.indices { values += initial.values[initial.range(part, recurrence, sequence)] }
      let all = Array(states[sequence])
      let hidden = states.width / widths.count
      for step in 0..<lengths[sequence] {
        let row = isReverse ? lengths[sequence] - 1 - step : step
        for (part, width) in widths.enumerated() {
          let first = row * states.width + part * hidden
          values += all[first..<first + width]
        }
      }
      kept.append(values)
    }
    return Trajectory(model: part, inputs: inputs(layer, isReverse), states: kept, widths: widths)
  }

  private func inputs(_ layer: Int, _ isReverse: Bool) -> Trajectory.Inputs {
    if configuration.normalizesInput(layer: layer), let read = pass.engine.plan.layers[layer].read {
      let sequences = pass.engine.sequences(read, pass.rows)
      let all = (0..<sequences.count).map { Array(sequences[$0]) }
      return .vectors(isReverse ? all.map { Self.reversed($0, width: read.columns) } : all, width: read.columns)
    }
    if layer == 0, let tokens { return .tokens(isReverse ? tokens.map { $0.reversed() } : tokens) }
    let width = configuration.inputSize(ofLayer: layer)
    var sequences = vectors
    if layer > 0 {
      let below = pass.layerOutputSequences(layer - 1)
      sequences = (0..<below.count).map { Array(below[$0]) }
    }
    if isReverse { sequences = sequences.map { Self.reversed($0, width: width) } }
    return .vectors(sequences, width: width)
  }

  /// The rows [T, width] from the last to the first.
  static func reversed(_ values: [Double], width: Int) -> [Double] {
    (0..<values.count / width).reversed().flatMap { values[$0 * width..<($0 + 1) * width] }
  }

  /// What the cell left of its gates, [R, rowGateCount·H]: rows of all steps and sequences in some order.
  func gates(layer: Int, isReverse: Bool) -> [Double] {
    let place = pass.engine.plan.layers[layer]
    let recurrence = isReverse ? place.reverse : place.forward
    return pass.engine.memory.array(recurrence.gates.rows(0..<lengths.reduce(0, +)))
  }
}
