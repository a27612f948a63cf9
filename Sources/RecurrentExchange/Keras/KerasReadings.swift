/// All ways to read arrays without names, in the order of Keras's `get_weights()`, as layers.
struct KerasReadings {
  private let arrays: [ArrayFile.Entry]
  private let options: KerasOptions
  private(set) var readings: [KerasLayers] = []

  /// - Parameter arrays: Embedding [V, E]; for each recurrent layer, and there for each direction, kernel [I, G·H],
  ///   recurrent kernel [H, G·H], bias [G·H], [2, 3·H] or [2·G·H]; Dense [width, O], [O].
  init(_ arrays: [ArrayFile.Entry], _ options: KerasOptions) {
    self.arrays = arrays
    self.options = options
    let directionCounts = options.directions.map { [$0.count] } ?? [1, 2]
    for embedding in [false, true] where !embedding || isMatrix(0) {
      for directions in directionCounts {
        for hasBias in [true, false] {
          var layers = KerasLayers()
          if embedding { layers.embedding = arrays[0].name }
          search(
            layers, from: embedding ? 1 : 0, width: embedding ? arrays[0].shape[1] : nil, gates: nil,
            directions: directions, hasBias: hasBias)
        }
      }
    }
  }

  private func isMatrix(_ index: Int) -> Bool {
    index < arrays.count && arrays[index].shape.count == 2 && arrays[index].shape.allSatisfy { $0 >= 1 }
  }

  /// Reads one layer after the other; wherever the rest is a dense layer or nothing, that is a reading.
  private mutating func search(
    _ start: KerasLayers, from first: Int, width firstWidth: Int?, gates firstGates: Int?, directions: Int,
    hasBias: Bool
  ) {
    var (layers, index, width, gates) = (start, first, firstWidth, firstGates)
    while let layer = layer(at: index, width: width, gates: gates, directions: directions, hasBias: hasBias) {
      layers.recurrent.append(layer.cells)
      index = layer.end
      gates = layer.gates
      width = options.directions?.merge ?? .concatenate == .concatenate ? directions * layer.hidden : layer.hidden
      if let reading = ending(layers, at: index, width: width!) { readings.append(reading) }
    }
  }

  private func layer(
    at start: Int, width: Int?, gates: Int?, directions: Int, hasBias: Bool
  ) -> (cells: [KerasLayers.Cell], end: Int, hidden: Int, gates: Int)? {
    guard isMatrix(start), isMatrix(start + 1) else { return nil }
    let (kernel, recurrent) = (arrays[start].shape, arrays[start + 1].shape)
    let hidden = recurrent[0]
    guard kernel[1] == recurrent[1], kernel[1] % hidden == 0, width ?? kernel[0] == kernel[0] else { return nil }
    let found = kernel[1] / hidden
    guard [1, 3, 4].contains(found), gates ?? found == found, options.cell?.structure.gateCount ?? found == found else {
      return nil
    }
    let step = hasBias ? 3 : 2
    var cells: [KerasLayers.Cell] = []
    for direction in 0..<directions {
      let place = start + direction * step
      guard place + step <= arrays.count, arrays[place].shape == kernel, arrays[place + 1].shape == recurrent else {
        return nil
      }
      if hasBias {
        let bias = arrays[place + 2].shape
        // The last is that of CuDNNLSTM and CuDNNGRU.
        guard
          bias == [kernel[1]] || (found == 3 && bias == [2, kernel[1]])
            || (found > 1 && bias.count == 1 && bias[0].isMultiple(of: 2) && bias[0] / 2 == kernel[1])
        else { return nil }
      }
      cells.append(
        KerasLayers.Cell(
          kernel: arrays[place].name, recurrentKernel: arrays[place + 1].name,
          bias: hasBias ? arrays[place + 2].name : nil))
    }
    return (cells, start + directions * step, hidden, found)
  }

  private func ending(_ layers: KerasLayers, at index: Int, width: Int) -> KerasLayers? {
    var layers = layers
    switch arrays.count - index {
    case 0: return layers
    case 1:
      guard isMatrix(index), arrays[index].shape[0] == width else { return nil }
      layers.dense = (arrays[index].name, nil)
      return layers
    case 2:
      guard isMatrix(index), arrays[index].shape[0] == width, arrays[index + 1].shape == [arrays[index].shape[1]] else {
        return nil
      }
      layers.dense = (arrays[index].name, arrays[index + 1].name)
      return layers
    default: return nil
    }
  }
}
