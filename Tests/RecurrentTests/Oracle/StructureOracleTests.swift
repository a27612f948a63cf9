import Recurrent
import Testing

/// What lies around the cells, and batches of sequences of different lengths, against the oracle.
@Suite("Structures against the naive oracle")
struct StructureOracleTests {
  /// Everything about a model but its cell, drawn at random, and a batch for it.
  struct Draw: Sendable, CustomTestStringConvertible {
    var shape: Shape
    var lengths: [Int]?
    var input: InputKind
    var head: ModelConfiguration.Head
    var loss: Loss
    var directions: Directions
    var isResidual: Bool
    var hiddenSizes: [Int]?
    var isProjected: Bool
    var trainsInitialState: Bool
    var zoneout: Zoneout
    var headReadsAllLayers: Bool
    var isLowRank: Bool
    /// F of residual blocks; nil: there are none.
    var feedForwardSize: Int?

    var testDescription: String {
      var words = ["\(shape.seed): \(input), \(head), \(directions)"]
      if let lengths { words.append("lengths \(lengths)") }
      if isResidual { words.append("residual") }
      if let hiddenSizes { words.append("widths \(hiddenSizes)") }
      if isProjected { words.append("projected") }
      if trainsInitialState { words.append("trained start") }
      if zoneout != .none { words.append("zoneout \(zoneout.hidden) \(zoneout.cell)") }
      if headReadsAllLayers { words.append("all layers") }
      if isLowRank { words.append("low rank") }
      if let feedForwardSize { words.append("blocks with \(feedForwardSize)") }
      return words.joined(separator: ", ")
    }

    init(seed: UInt64) {
      var generator = SeededGenerator(seed: seed &* 7919)
      func below(_ count: Int) -> Int { Int(generator.uniform() * Double(count)) }
      func chance(_ probability: Double) -> Bool { generator.uniform() < probability }
      let layerCount = 1 + below(3)
      let isTooWide = chance(0.2)
      shape = Shape(
        steps: 1 + below(6), batchSize: 1 + below(5), inputSize: 1 + below(4),
        hiddenSize: isTooWide ? 17 : 2 + below(4),
        layerCount: layerCount, seed: seed)
      // The turn of each head, input and way of merging comes as often as that of the others.
      head = ModelConfiguration.Head.allCases[Int(seed) % 5]
      if head == .maxOverSteps {
        // Of many values some two are always too near each other to know the greatest in single precision.
        shape.steps = min(shape.steps, 3)
        shape.hiddenSize = min(shape.hiddenSize, 5)
      }
      input = InputKind.allCases[below(3)]
      // No trainer's step takes tokens of different lengths with values for every step.
      loss = head == .none || (input == .vectors && chance(0.5)) ? .meanSquaredError : .crossEntropy
      let merges = ModelConfiguration.Head.allCases.count
      let ways: [Directions] = [.forward] + Directions.Merge.allCases.map { .both(merge: $0) }
      directions = ways[Int(seed) / merges % ways.count]
      isResidual = chance(0.5)
      if isResidual, chance(0.5) { shape.inputSize = shape.hiddenSize }
      hiddenSizes = chance(0.3) ? (0..<layerCount).map { _ in 2 + below(4) } : nil
      isProjected = chance(0.6)
      trainsInitialState = chance(0.4)
      zoneout = chance(0.4) ? Zoneout(hidden: chance(0.7) ? 0.25 : 0, cell: chance(0.7) ? 0.5 : 0) : .none
      headReadsAllLayers = head == .everyStep && chance(0.5)
      if chance(0.7) {
        let steps = shape.steps
        var drawn = (0..<shape.batchSize).map { _ in below(steps + 1) }
        if drawn.allSatisfy({ $0 == 0 }) { drawn[below(drawn.count)] = 1 + below(steps) }
        lengths = drawn
      }
      isLowRank = chance(0.4)
    }

    func problem(_ cell: OracleCell, tries: Int = 40) throws -> Problem {
      var draw = self
      if cell.hasNorms {
        // As in `OracleTests`: each norm on the way magnifies the bound.
        draw.shape.steps = min(shape.steps, 2)
        draw.lengths = lengths?.map { min($0, 2) }
        draw.shape.layerCount = min(shape.layerCount, 2)
        draw.hiddenSizes = hiddenSizes.map { Array($0.prefix(2)) }
      }
      // A norm of nearly equal numbers, or a greatest of them, has no bound that means anything.
      for _ in 0..<tries {
        let problem = try draw.candidate(cell)
        let solution = problem.solve()
        let all =
          solution.gradients.values + [
            solution.outputs, solution.finalState, solution.inputGradient, solution.initialStateGradient,
            [solution.gradientNorm], [solution.loss],
          ]
        if all.allSatisfy({ hasMeaning($0, Float.self) && hasMeaning($0, Double.self) }) { return problem }
        draw.shape.seed += 1000
      }
      throw NoProblem()
    }

