internal import Kernels

/// The state of every layer for a batch of sequences, as a value that can be kept, copied and given back.
public struct RecurrentState<S: Scalar>: Sendable, Hashable {
  /// L, N and H.
  public let layerCount: Int
  public let batchSize: Int
  public let hiddenSize: Int
  /// Parts of the state: for an LSTM two, h and c.
  public let partCount: Int
  /// [part, L, N, H]
  public var values: [S]

  /// The state that sequences start from.
  public init(zerosFor configuration: ModelConfiguration, batchSize: Int) {
    layerCount = configuration.layerCount
    self.batchSize = batchSize
    hiddenSize = configuration.hiddenSize
    partCount = configuration.cell.structure.stateCount
    values = [S](repeating: 0, count: partCount * layerCount * batchSize * hiddenSize)
  }

  /// One part, [L, N, H] as PyTorch has it: 0 is h, 1 an LSTM's c.
  public subscript(part part: Int) -> [S] {
    get {
      precondition((0..<partCount).contains(part), "part \(part) of \(partCount)")
      let count = values.count / partCount
      return Array(values[part * count..<(part + 1) * count])
    }
    set {
      precondition((0..<partCount).contains(part), "part \(part) of \(partCount)")
      let count = values.count / partCount
      precondition(newValue.count == count, "expected \(count) values, got \(newValue.count)")
      values.replaceSubrange(part * count..<(part + 1) * count, with: newValue)
    }
  }
}

extension Engine {
  /// Copies places [N, S·H], one a layer, to a value.
  func state(at place: (Int) -> Matrix) -> RecurrentState<S> {
    var state = RecurrentState<S>(zerosFor: plan.configuration, batchSize: plan.batchSize)
    let hidden = state.hiddenSize
    var parts: [[S]] = []
    for part in 0..<state.partCount {
      parts.append(
        plan.layers.indices.flatMap { block.array(place($0).columns(part * hidden..<(part + 1) * hidden)) })
    }
    state.values = parts.flatMap { $0 }
    return state
  }

  /// Makes `state` the initial state of the next call.
  func setInitialState(_ state: RecurrentState<S>) {
    let expected = RecurrentState<S>(zerosFor: plan.configuration, batchSize: plan.batchSize)
    precondition(
      state.values.count == expected.values.count && state.batchSize == expected.batchSize
        && state.layerCount == expected.layerCount,
      """
      expected a state of \(expected.partCount)×[\(expected.layerCount), \(expected.batchSize), \
      \(expected.hiddenSize)], got \(state.partCount)×[\(state.layerCount), \(state.batchSize), \(state.hiddenSize)]
      """)
    let hidden = state.hiddenSize
    let rowCount = state.layerCount * state.batchSize
    for part in 0..<state.partCount {
      for layer in 0..<state.layerCount {
        let place = self.state(layer, after: 0).columns(part * hidden..<(part + 1) * hidden)
        for row in 0..<state.batchSize {
          let start = (part * rowCount + layer * state.batchSize + row) * hidden
          block.write(state.values.span.extracting(start..<start + hidden), at: place.row(row).offset)
        }
      }
    }
  }
}
