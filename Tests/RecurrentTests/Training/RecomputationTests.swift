import Recurrent
import Testing

@Suite("Recomputation in segments")
struct RecomputationTests {
  private static func data(_ count: Int, below limit: Int, seed: UInt64) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int32(generator.uniform() * Double(limit)) }
  }

  /// Everything that a training leaves: reports, parameters, and the state.
  private struct Outcome: Equatable {
    var reports: [StepReport] = []
    var parameters: [[Float]] = []
    var state: [Float] = []
  }

  /// That a whole batch and its segments give the same bits is a promise of plans that keep rows. With others the outcomes
  /// are equal to rounding: in three steps of plain gradient descent, as Adam divides a gradient by its own size, and with
  /// it the error of the smallest.
  private func compare(
    _ configuration: ModelConfiguration, segments: [(steps: Int, threads: Int)], lengths: [[Int]]?,
    carriesState: Bool = false, _ what: String
  ) throws {
    func keepsRows(_ recomputing: Recomputation) throws -> Bool {
      try Trainer(
        Model<Float>(configuration, seed: 3), batchSize: 3, sequenceLength: 9, isRagged: lengths != nil,
        recomputing: recomputing, threads: 1
      ).plan.keepsRows
    }
    for (steps, threads) in segments {
      let what = "\(what): segments of \(steps), lengths \(String(describing: lengths))"
      let isExact = try keepsRows(.none) && keepsRows(.segments(ofSteps: steps))
      let optimizer = isExact ? Optimizer.adam(learningRate: 0.01) : .sgd(learningRate: 0.1)
      let whole = try train(configuration, .none, optimizer, lengths: lengths, carriesState: carriesState)
      let pieces = try train(
        configuration, .segments(ofSteps: steps), optimizer, lengths: lengths, carriesState: carriesState,
        threads: threads)
      #expect(whole.reports.allSatisfy { $0.isFinite })
      if isExact {
        #expect(pieces == whole, "\(what)")
        continue
      }
      // Sums over 3·9 rows in the gradients; three trainings' steps, one after the other.
      let bound = RoundingBound(steps: 3 * 9, layers: 2, terms: 27)
      for (one, other) in zip(pieces.reports, whole.reports) {
        bound.expect([Float(one.loss)], [Float(other.loss)], toTheBit: false, "loss, \(what)")
        bound.expect([Float(one.gradientNorm)], [Float(other.gradientNorm)], toTheBit: false, "norm, \(what)")
      }
      for (one, other) in zip(pieces.parameters, whole.parameters) {
        bound.expect(one, other, toTheBit: false, "parameters, \(what)")
      }
      bound.expect(pieces.state, whole.state, toTheBit: false, "state, \(what)")
    }
  }

  private func train(
    _ configuration: ModelConfiguration, _ recomputing: Recomputation, _ optimizer: Optimizer, lengths: [[Int]]?,
    carriesState: Bool, threads: Int = 1
  ) throws -> Outcome {
    let model = try Model<Float>(configuration, seed: 3)
    var trainer = try Trainer(
      model, batchSize: 3, sequenceLength: 9, optimizer: optimizer, clipping: .norm(1),
      carriesState: carriesState, isRagged: lengths != nil, recomputing: recomputing, threads: threads, seed: 4)
    var outcome = Outcome()
    for step in 0..<3 {
      let own = lengths.map { $0[step % $0.count] } ?? [9, 9, 9]
      let rows = own.reduce(0, +)
      let isPooled = configuration.head.isPooled
      let classes = Self.data(isPooled ? own.count : rows, below: 4, seed: UInt64(step))
      if let vocabulary = configuration.input.vocabularySize {
        let tokens = Self.data(rows, below: vocabulary, seed: UInt64(100 + step))
        switch (lengths == nil, isPooled) {
        case (true, _): outcome.reports.append(trainer.step(.tokens(tokens), .classes(classes)))
        case (false, true):
          outcome.reports.append(
            trainer.step(.tokens(Sequences(values: tokens, lengths: own)), .classes(classes)))
        case (false, false):
          outcome.reports.append(
            trainer.step(
              .tokens(Sequences(values: tokens, lengths: own)), .classes(Sequences(values: classes, lengths: own))))
        }
      } else {
        let width = configuration.input.size
        let vectors = Self.data(rows * width, below: 100, seed: UInt64(200 + step)).map { Float($0) / 50 - 1 }
        switch (lengths == nil, isPooled) {
        case (true, _): outcome.reports.append(trainer.step(.vectors(vectors), .classes(classes)))
        case (false, true):
          outcome.reports.append(
            trainer.step(.vectors(Sequences(values: vectors, lengths: own, width: width)), .classes(classes)))
        case (false, false):
          outcome.reports.append(
            trainer.step(
              .vectors(Sequences(values: vectors, lengths: own, width: width)),
              .classes(Sequences(values: classes, lengths: own))))
        }
      }
    }
    let trained = trainer.model()
    outcome.parameters = trained.table.entries.map { trained[parameter: $0.name] }
    outcome.state = trainer.state.values
    return outcome
  }

  @Test(
    "The same with any segments, to the bit where the plan keeps rows", arguments: OracleCell.kinds, InputKind.allCases)
  func bits(cell: OracleCell, input: InputKind) throws {
    var configuration = ModelConfiguration(
      cell: cell.cell, input: input.input(size: 3), hiddenSize: 5, layerCount: 2, outputSize: 4, dropout: 0.3,
      headDropout: 0.2)
    configuration.recurrentDropout = cell.hasRecurrentProduct ? 0.2 : 0
    configuration.zoneout = Zoneout(hidden: 0.2, cell: 0.2)
    configuration.trainsInitialState = true
    for lengths in [nil, [[9, 4, 7], [2, 9], [3, 3, 8]]] {
      try compare(configuration, segments: [(1, 1), (4, 2), (8, 1)], lengths: lengths, "\(cell)")
    }
  }

  @Test("Of matrices of low rank", arguments: [OracleCell.lstm, .gru], InputKind.allCases)
  func lowRank(cell: OracleCell, input: InputKind) throws {
    var configuration = ModelConfiguration(
      cell: cell.cell, input: input.input(size: 3), hiddenSize: 5, layerCount: 2, outputSize: 4)
    configuration.recurrentDropout = 0.2
    configuration.lowerRanks()
    for lengths in [nil, [[9, 4, 7], [2, 9], [3, 3, 8]]] {
      try compare(configuration, segments: [(4, 2)], lengths: lengths, "\(cell)")
    }
  }

  @Test("A head at the last step, and a plain model whose state is carried", arguments: OracleCell.kinds)
  func heads(cell: OracleCell) throws {
    for (head, carries) in [(ModelConfiguration.Head.lastStep, false), (.everyStep, true)] {
      let configuration = ModelConfiguration(
        cell: cell.cell, input: .vectors(size: 3), hiddenSize: 5, layerCount: 2, outputSize: 4, head: head)
      for lengths in [nil, [[9, 4, 7], [2, 9, 1]]] {
        try compare(configuration, segments: [(4, 1)], lengths: lengths, carriesState: carries, "\(head)")
      }
    }
  }

  @Test("A budget decides how many steps are kept, and is kept")
  func budget() throws {
    let configuration = ModelConfiguration(cell: .lstm, input: .vectors(size: 4), hiddenSize: 32, outputSize: 3)
    func bytes(_ recomputing: Recomputation) throws -> Int {
      try Trainer(
        Model<Float>(configuration, seed: 1), batchSize: 16, sequenceLength: 400, recomputing: recomputing, threads: 1
      ).plan.totalBytes
    }
    let whole = try bytes(.none)
    #expect(try bytes(.withinMemory(bytes: whole)) == whole)
    let third = try bytes(.withinMemory(bytes: whole / 3))
    #expect(third <= whole / 3 && third > whole / 8)
    #expect(try bytes(.segments(ofSteps: 20)) < whole / 5)
    #expect(throws: PlanError.self) { try bytes(.withinMemory(bytes: 10_000)) }
  }

  @Test("Evaluation of a trainer that keeps few steps is that of one that keeps all")
  func evaluation() throws {
    let configuration = ModelConfiguration(
      cell: .gru, input: .oneHot(vocabularySize: 5), hiddenSize: 6, outputSize: 5)
    let streams = try TokenStreams(Self.data(200, below: 5, seed: 1), batchSize: 3, sequenceLength: 12)
    func evaluate(_ recomputing: Recomputation) throws -> (loss: Double, keepsRows: Bool) {
      var trainer = try Trainer(
        Model<Float>(configuration, seed: 1), batchSize: 3, sequenceLength: 12, recomputing: recomputing, threads: 1)
      return (trainer.evaluate(streams).loss, trainer.plan.keepsRows)
    }
    let (whole, pieces) = (try evaluate(.none), try evaluate(.segments(ofSteps: 5)))
    // The state is carried from one window to the next.
    RoundingBound(steps: 5 * 12, layers: 1, terms: 6).expect(
      [Float(pieces.loss)], [Float(whole.loss)], toTheBit: pieces.keepsRows && whole.keepsRows, "loss")
  }
}