    /// No draw of so many had bounds that mean something.
    struct NoProblem: Error {}

    private func candidate(_ cell: OracleCell) throws -> Problem {
      try Problem.random(
        cell, shape, input: input, head: head, loss: loss, lengths: lengths
      ) { configuration in
        configuration.directions = directions
        configuration.isResidual = isResidual
        configuration.hiddenSizes = hiddenSizes
        if isProjected, cell.cell.structure.allowsProjection {
          let narrowest = hiddenSizes?.min() ?? shape.hiddenSize
          configuration.projectionSize = max(1, narrowest - 1)
        }
        configuration.trainsInitialState = trainsInitialState
        configuration.zoneout = zoneout
        configuration.headReadsAllLayers = headReadsAllLayers
        if isLowRank { configuration.lowerRanks() }
        if let feedForwardSize {
          configuration.blocks = ResidualBlocks(feedForwardSize: feedForwardSize)
          configuration.isResidual = false
          configuration.headReadsAllLayers = false
          if head == .lastStep { configuration.directions = .forward }
        }
      }
    }
  }

  /// A seed for each head with each way of merging.
  static let draws = (0..<25).map { Draw(seed: UInt64($0)) }

  @Test("Everything is among the draws")
  func coverage() {
    func count(_ condition: (Draw) -> Bool) -> Int { Self.draws.count(where: condition) }
    #expect(count { $0.lengths?.contains(0) == true && $0.lengths!.max()! > 1 } >= 3)
    #expect(count { $0.lengths == nil } >= 3)
    #expect(count { $0.isResidual && $0.directions != .forward } >= 3)
    #expect(count { $0.hiddenSizes != nil && $0.shape.layerCount > 1 } >= 3)
    #expect(count { $0.isProjected && $0.zoneout != .none } >= 3)
    #expect(count { $0.trainsInitialState && $0.lengths != nil } >= 3)
    #expect(count { $0.headReadsAllLayers } >= 2)
    #expect(count { $0.isLowRank && $0.lengths != nil } >= 3)
    #expect(count { $0.isLowRank && $0.lengths == nil } >= 2)
    #expect(count { $0.isLowRank && $0.directions != .forward } >= 3)
    #expect(count { $0.isLowRank && $0.isProjected } >= 3)
    for input in InputKind.allCases { #expect(count { $0.input == input } >= 3) }
  }

  @Test("Outputs, states and all gradients", arguments: OracleCell.allCases, draws)
  func pass(cell: OracleCell, draw: Draw) throws {
    let problem = try draw.problem(cell)
    let solution = problem.solve()
    for threads in 1...2 {
      try comparePass(problem, solution, Double.self, threads: threads)
      try comparePass(problem, solution, Float.self, threads: threads)
    }
  }

  /// Without zoneout, which is random in training.
  @Test("A training step: loss, norm and gradient", arguments: OracleCell.allCases, draws.filter { $0.head != .none })
  func step(cell: OracleCell, draw: Draw) throws {
    var draw = draw
    draw.zoneout = .none
    // A trainer refuses sequences without steps that have an output all the same.
    if draw.head.isPooled { draw.lengths = draw.lengths?.map { max(1, $0) } }
    let problem = try draw.problem(cell)
    let solution = problem.solve()
    for threads in 1...2 {
      try compareStep(problem, solution, Double.self, threads: threads)
      try compareStep(problem, solution, Float.self, threads: threads)
    }
  }

  /// As in `OracleTests`, of what has been added to the oracle.
  @Test("The oracle's gradients are the slopes of its loss", arguments: draws)
  func slopes(draw: Draw) throws {
    var draw = draw
    draw.shape.hiddenSize = 2
    draw.hiddenSizes = draw.hiddenSizes?.map { min($0, 3) }
    draw.shape.inputSize = 2
    let problem = try draw.problem(.lstm)
    let solution = problem.solve()
    for (name, values) in problem.parameters {
      for index in values.indices where index % 7 == 0 {
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
