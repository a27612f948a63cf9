import Recurrent
import Testing

@Suite("Same seed, same bits")
struct DeterminismTests {
  /// A hundred steps with dropout, clipping and the state carried; all parameters at the end.
  ///
  /// 9 sequences are no multiple of the workers. Of more rows than a piece of OpenBLAS's products are the batches of
  /// `ProductTests`.
  private func train<S: Scalar>(
    _ cell: OracleCell, _ scalar: S.Type, threads: Int, modelSeed: UInt64 = 1, dropoutSeed: UInt64 = 1,
    dropout: Double = 0.3, steps: Int = 100
  ) throws -> [[S]] {
    let configuration = ModelConfiguration(
      cell: cell.cell, input: .embedding(vocabularySize: 11, size: 6), hiddenSize: 13, layerCount: 2,
      outputSize: 11, dropout: dropout)
    var trainer = try Trainer<S>(
      Model(configuration, seed: modelSeed), batchSize: 9, sequenceLength: 40, optimizer: .adam(learningRate: 0.01),
      clipping: .norm(1), carriesState: true, threads: threads, seed: dropoutSeed)
    var generator = SeededGenerator(seed: 5)
    let tokens = (0..<361).map { _ in Int32(generator.uniform() * 11) }
    for _ in 0..<steps {
      let report = trainer.step(.tokens(tokens.span.extracting(0..<360)), .classes(tokens.span.extracting(1..<361)))
      #expect(report.isFinite)
    }
    let model = trainer.model()
    return model.table.entries.map { model[parameter: $0.name] } + [trainer.state.values]
  }

  @Test("Any number of workers, run for run", arguments: OracleCell.allCases)
  func workers(cell: OracleCell) throws {
    let expected = try train(cell, Float.self, threads: 1)
    for threads in 1...3 {
      #expect(try train(cell, Float.self, threads: threads) == expected, "\(threads) workers")
    }
    let short = try train(cell, Float.self, threads: 2, steps: 5)
    #expect(short != expected)
    #expect(try train(cell, Float.self, threads: 2, modelSeed: 2, steps: 5) != short)
    #expect(try train(cell, Float.self, threads: 2, dropoutSeed: 2, steps: 5) != short)
    #expect(try train(cell, Float.self, threads: 2, dropout: 0, steps: 5) != short)
  }

  @Test("In double precision", arguments: OracleCell.allCases)
  func double(cell: OracleCell) throws {
    let expected = try train(cell, Double.self, threads: 1, steps: 5)
    for threads in 2...3 {
      #expect(try train(cell, Double.self, threads: threads, steps: 5) == expected, "\(threads) workers")
    }
  }

  /// The weights' own pieces, too: more than 512 rows of Wₕ and of the head, more than 128 of a one-hot layer.
  @Test("Where the weights are cut into pieces", arguments: [OracleCell.lstm, .gru, .gruResetBefore])
  func largeWeights(cell: OracleCell) throws {
    let shape = Shape(steps: 3, batchSize: 4, inputSize: 5, hiddenSize: 172, seed: 8)
    let problem = try Problem.random(cell, shape, input: .oneHot, outputSize: 520)
    var results: [[Float]] = []
    for threads in 1...3 {
      var trainer = try Trainer<Float>(
        problem.model(), batchSize: 4, sequenceLength: 3, optimizer: .sgd(learningRate: 1), threads: threads)
      for _ in 0..<3 { _ = problem.step(&trainer) }
      let model = trainer.model()
      results.append(model.table.entries.flatMap { model[parameter: $0.name] })
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  /// One and two sequences of a model so wide that the workers share its hidden units, in training, in whole sequences
  /// and in a stream. A stream gives what the whole does: to the bit where the plans keep rows, else to rounding.
  @Test("Where the workers share columns", arguments: OracleCell.allCases, [1, 2])
  func sharedColumns(cell: OracleCell, batchSize: Int) throws {
    let shape = Shape(steps: 4, batchSize: batchSize, inputSize: 40, hiddenSize: 200, layerCount: 2, seed: 9)
    let problem = try Problem.random(cell, shape)
    let model: Model<Float> = try problem.model()
    let vectors = problem.vectors.map { Float($0) }
    var trained: [[Float]] = []
    var (wholes, streams): ([[Float]], [[Float]]) = ([], [])
    var keepsRows = true
    for threads in 1...3 {
      var trainer = try Trainer<Float>(
        model, batchSize: batchSize, sequenceLength: 4, optimizer: .sgd(learningRate: 1), threads: threads)
      for _ in 0..<2 { _ = problem.step(&trainer) }
      let result = trainer.model()
      trained.append(result.table.entries.flatMap { result[parameter: $0.name] })

      var whole = try InferencePass(model, steps: 4, batchSize: batchSize, threads: threads)
      whole.run(vectors: vectors.span, continuing: true)
      wholes.append(whole.outputs)
      var stream = try InferencePass(model, steps: 1, batchSize: batchSize, threads: threads)
      let width = batchSize * 40
      keepsRows = keepsRows && whole.plan.keepsRows && stream.plan.keepsRows
      streams.append(
        (0..<4).flatMap { step in
          stream.run(vectors: vectors.span.extracting(step * width..<(step + 1) * width), continuing: true)
          return stream.outputs
        })
    }
    #expect(trained.allSatisfy { $0 == trained[0] })
    #expect(wholes.allSatisfy { $0 == wholes[0] })
    #expect(streams.allSatisfy { $0 == streams[0] })
    RoundingBound(steps: 4, layers: 2, terms: 400).expect(
      streams[0], wholes[0], toTheBit: keepsRows, "a stream and the whole")
  }

  @Test("Without dropout the trainer's seed does not matter")
  func noDropout() throws {
    let first = try train(.gru, Float.self, threads: 1, dropoutSeed: 1, dropout: 0, steps: 3)
    #expect(try train(.gru, Float.self, threads: 1, dropoutSeed: 2, dropout: 0, steps: 3) == first)
  }
}
