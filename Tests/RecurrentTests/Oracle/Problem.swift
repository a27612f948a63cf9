import Recurrent
import Testing

/// A model, its data and what its outputs are compared with: numbers only, for the oracle and for the engine.
struct Problem {
  var cell: OracleCell
  var configuration: ModelConfiguration
  /// T, N
  var steps: Int
  var batchSize: Int
  var loss: Loss
  var parameters: [String: [Double]]
  /// [T, N], or [T, N, I]
  var tokens: [Int32] = []
  var vectors: [Double] = []
  /// [part, L, N, H]
  var initialState: [Double]
  /// A row of the head each, or a value of the head each.
  var classes: [Int32] = []
  var values: [Double] = []
  /// Whether single precision has only the nearest neighbours of these numbers.
  var isRounded = false

  var outputRows: Int { configuration.head.isPooled ? batchSize : steps * batchSize }
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

extension Problem {
  /// A random problem, all of whose numbers are exact in single precision.
  ///
  /// Wₕ is uniform in ±1/H: the sum of a row's magnitudes is then about ½, and neither the state nor the bound on its
  /// rounding error grows with the steps.
  static func random(
    _ cell: OracleCell, _ shape: Shape, input: InputKind = .vectors, head: ModelConfiguration.Head = .everyStep,
    loss: Loss = .crossEntropy, outputSize: Int = 3
  ) throws -> Problem {
    let outputSize = head == .none ? shape.hiddenSize : outputSize
    var generator = SeededGenerator(seed: shape.seed)
    func uniform(_ count: Int, _ bound: Double) -> [Double] {
      (0..<count).map { _ in Double(Float(generator.uniform(-bound, bound))) }
    }
    let configuration = ModelConfiguration(
      cell: cell.cell, input: input.input(size: shape.inputSize), hiddenSize: shape.hiddenSize,
      layerCount: shape.layerCount, outputSize: outputSize, head: head)
    var parameters: [String: [Double]] = [:]
    for entry in try ParameterTable(configuration).entries {
      let columns = Double(entry.shape.last!)
      let isRecurrent = entry.name.contains("weight_hh")
      let isHalf = entry.shape.count == 1 || entry.name.contains("vectors")
      let bound = isRecurrent ? 1 / columns : isHalf ? 0.5 : 1 / columns.squareRoot()
      parameters[entry.name] = uniform(entry.count, bound)
    }
    let rows = shape.steps * shape.batchSize
    let stateCount = configuration.cell.structure.stateCount * shape.layerCount * shape.batchSize
    var problem = Problem(
      cell: cell, configuration: configuration, steps: shape.steps, batchSize: shape.batchSize, loss: loss,
      parameters: parameters, initialState: uniform(stateCount * shape.hiddenSize, 1))
    if let vocabulary = configuration.input.vocabularySize {
      problem.tokens = (0..<rows).map { _ in Int32(generator.uniform() * Double(vocabulary)) }
    } else {
      problem.vectors = uniform(rows * shape.inputSize, 1)
    }
    switch loss.targets {
    case .classes:
      problem.classes = (0..<problem.outputRows).map { _ in Int32(generator.uniform() * Double(outputSize)) }
    case .values: problem.values = uniform(problem.outputRows * outputSize, 1)
    case .labels: preconditionFailure("the oracle has no \(loss)")
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

  /// One step of `trainer` on this problem's data.
  func step<S: Scalar>(_ trainer: inout Trainer<S>) -> StepReport {
    let vectors = vectors.map { S($0) }
    let values = values.map { S($0) }
    return switch (tokens.isEmpty, loss.targets) {
    case (false, .classes): trainer.step(tokens: tokens.span, classes: classes.span)
    case (false, .values): trainer.step(tokens: tokens.span, values: values.span)
    case (true, .classes): trainer.step(vectors: vectors.span, classes: classes.span)
    case (true, .values): trainer.step(vectors: vectors.span, values: values.span)
    case (_, .labels): preconditionFailure("the oracle has no \(loss)")
    }
  }

  func forward<S: Scalar>(_ pass: inout RecurrentPass<S>, dropoutSeed: UInt64? = nil) {
    if tokens.isEmpty {
      let vectors = vectors.map { S($0) }
      pass.forward(vectors: vectors.span, dropoutSeed: dropoutSeed)
    } else {
      pass.forward(tokens: tokens.span, dropoutSeed: dropoutSeed)
    }
  }
}
