import Recurrent
import Testing

/// Residual blocks with their norms and feed-forward layers against the oracle.
@Suite("Residual blocks against the naive oracle")
struct BlockOracleTests {
  /// A draw of everything else for each head with each way of merging, and a width of the feed-forward layer.
  static let draws = (0..<25).map { index in
    var draw = StructureOracleTests.Draw(seed: UInt64(100 + index))
    draw.feedForwardSize = [1, 3, 5, 16, 35][index % 5]
    // As wide as the layers, in turn: then the first one has a norm and adds what it reads.
    if index % 2 == 0 {
      draw.isProjected = false
      draw.shape.inputSize = draw.directions.merge == .concatenate ? 2 * draw.shape.hiddenSize : draw.shape.hiddenSize
      draw.hiddenSizes = nil
    }
    // Each norm on the way magnifies the bound.
    draw.shape.steps = min(draw.shape.steps, 4)
    draw.lengths = draw.lengths?.map { min($0, 4) }
    return draw
  }

  @Test("Everything is among the draws")
  func coverage() throws {
    func count(_ condition: (ModelConfiguration) -> Bool) throws -> Int {
      try Self.draws.count { condition(try $0.problem(.lstm).configuration) }
    }
    #expect(try count { $0.normalizesInput(layer: 0) && $0.layerCount > 1 } >= 3)
    #expect(try count { !$0.normalizesInput(layer: 0) } >= 3)
    #expect(try count { $0.directions != .forward && $0.normalizesInput(layer: 0) } >= 3)
    #expect(try count { $0.hiddenSizes != nil && $0.layerCount > 1 } >= 1)
    #expect(try count { $0.projectionSize != nil } >= 3)
    for head in ModelConfiguration.Head.allCases { #expect(try count { $0.head == head } == 5) }
  }

  @Test("Outputs, states and all gradients", arguments: OracleCell.allCases, draws)
  func pass(cell: OracleCell, draw: StructureOracleTests.Draw) throws {
    let problem = try draw.problem(cell)
    let solution = problem.solve()
    for threads in 1...2 {
      try comparePass(problem, solution, Double.self, threads: threads)
      try comparePass(problem, solution, Float.self, threads: threads)
    }
  }

  /// Without zoneout, which is random in training.
  @Test(
    "A training step: loss, norm and gradient", arguments: OracleCell.kinds + [.rgLRU, .sLSTM],
    draws.filter { $0.head != .none })
  func step(cell: OracleCell, draw: StructureOracleTests.Draw) throws {
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
  func slopes(draw: StructureOracleTests.Draw) throws {
    var draw = draw
    draw.shape.hiddenSize = 2
    draw.hiddenSizes = draw.hiddenSizes?.map { min($0, 3) }
    draw.shape.inputSize = 2
    draw.feedForwardSize = 3
    let problem = try draw.problem(.gru)
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
