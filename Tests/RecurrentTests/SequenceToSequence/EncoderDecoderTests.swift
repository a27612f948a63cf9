import Recurrent
import Testing
import TestSupport

/// Encoder and decoder trained together.
@Suite("Encoder and decoder")
struct EncoderDecoderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var problem: SequenceProblem
    var threads = 1
  }

  static let cases: [Case] = {
    var cases = [
      Case(testDescription: "GRU", problem: SequenceProblem(.gru)),
      Case(
        testDescription: "GRU, both ways, general attention",
        problem: SequenceProblem(.gru, bothWays: true, attention: .general, hidden: 2), threads: 2),
      Case(testDescription: "RNN, two layers, attention", problem: SequenceProblem(.rnn, layers: 2, attention: .dot)),
      Case(
        testDescription: "LSTM, both ways, two layers, scaled attention",
        problem: SequenceProblem(.lstm, layers: 2, bothWays: true, attention: .scaledDot, hidden: 2), threads: 2),
      Case(
        testDescription: "GRU with reset before, both ways", problem: SequenceProblem(.gruResetBefore, bothWays: true)),
    ]

    var dropped = SequenceProblem(.lstm, layers: 2, bothWays: true, attention: .dot, hidden: 2)
    dropped.encoder.dropout = 0.4
    dropped.encoder.recurrentDropout = 0.3
    dropped.encoder.zoneout = Zoneout(hidden: 0.2, cell: 0.3)
    dropped.decoder.dropout = 0.4
    dropped.decoder.headDropout = 0.4
    dropped.decoder.recurrentDropout = 0.3
    cases.append(Case(testDescription: "all regularisers", problem: dropped))

    var projected = SequenceProblem(.lstm, attention: .dot, hidden: 4)
    projected.encoder.projectionSize = 2
    projected.decoder.projectionSize = 2
    projected.encoder.trainsInitialState = true
    cases.append(Case(testDescription: "projected, trained initial state of the encoder", problem: projected))

    var vectors = SequenceProblem(.gru, attention: .scaledDot)
    vectors.encoder.input = .vectors(size: 2)
    vectors.decoder.input = .vectors(size: 2)
    vectors.decoder.outputSize = 2
    vectors.marks = nil
    vectors.targetLengths = [2, 1, 4]
    cases.append(Case(testDescription: "vectors to vectors", problem: vectors))

    var single = SequenceProblem(.rnn)
    single.encoder.input = .vectors(size: 3)
    single.sourceLengths = [1, 1, 1]
    cases.append(Case(testDescription: "one vector to tokens", problem: single))

    for (attention, bothWays) in [(Attention.general, true), (nil, false)] {
      var blocks = SequenceProblem(.minGRU, layers: 2, bothWays: bothWays, attention: attention, hidden: 3)
      // Without attention nothing reads what the encoder's blocks make of the states.
      if attention != nil { blocks.encoder.blocks = ResidualBlocks(feedForwardSize: 4) }
      blocks.decoder.blocks = ResidualBlocks()
      (blocks.encoder.dropout, blocks.decoder.dropout) = (0.3, 0.3)
      cases.append(
        Case(testDescription: "residual blocks, \(attention?.rawValue ?? "no") attention", problem: blocks, threads: 2))
    }
    for attention in [Attention.dot, .additive] {
      var empty = SequenceProblem(.gru, attention: attention, feeding: attention == .additive)
      empty.sourceLengths = [3, 0, 1]
      cases.append(Case(testDescription: "an empty source, \(attention) attention", problem: empty))
    }
    return cases + attentionCases
  }()

  /// Each attention with and without input feeding, and what else lies on the way of what is fed.
  private static let attentionCases: [Case] = {
    var cases: [Case] = []
    let cells: [(String, any RecurrentCell)] = [("RNN", ElmanCell.rnn), ("LSTM", LSTMCell.lstm), ("GRU", GRUCell.gru)]
    for (index, attention) in Attention.allCases.enumerated() {
      for (name, cell) in cells {
        for layers in [1, 2] {
          cases.append(
            Case(
              testDescription: "\(name), \(layers) layers, \(attention), input feeding",
              problem: SequenceProblem(
                cell, layers: layers, bothWays: layers == 2, attention: attention, feeding: true,
                hidden: layers == 2 ? 2 : 3), threads: 1 + index % 2))
        }
      }
    }
    for cell in [GRUCell.gru, LSTMCell.lstm, ResetBeforeGRUCell.gruResetBefore, MinGRUCell.minGRU]
      as [any RecurrentCell]
    {
      cases.append(
        Case(
          testDescription: "\(cell.name), additive attention",
          problem: SequenceProblem(cell, bothWays: true, attention: .additive, hidden: 2), threads: 2))
    }
    for cell in [ResetBeforeGRUCell.gruResetBefore, MinGRUCell.minGRU, PeepholeLSTMCell.lstmPeephole]
      as [any RecurrentCell]
    {
      cases.append(
        Case(
          testDescription: "\(cell.name), two layers, input feeding",
          problem: SequenceProblem(cell, layers: 2, attention: .general, feeding: true)))
    }
    // Longer sources than a tile of additive attention.
    var long = SequenceProblem(.rnn, attention: .additive, feeding: true, hidden: 2)
    long.sourceLengths = [18, 16, 1]
    cases.append(Case(testDescription: "long sources, additive attention, input feeding", problem: long))

    var dropped = SequenceProblem(.lstm, layers: 2, bothWays: true, attention: .additive, feeding: true, hidden: 2)
    dropped.decoder.input = .embedding(vocabularySize: 5, size: 2)
    dropped.decoder.dropout = 0.4
    dropped.decoder.headDropout = 0.4
    dropped.decoder.recurrentDropout = 0.3
    dropped.encoder.recurrentDropout = 0.3
    (dropped.decoder.weightDropout, dropped.decoder.embeddingDropout) = (0.3, 0.2)
    dropped.decoder.zoneout = Zoneout(hidden: 0.2, cell: 0.3)
    cases.append(Case(testDescription: "all regularisers, input feeding", problem: dropped, threads: 2))

    var structured = SequenceProblem(.gru, layers: 2, attention: .general, feeding: true)
    structured.decoder.isResidual = true
    structured.decoder.ranks = [LowRank(recurrent: 2), LowRank(recurrent: 2, input: 2)]
    cases.append(Case(testDescription: "residual, low ranks, input feeding", problem: structured))

    var projected = SequenceProblem(.lstm, layers: 2, attention: .dot, feeding: true, hidden: 4)
    projected.encoder.projectionSize = 2
    projected.decoder.projectionSize = 2
    cases.append(Case(testDescription: "projected, input feeding", problem: projected))

    var vectors = SequenceProblem(.gru, attention: .additive, feeding: true)
    vectors.decoder.input = .vectors(size: 2)
    vectors.decoder.outputSize = 2
    vectors.marks = nil
    vectors.targetLengths = [2, 1, 4]
    cases.append(Case(testDescription: "vectors, input feeding", problem: vectors))

    var tied = SequenceProblem(.gru, attention: .scaledDot, feeding: true)
    tied.decoder.input = .embedding(vocabularySize: 5, size: 3)
    tied.decoder.tiesEmbedding = true
    cases.append(Case(testDescription: "tied embedding, input feeding", problem: tied))
    return cases
  }()

  /// Central differences with the step and the tolerance of `checkGradients`. A new trainer for each evaluation draws the
  /// same masks.
  @Test("Every parameter's gradient", arguments: cases)
  func gradients(testCase: Case) throws {
    let problem = testCase.problem
    var model = try problem.model()
    func loss(_ model: EncoderDecoder<Double>) throws -> Double {
      var trainer = try problem.trainer(model, threads: testCase.threads)
      return problem.step(&trainer).loss
    }
    var trainer = try problem.trainer(model, threads: testCase.threads)
    let report = problem.step(&trainer)
    var squares = 0.0
    for name in model.names {
      let analytic = trainer.gradient(of: name)
      let values = model[name]
      squares += analytic.reduce(0) { $0 + $1 * $1 }
      // The first step of a source has no output before it.
      if name != "encoder.rnn.weight_hh_l0" || problem.sourceLengths.max()! > 1 {
        #expect(analytic.contains { $0 != 0 }, "\(name) has no gradient at all")
      }
      for index in values.indices {
        func slope(_ step: Double) throws -> Double {
          var changed = values
          changed[index] = values[index] + step
          model[name] = changed
          let above = try loss(model)
          changed[index] = values[index] - step
          model[name] = changed
          let below = try loss(model)
          model[name] = values
          return (above - below) / (2 * step)
        }
        let numeric = try slope(1e-5 * max(1, abs(values[index])))
        #expect(
          abs(analytic[index] - numeric) <= 1e-8 + 1e-5 * abs(numeric),
          "\(name)[\(index)]: \(analytic[index]), by differences \(numeric)")
      }
    }
    #expect(abs(report.gradientNorm - squares.squareRoot()) <= 1e-12 * squares.squareRoot())
  }

  @Test("The gradient is clipped by the norm of both models")
  func clipping() throws {
    let problem = SequenceProblem(.gru, attention: .dot)
    let model = try problem.model()
    var trainer = try problem.trainer(
      model, optimizer: .sgd(learningRate: 1), clipping: .norm(0.01))
    let report = problem.step(&trainer)
    #expect(report.gradientNorm > 0.1)
    let after = trainer.model()
    let moved = zip(after.allValues, model.allValues).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    // 10⁻⁶ is added to the norm as PyTorch does, and each parameter is rounded once.
    #expect(abs(moved - 0.01 * report.gradientNorm / (report.gradientNorm + 1e-6)) < 1e-13)
    // Both have moved.
    #expect(after["encoder.rnn.weight_hh_l0"] != model["encoder.rnn.weight_hh_l0"])
    #expect(after["decoder.rnn.weight_hh_l0"] != model["decoder.rnn.weight_hh_l0"])
  }

  @Test(
    "The same bits with any number of threads", arguments: [nil, Attention.dot, .general, .additive], [false, true])
  func threads(attention: Attention?, feeding: Bool) throws {
    guard attention != nil || !feeding else { return }
    var problem = SequenceProblem(
      .lstm, layers: 2, bothWays: true, attention: attention, feeding: feeding, hidden: 9)
    problem.sourceLengths = [3, 5, 1, 7, 2]
    problem.targetLengths = [2, 0, 4, 3, 6]
    problem.encoder.dropout = 0.3
    problem.decoder.dropout = 0.2
    problem.decoder.zoneout = Zoneout(hidden: 0.1, cell: 0.1)
    let model = try problem.model(Float.self)
    func train(threads: Int) throws -> [Float] {
      var trainer = try problem.trainer(
        model, optimizer: .adam(learningRate: 0.01), clipping: .norm(1),
        scheduledSampling: ScheduledSampling(.constant(0.5)), threads: threads)
      for _ in 0..<3 { _ = problem.step(&trainer) }
      return trainer.model().allValues
    }
    let one = try train(threads: 1)
    #expect(try train(threads: 2) == one)
    #expect(try train(threads: 3) == one)
    #expect(one != model.allValues)
  }

  /// Nothing is left of the batch before: sums, what was fed, memories projected by the weights of then.
  @Test("A step after another is that of a new trainer", arguments: Attention.allCases, [false, true])
  func stepAfterStep(attention: Attention, feeding: Bool) throws {
    let problem = SequenceProblem(.lstm, layers: 2, bothWays: true, attention: attention, feeding: feeding)
    var other = problem
    (other.sourceLengths, other.targetLengths, other.seed) = ([2, 4, 1], [1, 4, 2], 2)
    var trainer = try problem.trainer(problem.model(), threads: 2)
    _ = problem.step(&trainer)
    _ = other.step(&trainer)
    let model = trainer.model()
    var fresh = try problem.trainer(model, threads: 1)
    let (report, expected) = (problem.step(&trainer), problem.step(&fresh))
    #expect(report.loss == expected.loss && report.gradientNorm == expected.gradientNorm)
    for name in model.names { #expect(trainer.gradient(of: name) == fresh.gradient(of: name), "\(name)") }
  }

  @Test("A step that is not finite changes nothing")
  func notFinite() throws {
    let problem = SequenceProblem(.gru)
    var model = try problem.model()
    model["encoder.rnn.bias_ih_l0"][0] = .nan
    var trainer = try problem.trainer(model)
    let report = problem.step(&trainer)
    #expect(!report.isFinite)
    #expect(trainer.model()["decoder.linear.weight"] == model["decoder.linear.weight"])
  }

  @Test("Evaluation is the loss of a step without dropout")
  func evaluation() throws {
    var problem = SequenceProblem(.gru, attention: .dot)
    var plain = try problem.trainer(problem.model())
    let loss = problem.step(&plain).loss
    problem.decoder.headDropout = 0.5
    var dropping = try problem.trainer(problem.model())
    let evaluated = dropping.evaluate(.tokens(problem.sourceTokens), .classes(problem.targetTokens))
    #expect(evaluated == loss)
    let dropped = problem.step(&dropping).loss
    #expect(dropped != loss)
  }

  @Test("A file gives back what was saved", arguments: [Attention.scaledDot, .additive], [false, true])
  func file(attention: Attention, feeding: Bool) throws {
    let directory = try ScratchDirectory()
    let path = directory.file("pair.safetensors")
    let problem = SequenceProblem(.lstm, layers: 2, bothWays: true, attention: attention, feeding: feeding)
    var model = try problem.model(Float.self)
    model.encoder.annotations = ["source": "dates", "note": ""]
    model.decoder.annotations = ["target": "ISO"]
    try model.save(to: path)
    let read = try EncoderDecoder<Float>(contentsOf: path)
    #expect(read.allValues == model.allValues)
    #expect(read.marks == model.marks)
    #expect(read.encoder.annotations == model.encoder.annotations)
    #expect(read.decoder.annotations == model.decoder.annotations)
    #expect(read.decoder.configuration.attention == attention)
    #expect(read.decoder.configuration.hasInputFeeding == feeding)
    #expect(read.decoder.configuration.description.contains("input feeding") == feeding)
    #expect(read.encoder.configuration.directions == .both(merge: .concatenate))

    let other = directory.file("model.safetensors")
    try model.encoder.save(to: other)
    #expect(throws: CheckpointError.self) { try EncoderDecoder<Float>(contentsOf: other) }
    #expect(throws: CheckpointError.self) { try Model<Float>(contentsOf: path) }
  }
}
