import Recurrent
import RecurrentONNX

/// A random model, how it is exported, and a batch for it.
struct ExportCase: CustomStringConvertible {
  /// The cells that ONNX can express.
  static let cells: [any RecurrentCell] = [
    ElmanCell.rnn, ElmanCell.rnnReLU, LSTMCell.lstm, PeepholeLSTMCell.lstmPeephole, CoupledLSTMCell.lstmCoupled,
    GRUCell.gru, ResetBeforeGRUCell.gruResetBefore, MinGRUCell.minGRU, IndRNNCell.indRNN,
  ]

  /// So many that chance leaves nothing out, but for the kinds of attention: the cases behind them have one each.
  private static let randomCount = 108
  /// The indices of the tests.
  static let tested = 0..<randomCount + Attention.allCases.count

  let index: Int
  let configuration: ModelConfiguration
  let options: ONNXExportOptions
  /// T.
  let steps: Int
  /// Of each of N sequences, 0...T; all T without the option.
  let lengths: [Int]
  /// M, and the rows of each sequence's memory, where there is attention.
  let memorySteps: Int
  let memoryLengths: [Int]
  let seed: UInt64

  /// The cells follow each other, all else is random: the same index gives the same case.
  init(_ index: Int) {
    self.index = index
    var generator = SeededGenerator(seed: UInt64(1000 + index))
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    func chance(_ probability: Double) -> Bool { generator.uniform() < probability }
    func pick<Element>(_ list: [Element]) -> Element { list[number(0...list.count - 1)] }

    let cell = Self.cells[index % Self.cells.count]
    let layers = number(1...3)
    let directions: Directions = chance(0.5) ? .forward : .both(merge: pick(Directions.Merge.allCases))
    let isResidual = chance(0.4)
    var hidden = number(1...12)
    let projection = cell.structure.allowsProjection && chance(0.35) ? number(1...hidden) : nil
    if let projection, projection >= hidden { hidden = projection + 1 }
    // Where the first layer's residual connection is to act, it must be as wide as the input.
    let width = (directions.merge == .concatenate ? 2 : 1) * (projection ?? hidden)
    let size = isResidual && chance(0.6) ? width : number(1...9)
    let input: ModelConfiguration.Input =
      switch number(0...2) {
      case 0: .oneHot(vocabularySize: number(1...15))
      case 1: .embedding(vocabularySize: number(1...15), size: size)
      default: .vectors(size: size)
      }
    let attention = index < Self.randomCount ? nil : Attention.allCases[index - Self.randomCount]
    let head = attention == nil ? pick(ModelConfiguration.Head.allCases) : .everyStep
    var configuration = ModelConfiguration(
      cell: cell, input: input, hiddenSize: hidden, layerCount: layers, directions: directions,
      outputSize: head == .none ? (directions.merge == .concatenate ? 2 : 1) * hidden : number(1...7), head: head)
    configuration.isResidual = isResidual
    configuration.projectionSize = projection
    if projection == nil, chance(0.3) { configuration.hiddenSizes = (0..<layers).map { _ in number(1...12) } }
    configuration.trainsInitialState = chance(0.4)
    if attention != nil {
      configuration.attention = attention
    } else if head == .everyStep {
      if chance(0.4) {
        configuration.headReadsAllLayers = true
      } else if chance(0.5) {
        // Those of the fixtures; each attention has a case of its own besides.
        configuration.attention = pick([.dot, .scaledDot, .general])
      }
    }
    self.configuration = configuration
    options = ONNXExportOptions(
      opset: chance(0.5) ? 17 : number(ONNXExportOptions.opsets), batchFirst: chance(0.3), lengths: chance(0.5),
      states: chance(0.4), softmax: chance(0.3))
    let steps = number(1...12)
    self.steps = steps
    let isRagged = options.lengths
    lengths = (0..<number(1...5)).map { _ in isRagged ? number(0...steps) : steps }
    let memorySteps = number(1...6)
    self.memorySteps = memorySteps
    memoryLengths = lengths.map { _ in isRagged ? number(0...memorySteps) : memorySteps }
    seed = generator.next()
  }

  /// Every parameter random, those too that start at 0.
  func model<S: Scalar>(_ scalar: S.Type) throws -> Model<S> {
    var model = try Model<S>(configuration, seed: seed)
    var generator = SeededGenerator(seed: seed)
    for entry in model.table.entries {
      let fanIn = entry.shape.count == 2 && !entry.name.contains("initial_state") ? Double(entry.shape[1]) : 4
      let bound = 1.5 / fanIn.squareRoot()
      model[parameter: entry.name] = (0..<entry.count).map { _ in S(generator.uniform(-bound, bound)) }
      if let size = configuration.projectionSize, entry.name.contains("initial_state") {
        // Nothing reads the rest of the first row, nor changes it in training.
        for unit in size..<entry.shape[1] { model[parameter: entry.name][unit] = 0 }
      }
    }
    return model
  }

  var description: String {
    let kind = options.lengths ? "lengths \(lengths)" : "\(lengths.count) sequences of \(steps)"
    let settings = configuration.options.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    var chosen = "opset \(options.opset)"
    for (isOn, name) in [
      (options.batchFirst, "batch first"), (options.lengths, "lengths"), (options.states, "states"),
      (options.softmax, "softmax"),
    ] where isOn { chosen += ", \(name)" }
    return
      "\(index): \(configuration.layerCount) × \(configuration.cell.name) \(configuration.hiddenSize), "
      + "\(configuration.input), head \(configuration.head)"
      + (settings.isEmpty ? "" : ", \(settings)") + "; \(chosen); \(kind)"
  }
}
