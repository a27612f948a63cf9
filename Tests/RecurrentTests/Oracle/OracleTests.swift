import Recurrent
import Testing

@Suite("The engine against the naive oracle")
struct OracleTests {
  /// Sizes on both sides of every vector length of the kernels, most of them prime.
  private static let sizes = [1, 2, 3, 7, 17, 33]

  /// Random shapes that the oracle can solve in about a second, and the corners that chance would miss.
  static let shapes: [Shape] =
    (1...12).map { seed in random(seed: seed) } + [
      Shape(), Shape(steps: 33, seed: 26), Shape(batchSize: 33, inputSize: 2, seed: 21),
      // Longer than any row of registers (32 singles); the rows of a last piece.
      Shape(steps: 2, batchSize: 2, inputSize: 3, hiddenSize: 67, seed: 22),
      // More rows than one piece of a product.
      Shape(steps: 9, batchSize: 58, inputSize: 2, hiddenSize: 2, seed: 23),
      Shape(steps: 3, batchSize: 2, inputSize: 67, hiddenSize: 3, layerCount: 3, seed: 24),
    ]

  private static func random(seed: UInt64) -> Shape {
    var generator = SeededGenerator(seed: seed &* 983)
    while true {
      func size(_ limit: Int) -> Int { sizes[Int(generator.uniform() * Double(sizes.count))] % limit }
      let shape = Shape(
        steps: size(34), batchSize: size(34), inputSize: size(34), hiddenSize: size(34),
        layerCount: 1 + Int(generator.uniform() * 3), seed: seed)
      let products =
        shape.steps * shape.batchSize * shape.layerCount * shape.hiddenSize
        * (shape.inputSize + shape.hiddenSize)
      if products < 12_000, products > 500 { return shape }
    }
  }

  /// Every shape for each way that the unroll treats a cell; the corners and some more for the variants.
  static let cases: [(OracleCell, Shape)] = OracleCell.allCases.flatMap { cell in
    shapes.enumerated().filter { !cell.isVariant || $0.offset >= 12 || $0.offset % 3 == 0 }.map { (cell, $0.element) }
  }

  @Test("Outputs, states and all gradients", arguments: cases)
  func pass(cell: OracleCell, shape: Shape) throws {
    var shape = shape
    if cell.hasNorms, shape.hiddenSize > 1 {
      // Each norm on the way magnifies the bound, in the end beyond what it bounds. Two layers come with the training step.
      shape.layerCount = 1
      shape.steps = min(shape.steps, 4)
    }
    // Chosen by the seed, so that all combinations come with all cells.
    let input = InputKind.allCases[Int(shape.seed % 3)]
    let heads: [ModelConfiguration.Head] = [.everyStep, .everyStep, .lastStep, .none, .everyStep]
    let head = heads[Int(shape.seed % 5)]
    let problem = try Problem.random(
      cell, shape, input: input, head: head, loss: shape.seed % 2 == 0 ? .crossEntropy : .meanSquaredError)
    let solution = problem.solve()
    for threads in 1...3 {
      try comparePass(problem, solution, Double.self, threads: threads)
      try comparePass(problem, solution, Float.self, threads: threads)
    }
  }

  @Test(
    "A training step: loss, norm and gradient", arguments: OracleCell.allCases,
    [
      (InputKind.vectors, Loss.crossEntropy), (.vectors, .meanSquaredError), (.oneHot, .crossEntropy),
      (.oneHot, .meanSquaredError), (.embedding, .crossEntropy), (.embedding, .meanSquaredError),
    ])
  func step(cell: OracleCell, kinds: (input: InputKind, loss: Loss)) throws {
    for head in [ModelConfiguration.Head.everyStep, .lastStep] {
      // A single class has no gradient.
      for outputSize in [kinds.loss == .crossEntropy ? 2 : 1, 5, 37] {
        let shape = Shape(
          steps: 4, batchSize: 3, inputSize: 4, hiddenSize: 5, layerCount: 2, seed: UInt64(outputSize))
        let problem = try Problem.random(
          cell, shape, input: kinds.input, head: head, loss: kinds.loss, outputSize: outputSize)
        let solution = problem.solve()
        for threads in 1...3 {
          try compareStep(problem, solution, Double.self, threads: threads)
          try compareStep(problem, solution, Float.self, threads: threads)
        }
      }
    }
  }

  /// The oracle itself, before anything is compared with it.
  @Test("The oracle's gradients are the slopes of its loss", arguments: OracleCell.allCases)
  func slopes(cell: OracleCell) throws {
    let shape = Shape(steps: 3, batchSize: 2, inputSize: 2, hiddenSize: 3, layerCount: 2, seed: 3)
    let problem = try Problem.random(cell, shape, input: .embedding)
    let solution = problem.solve()
    for (name, values) in problem.parameters {
      for index in values.indices {
        // Truncation error step⁴·|f⁽⁵⁾|/30 ≈ 10⁻¹⁸·|f⁽⁵⁾|, which a norm of three units lets grow to some 10⁸; rounding
        // error about 2⁻⁵³·|f|/step ≈ 10⁻¹².
        let step = 1e-4
        func loss(_ steps: Double) -> Double {
          var moved = problem
          moved.parameters[name]![index] += steps * step
          return moved.solve().loss.value
        }
        let slope = (8 * (loss(1) - loss(-1)) - (loss(2) - loss(-2))) / (12 * step)
        let gradient = solution.gradients[name]![index].value
        #expect(abs(slope - gradient) < 1e-9, "\(name)[\(index)]")
      }
    }
  }
}

