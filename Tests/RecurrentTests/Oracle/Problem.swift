import Recurrent
import Testing

/// A model, its data and what its outputs are compared with: numbers only, for the oracle and for the engine.
struct Problem {
  var cell: OracleCell
  var configuration: ModelConfiguration
  /// T, N
  var steps: Int
  var batchSize: Int
  /// Steps of each sequence, where they differ. What there is for every step then stands sequence after sequence,
  /// [Σ lengths, ·], where it is [T, N, ·] else.
  var lengths: [Int]?
  var loss: Loss
  var parameters: [String: [Double]]
  /// [T, N], or [T, N, I]
  var tokens: [Int32] = []
  var vectors: [Double] = []
  /// [part, L·D, N, H], of the first part with a projection P.
  var initialState: [Double]
  /// Whether the sequences start from the trained state and not from `initialState`.
  var startsFresh = false
  /// A row of the head each, or a value of the head each.
  var classes: [Int32] = []
  var values: [Double] = []
  /// Whether single precision has only the nearest neighbours of these numbers.
  var isRounded = false

  var outputRows: Int { configuration.head.isPooled ? batchSize : rows }

  /// Steps of all sequences.
  var rows: Int { lengths?.reduce(0, +) ?? steps * batchSize }

  func length(of sequence: Int) -> Int { lengths?[sequence] ?? steps }

  /// Where a step of a sequence stands among all.
  func row(_ sequence: Int, _ step: Int) -> Int {
    lengths.map { $0[..<sequence].reduce(0, +) + step } ?? step * batchSize + sequence
  }

  /// Width of a part of the state of one direction of a layer.
  func stateSize(_ part: Int, layer: Int) -> Int {
    part == 0 ? configuration.directionSize(ofLayer: layer) : configuration.hiddenSize(ofLayer: layer)
  }
}

/// How large a random problem is.
struct Shape: Sendable, CustomTestStringConvertible {
  var steps = 1
  var batchSize = 1
  var inputSize = 1
  var hiddenSize = 1
  var layerCount = 1
  var seed: UInt64 = 1

  var testDescription: String {
    "T \(steps), N \(batchSize), I \(inputSize), H \(hiddenSize), L \(layerCount), seed \(seed)"
  }
}

enum InputKind: CaseIterable, Sendable {
  case vectors, oneHot, embedding

  func input(size: Int) -> ModelConfiguration.Input {
    switch self {
    case .vectors: .vectors(size: size)
    case .oneHot: .oneHot(vocabularySize: size)
    case .embedding: .embedding(vocabularySize: 5, size: size)
    }
  }
}

extension ModelConfiguration {
  /// Makes every matrix that can be one of low rank one, of 1 less than its full rank, at least 1.
  mutating func lowerRanks() {
    let product = cell.structure.recurrentProduct
    ranks = (0..<layerCount).map { layer in
      let isTable = if case .oneHot = input { layer == 0 } else { false }
      return LowRank(
        recurrent: product == .merged || product == .lastGateApart ? max(1, directionSize(ofLayer: layer) - 1) : nil,
        input: isTable
          ? nil : max(1, min(inputSize(ofLayer: layer), cell.structure.gateCount * hiddenSize(ofLayer: layer)) - 1))
    }
  }
}

extension Problem {
  /// A random problem, all of whose numbers are exact in single precision.
  ///
  /// Wₕ is uniform in ±1/H: the sum of a row's magnitudes is then about ½, and neither the state nor the bound on its
  /// rounding error grows with the steps.
  static func random(
    _ cell: OracleCell, _ shape: Shape, input: InputKind = .vectors, head: ModelConfiguration.Head = .everyStep,
    loss: Loss = .crossEntropy, outputSize: Int = 3, lengths: [Int]? = nil,
    structure change: (inout ModelConfiguration) -> Void = { _ in }
  ) throws -> Problem {
    var generator = SeededGenerator(seed: shape.seed)
    func uniform(_ count: Int, _ bound: Double) -> [Double] {
      (0..<count).map { _ in Double(Float(generator.uniform(-bound, bound))) }
    }
    var configuration = ModelConfiguration(
      cell: cell.cell, input: input.input(size: shape.inputSize), hiddenSize: shape.hiddenSize,
      layerCount: shape.layerCount, outputSize: head == .none ? shape.hiddenSize : outputSize, head: head)
    change(&configuration)
    let outputSize = configuration.outputSize
    var parameters: [String: [Double]] = [:]
    for entry in try ParameterTable(configuration).entries {
      let columns = Double(entry.shape.last!)
      let isRecurrent = entry.name.contains("weight_hh")
      let isHalf = entry.shape.count == 1 || entry.name.contains("vectors")
      let bound = isRecurrent ? 1 / columns : isHalf ? 0.5 : 1 / columns.squareRoot()
      parameters[entry.name] = uniform(entry.count, bound)
      // A norm magnifies what is small, and the error on it.
      if configuration.blocks != nil, ["weight_ih", "bias_ih"].contains(where: entry.name.contains) {
        parameters[entry.name] = parameters[entry.name]!.map { 2 * $0 }
      }
      // Gains of norms smaller than 1, or they would magnify it, too.
      if entry.name.contains("norm") {
        parameters[entry.name] = parameters[entry.name]!.map { Double(Float(0.3 + 0.3 * $0)) }
      }
      if cell == .leaky, entry.name.contains("vectors") {
        // A unit with a rate outside 0...1 grows with every step.
        parameters[entry.name] = parameters[entry.name]!.map { Double(Float(0.5 + $0)) }
      }
    }
    let stateCount = RecurrentState<Double>(zerosFor: configuration, batchSize: shape.batchSize).values.count
    var problem = Problem(
      cell: cell, configuration: configuration, steps: shape.steps, batchSize: shape.batchSize, lengths: lengths,
      loss: loss, parameters: parameters, initialState: uniform(stateCount, 1),
      startsFresh: configuration.trainsInitialState)
    let rows = problem.rows
    if let vocabulary = configuration.input.vocabularySize {
      problem.tokens = (0..<rows).map { _ in Int32(generator.uniform() * Double(vocabulary)) }
    } else {
      problem.vectors = uniform(rows * shape.inputSize, 1)
    }
    switch loss.targets {
    case .classes:
      problem.classes = (0..<problem.outputRows).map { _ in Int32(generator.uniform() * Double(outputSize)) }
    case .values: problem.values = uniform(problem.outputRows * outputSize, 1)
    case .labels, .custom: preconditionFailure("the oracle has no \(loss)")
    }
    return problem
  }
}

