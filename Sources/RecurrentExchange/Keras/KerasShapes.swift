import Recurrent

/// The configuration that the shapes of Keras's arrays give, each of them checked.
struct KerasShapes {
  let file: ArrayFile
  let layers: KerasLayers
  let options: KerasOptions

  func configuration() throws(ExchangeError) -> ModelConfiguration {
    guard let firstCell = layers.recurrent.first?.first else {
      throw .noRecurrentLayer(file: file.file, found: file.entries.map(\.name))
    }
    let inputSize = try matrix(firstCell.kernel)[0]
    let gates = try gateCount(firstCell)
    let cell = try cell(gates: gates, firstCell)
    let directionCount = layers.recurrent[0].count
    let directions = options.directions ?? (directionCount == 2 ? .both(merge: .concatenate) : .forward)
    guard directions.count == directionCount else {
      throw .invalidOptions(
        file: file.file,
        reason: "the arrays are of layers in \(directionCount == 2 ? "both directions" : "one direction")")
    }
    var sizes: [Int] = []
    var width = inputSize
    for directions in layers.recurrent {
      guard directions.count == directionCount else {
        throw .inexpressible(
          framework: "a model here", feature: "mixture of layers that are Bidirectional and layers that are not")
      }
      let hidden = try matrix(directions[0].recurrentKernel)[0]
      for cell in directions { try check(cell, inputs: width, hidden: hidden, gates: gates) }
      sizes.append(hidden)
      width = options.directions?.merge ?? .concatenate == .concatenate ? directionCount * hidden : hidden
    }
    let dense = try layers.dense.map { (dense) throws(ExchangeError) in try matrix(dense.kernel) }
    if let dense, let layer = layers.dense {
      guard dense[0] == width else {
        throw .shapeMismatch(file: file.file, tensor: layer.kernel, expected: "[\(width), …]", actual: dense)
      }
      try checkShape(layer.bias, [dense[1]])
    }
    let head = try head(hasDense: dense != nil)
    var configuration = ModelConfiguration(
      cell: cell, input: try input(size: inputSize), hiddenSize: sizes[0], layerCount: sizes.count,
      directions: directions,
      outputSize: dense?[1] ?? (directions.merge == .concatenate ? 2 * sizes[0] : sizes[0]), head: head)
    if Set(sizes).count > 1 { configuration.hiddenSizes = sizes }
    return configuration
  }

  private func head(hasDense: Bool) throws(ExchangeError) -> ModelConfiguration.Head {
    let head = options.head ?? (hasDense ? .everyStep : .none)
    guard (head == .none) != hasDense else {
      throw .invalidOptions(
        file: file.file,
        reason: hasDense ? "a model without head has no Dense, but there is one" : "there is no Dense for a head")
    }
    return head
  }

  private func input(size: Int) throws(ExchangeError) -> ModelConfiguration.Input {
    guard let embedding = layers.embedding else {
      return options.isOneHot ? .oneHot(vocabularySize: size) : .vectors(size: size)
    }
    guard !options.isOneHot else {
      throw .invalidOptions(
        file: file.file, reason: "tokens are not one-hot where there is an embedding, \"\(embedding)\"")
    }
    let shape = try matrix(embedding)
    guard shape[1] == size else {
      throw .shapeMismatch(file: file.file, tensor: embedding, expected: "[…, \(size)]", actual: shape)
    }
    return .embedding(vocabularySize: shape[0], size: shape[1])
  }

  // MARK: Cells

  private func gateCount(_ cell: KerasLayers.Cell) throws(ExchangeError) -> Int {
    let shape = try matrix(cell.recurrentKernel)
    let gates = shape[1] / shape[0]
    guard shape[1] % shape[0] == 0, [1, 3, 4].contains(gates) else {
      throw .shapeMismatch(
        file: file.file, tensor: cell.recurrentKernel, expected: "[\(shape[0]), 1, 3 or 4 times \(shape[0])]",
        actual: shape)
    }
    return gates
  }

  private func cell(gates: Int, _ first: KerasLayers.Cell) throws(ExchangeError) -> any RecurrentCell {
    var fitting: [any RecurrentCell]
    switch gates {
    case 1: fitting = [.rnn, .rnnReLU]
    case 4: fitting = [.lstm]
    default:
      switch first.bias.flatMap({ file.entry($0)?.shape.count }) {
      case _ where first.isCuDNN(file): fitting = [.gru]
      case nil: fitting = [.gru, .gruResetBefore]
      case 2: fitting = [.gru]
      default: fitting = [.gruResetBefore]
      }
    }
    guard let wanted = options.cell else { return fitting[0] }
    guard let cell = fitting.first(where: { $0.name == wanted.name }) else {
      let names = fitting.map(\.name).joined(separator: " or ")
      throw .invalidOptions(file: file.file, reason: "the arrays are of \(names), not of \(wanted.name)")
    }
    return cell
  }

  private func check(
    _ cell: KerasLayers.Cell, inputs: Int, hidden: Int, gates: Int
  ) throws(ExchangeError) {
    let (width, overflow) = gates.multipliedReportingOverflow(by: hidden)
    guard !overflow else {
      throw .shapeMismatch(
        file: file.file, tensor: cell.recurrentKernel, expected: "fewer units", actual: try matrix(cell.recurrentKernel)
      )
    }
    try checkShape(cell.kernel, [inputs, width])
    try checkShape(cell.recurrentKernel, [hidden, width])
    let first = layers.recurrent[0][0]
    if first.isCuDNN(file) {
      try checkShape(cell.bias, [2 * width])
    } else {
      try checkShape(
        cell.bias, first.bias.flatMap { file.entry($0)?.shape.count } == 2 && gates == 3 ? [2, width] : [width])
    }
  }

  // MARK: Shapes

  private func checkShape(_ name: String?, _ shape: [Int]) throws(ExchangeError) {
    guard let name else { return }
    let actual = file.entry(name)?.shape ?? []
    guard actual == shape else {
      throw .shapeMismatch(file: file.file, tensor: name, expected: "\(shape)", actual: actual)
    }
  }

  private func matrix(_ name: String) throws(ExchangeError) -> [Int] {
    let shape = file.entry(name)?.shape ?? []
    guard shape.count == 2, shape.allSatisfy({ $0 >= 1 }) else {
      throw .shapeMismatch(file: file.file, tensor: name, expected: "[rows, columns]", actual: shape)
    }
    return shape
  }
}
