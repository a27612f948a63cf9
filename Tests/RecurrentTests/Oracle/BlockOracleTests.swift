import Recurrent
import Testing

/// Residual blocks with their norms and feed-forward layers against the oracle.
@Suite("Residual blocks against the naive oracle")
struct BlockOracleTests {
  /// A draw of everything else for each head with each way of merging, and a width of the feed-forward layer.
  static let draws = (0..<25).map { index in
    var draw = StructureOracleTests.Draw(seed: UInt64(100 + index))
    draw.feedForwardSize = [1, 3, 5, 17, 2][index % 5]
    // As wide as the layers, in turn: then the first one has a norm and adds what it reads.
    if index % 2 == 0 {
      draw.isProjected = false
      draw.shape.inputSize = draw.directions.merge == .concatenate ? 2 * draw.shape.hiddenSize : draw.shape.hiddenSize
      draw.hiddenSizes = nil
    }
    // Each norm on the way magnifies the bound.
    draw.shape.steps = min(draw.shape.steps, 3)
    draw.lengths = draw.lengths?.map { min($0, 3) }
    draw.shape.layerCount = min(draw.shape.layerCount, 2)
    draw.hiddenSizes = draw.hiddenSizes.map { Array($0.prefix(2)) }
    if index % 3 > 0 { draw.isLowRank = false }
    return draw
  }

  /// One of each kind that the unroll tells apart but for norms of its own, whose bounds would mean nothing, and those that blocks
  /// are for.
  static let cells: [OracleCell] = [.rnn, .lstm, .gru, .gruResetBefore, .minGRU, .rgLRU, .minLSTM, .sLSTM]

  /// Of two layers, or else of one; nil where norms magnify the bounds of all draws beyond a meaning.
  private static func problem(_ cell: OracleCell, _ draw: StructureOracleTests.Draw) -> Problem? {
    if let problem = try? draw.problem(cell, tries: 6) { return problem }
    var draw = draw
    draw.shape.layerCount = 1
    draw.hiddenSizes = draw.hiddenSizes.map { Array($0.prefix(1)) }
    draw.zoneout = .none
    return try? draw.problem(cell, tries: 6)
  }

  @Test("What there is among the draws with a meaning", arguments: [OracleCell.rgLRU, .lstm])
  func coverage(cell: OracleCell) throws {
    let all = Self.draws.compactMap { Self.problem(cell, $0)?.configuration }
    func count(_ condition: (ModelConfiguration) -> Bool) -> Int { all.count(where: condition) }
    #expect(count { $0.normalizesInput(layer: 0) } >= 4)
    #expect(count { !$0.normalizesInput(layer: 0) } >= 4)
    #expect(count { $0.layerCount > 1 } >= 6)
    #expect(count { $0.directions != .forward } >= 6)
    #expect(count { $0.directions != .forward && $0.normalizesInput(layer: 0) } >= 2)
    if cell == .lstm { #expect(count { $0.projectionSize != nil } >= 2) }
    for head in ModelConfiguration.Head.allCases { #expect(count { $0.head == head } >= 2) }
  }

  @Test("Outputs, states and all gradients", arguments: cells, draws)
  func pass(cell: OracleCell, draw: StructureOracleTests.Draw) throws {
    guard let problem = Self.problem(cell, draw) else { return }
    let solution = problem.solve()
    for threads in 1...2 {
      try comparePass(problem, solution, Double.self, threads: threads)
      try comparePass(problem, solution, Float.self, threads: threads)
    }
  }

  /// Without zoneout, which is random in training.
  @Test(
    "A training step: loss, norm and gradient", arguments: [OracleCell.rgLRU, .lstm, .gruResetBefore],
    draws.filter { $0.head != .none })
  func step(cell: OracleCell, draw: StructureOracleTests.Draw) throws {
    var draw = draw
    draw.zoneout = .none
    // A trainer refuses sequences without steps that have an output all the same.
    if draw.head.isPooled { draw.lengths = draw.lengths?.map { max(1, $0) } }
    guard let problem = Self.problem(cell, draw) else { return }
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
    guard let problem = Self.problem(.gru, draw) else { return }
    let solution = problem.solve()
    for (name, values) in problem.parameters {
      for index in values.indices where index % 7 == 0 {
        // Smaller than there: of small numbers a norm has large fifth derivatives.
        let step = 2e-5
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