// MARK: For the engine

extension Problem {
  func model<S: Scalar>(_ scalar: S.Type = S.self) throws -> Model<S> {
    var model = try Model<S>(configuration, seed: 0)
    for (name, values) in parameters { model[parameter: name] = values.map { S($0) } }
    return model
  }

  func state<S: Scalar>(_ scalar: S.Type = S.self) -> RecurrentState<S> {
    var state = RecurrentState<S>(zerosFor: configuration, batchSize: batchSize)
    state.values = initialState.map { S($0) }
    return state
  }

  func sequences<Element: BitwiseCopyable & Sendable>(_ values: [Element], width: Int = 1) -> Sequences<Element> {
    Sequences(values: values, lengths: lengths!, width: width)
  }

  /// A trainer that is to start where the problem does.
  func trainer<S: Scalar>(
    _ scalar: S.Type = S.self, optimizer: Optimizer = .adam(), recomputing: Recomputation = .none,
    products: Products = .automatic, threads: Int = 0
  ) throws -> Trainer<S> {
    var trainer = try Trainer<S>(
      model(), batchSize: batchSize, sequenceLength: steps, loss: loss, optimizer: optimizer, isRagged: lengths != nil,
      recomputing: recomputing, products: products, threads: threads)
    if !startsFresh { trainer.state = state() }
    return trainer
  }

  /// One step of `trainer` on this problem's data.
  func step<S: Scalar>(_ trainer: inout Trainer<S>) -> StepReport {
    if lengths != nil { return raggedStep(&trainer) }
    let vectors = vectors.map { S($0) }
    let values = values.map { S($0) }
    return switch (tokens.isEmpty, loss.targets) {
    case (false, .classes): trainer.step(.tokens(tokens), .classes(classes))
    case (false, .values): trainer.step(.tokens(tokens), .values(values))
    case (true, .classes): trainer.step(.vectors(vectors), .classes(classes))
    case (true, .values): trainer.step(.vectors(vectors), .values(values))
    case (_, .labels), (_, .custom): preconditionFailure("the oracle has no \(loss)")
    }
  }

  private func raggedStep<S: Scalar>(_ trainer: inout Trainer<S>) -> StepReport {
    let vectors =
      tokens.isEmpty ? sequences(vectors.map { S($0) }, width: configuration.input.size) : Sequences<S>([])
    let values = values.map { S($0) }
    let isPooled = configuration.head.isPooled
    switch (tokens.isEmpty, loss.targets) {
    case (false, .classes):
      let tokens = sequences(tokens)
      return isPooled
        ? trainer.step(.tokens(tokens), .classes(classes))
        : trainer.step(.tokens(tokens), .classes(sequences(classes)))
    case (false, .values):
      precondition(isPooled, "no trainer's step takes tokens with values for every step")
      return trainer.step(.tokens(sequences(tokens)), .values(values))
    case (true, .classes):
      return isPooled
        ? trainer.step(.vectors(vectors), .classes(classes))
        : trainer.step(.vectors(vectors), .classes(sequences(classes)))
    case (true, .values):
      return isPooled
        ? trainer.step(.vectors(vectors), .values(values))
        : trainer.step(.vectors(vectors), .values(sequences(values, width: configuration.outputSize)))
    case (_, .labels), (_, .custom): preconditionFailure("the oracle has no \(loss)")
    }
  }

  func forward<S: Scalar>(_ pass: inout RecurrentPass<S>, dropoutSeed: UInt64? = nil) {
    switch (tokens.isEmpty, lengths) {
    case (true, nil):
      let vectors = vectors.map { S($0) }
      pass.forward(vectors: vectors.span, dropoutSeed: dropoutSeed)
    case (true, _?):
      pass.forward(
        .vectors(sequences(vectors.map { S($0) }, width: configuration.input.size)), dropoutSeed: dropoutSeed)
    case (false, nil): pass.forward(tokens: tokens.span, dropoutSeed: dropoutSeed)
    case (false, _?): pass.forward(.tokens(sequences(tokens)), dropoutSeed: dropoutSeed)
    }
  }
}