/// Runs `problem` in a `RecurrentPass` and compares all that it gives.
///
/// - Parameter isFromOracle: which parts of a solution of another method are the oracle's all the same.
func comparePass<S: Scalar>(
  _ problem: Problem, _ solution: Solution, _ scalar: S.Type, products: Products = .automatic, threads: Int,
  method: Ledger.Method = .oracle,
  isFromOracle: (lowerLayers: Bool, input: Bool, initialState: Bool) = (true, false, false)
) throws {
  try Ledger.$isCounting.withValue(threads == 1) {
    try compareCountedPass(
      problem, solution, S.self, products: products, threads: threads, method: method, isFromOracle: isFromOracle)
  }
}

private func compareCountedPass<S: Scalar>(
  _ problem: Problem, _ solution: Solution, _ scalar: S.Type, products: Products, threads: Int, method: Ledger.Method,
  isFromOracle: (lowerLayers: Bool, input: Bool, initialState: Bool)
) throws {
  let model = try problem.model(S.self)
  let hasVectors = problem.tokens.isEmpty
  var pass = try RecurrentPass(
    model, steps: problem.steps, batchSize: problem.batchSize, inputGradient: hasVectors,
    isRagged: problem.lengths != nil, products: products, threads: threads)
  if !problem.startsFresh { pass.initialState = problem.state() }
  problem.forward(&pass)
  let isRagged = problem.lengths != nil
  let isByStep = isRagged && !problem.configuration.head.isPooled
  let outputs = isByStep ? pass.outputSequences.values : pass.outputs
  expectWithinBounds(outputs, solution.outputs, "outputs", problem.cell, method: method)
  for (layer, expected) in solution.layerOutputs.enumerated() {
    let outputs = isRagged ? pass.layerOutputSequences(layer).values : pass.layerOutputs(layer)
    let isLower = layer < solution.layerOutputs.count - 1
    expectWithinBounds(
      outputs, expected, "outputs of layer \(layer)", problem.cell,
      method: isLower && isFromOracle.lowerLayers ? .oracle : method)
  }
  expectWithinBounds(pass.finalState.values, solution.finalState, "final state", problem.cell, method: method)
  let outputGradient = solution.outputGradient.map { S($0.value) }
  if isByStep {
    pass.backward(outputGradient: problem.sequences(outputGradient, width: problem.configuration.outputSize))
  } else {
    pass.backward(outputGradient: outputGradient.span)
  }
  for entry in model.table.entries {
    expectWithinBounds(
      pass.gradient(of: entry.name), solution.gradients[entry.name]!, "d\(entry.name)", problem.cell, method: method)
  }
  if hasVectors {
    let gradient = isRagged ? pass.inputGradientSequences.values : pass.inputGradient
    expectWithinBounds(
      gradient, solution.inputGradient, "dinput", problem.cell, method: isFromOracle.input ? .oracle : method)
  }
  expectWithinBounds(
    pass.initialStateGradient.values, solution.initialStateGradient, "dinitial state", problem.cell,
    method: isFromOracle.initialState ? .oracle : method)
}

/// One step of gradient descent with rate 1 leaves p − g.
func compareStep<S: Scalar>(
  _ problem: Problem, _ solution: Solution, _ scalar: S.Type, recomputing: Recomputation = .none,
  products: Products = .automatic, threads: Int
) throws {
  try Ledger.$isCounting.withValue(threads == 1) {
    try compareCountedStep(
      problem, solution, S.self, recomputing: recomputing, products: products, threads: threads)
  }
}

private func compareCountedStep<S: Scalar>(
  _ problem: Problem, _ solution: Solution, _ scalar: S.Type, recomputing: Recomputation, products: Products,
  threads: Int
) throws {
  var trainer = try problem.trainer(
    S.self, optimizer: .sgd(learningRate: 1), recomputing: recomputing, products: products, threads: threads)
  let report = problem.step(&trainer)
  expectWithinBounds([S(report.loss)], [solution.loss], "loss", problem.cell)
  expectWithinBounds([S(report.gradientNorm)], [solution.gradientNorm], "gradient norm", problem.cell)
  let model = trainer.model()
  for (name, values) in problem.parameters {
    let expected = zip(values, solution.gradients[name]!).map { Tracked($0) - $1 }
    expectWithinBounds(model[parameter: name], expected, name, problem.cell)
  }
}
