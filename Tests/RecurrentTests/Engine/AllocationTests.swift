import AllocationCounter
import Kernels
import Recurrent
import TestSupport
import Testing

/// A training step and a sampling step allocate nothing. Counted in processes of their own, where nothing else runs. What
/// OpenBLAS allocates by itself, as for small products on some processors, is not counted.
///
/// A promise of the optimised build: a debug build allocates closures and generic values that the optimiser keeps on the
/// stack.
@Suite(
  "Allocations", .enabled(if: isOptimized, "an optimised build"),
  .enabled(if: allocation_counter_works(), "glibc without a sanitizer"))
struct AllocationTests {
  @Test("The counter sees what is allocated, on every thread and by every call")
  func counter() async {
    await #expect(processExitsWith: .success) {
      var kept: [Int] = []
      #expect(fewestAllocations { kept = [Int](repeating: 1, count: 1000) } == 10)
      #expect(kept.count == 1000)
      // Aligned to cache lines.
      #expect(fewestAllocations { _ = Arena<Float>(count: 100, filledWith: 0) } == 10)
      // The engine's own allocations at the start: a class and the arenas, and threads for the workers.
      let problem = try Problem.random(.rnn, Shape(seed: 1))
      let model = try problem.model(Float.self)
      let starting = try fewestAllocations { _ = try Trainer(model, batchSize: 1, sequenceLength: 1, threads: 2) }
      #expect(starting > 30)
      #expect(fewestAllocations {} == 0)
    }
  }

  @Test("A training step", arguments: OracleCell.allCases)
  func training(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      for threads in [1, 2] {
        for input in InputKind.allCases {
          let smoothed = Loss.crossEntropy(
            classWeights: [Double](repeating: 0.5, count: 30), labelSmoothing: 0.1, ignoring: 3)
          for loss in [.crossEntropy, smoothed, .meanSquaredError, .huber()] {
            try countSteps(cell, input, loss, threads, Float.self)
          }
        }
        try countSteps(cell, .oneHot, .crossEntropy, threads, Double.self)
      }
    }
  }

  @Test(
    "A training step and a stream of low rank, and in residual blocks",
    arguments: [OracleCell.lstm, .gru, .minGRU, .rgLRU], [false, true])
  func structures(cell: OracleCell, hasBlocks: Bool) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell, hasBlocks = hasBlocks as Bool] in
      for input in InputKind.allCases {
        var problem = try Problem.random(
          cell, Shape(steps: 5, batchSize: 4, inputSize: 6, hiddenSize: 18, layerCount: 2, seed: 1), input: input,
          structure: { if hasBlocks { $0.blocks = ResidualBlocks() } else { $0.lowerRanks() } })
        problem.configuration.dropout = 0.5
        for threads in [1, 2] {
          var trainer = try problem.trainer(Float.self, threads: threads)
          let count = fewestAllocations { _ = problem.step(&trainer) }
          var stream = try InferencePass<Float>(problem.model(), steps: 1, batchSize: 4, threads: threads)
          let tokens = [Int32](repeating: 1, count: 4)
          let vectors = [Float](repeating: 0.5, count: 24)
          let streamed = fewestAllocations {
            if input == .vectors {
              stream.run(vectors: vectors.span, continuing: true)
            } else {
              stream.run(tokens: tokens.span, continuing: true)
            }
          }
          #expect(streamed == 0, "\(streamed) in ten steps of \(threads) workers, \(input)")
          // The problem's own arrays are converted to Float for a step of vectors.
          #expect(input == .vectors || count == 0, "\(count) in ten steps of \(threads) workers, \(input)")
        }
      }
    }
  }

  @Test("A step on labels")
  func labels() async {
    await #expect(processExitsWith: .success) {
      let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 6), hiddenSize: 18, outputSize: 9)
      let labels: [[Int32]] = [[3, 3, 8], [1], [], [2, 4, 2, 4]]
      let vectors = (0..<20 * 4 * 6).map { Float($0 % 7) / 7 }
      for threads in [1, 2] {
        var trainer = try Trainer<Float>(
          Model(configuration, seed: 1), batchSize: 4, sequenceLength: 20, loss: .ctc(maximumLabels: 5),
          threads: threads)
        let count = fewestAllocations { _ = trainer.step(.vectors(vectors), .labels(labels)) }
        #expect(count == 0, "\(count) in ten steps of \(threads) workers")
      }
    }
  }

  @Test("A training step on chains of classes, of several tokens a step")
  func chains() async {
    await #expect(processExitsWith: .success) {
      let tables: [ModelConfiguration.Input.EmbeddingTable] = [
        .init(vocabularySize: 9, size: 4), .init(vocabularySize: 3, size: 2),
      ]
      var configuration = ModelConfiguration(
        cell: .lstm,
        input: .features(tables, letters: LetterEncoder(vocabularySize: 3, size: 4, hiddenSize: 3, count: 2)),
        hiddenSize: 18, directions: .both(merge: .concatenate), outputSize: 9)
      configuration.crf = CRFConstraints(starts: [1])
      let tokens = Sequences<Int32>(
        [20, 3, 11, 20].map { length in (0..<4 * length).map { Int32($0 * 7 % 3) } }, width: 4)
      let labels = Sequences<Int32>([20, 3, 11, 20].map { length in (0..<length).map { Int32($0 * 5 % 9) } })
      for threads in [1, 2] {
        var trainer = try Trainer<Float>(
          Model(configuration, seed: 1), batchSize: 4, sequenceLength: 20, loss: .crf, isRagged: true,
          threads: threads)
        let count = fewestAllocations { _ = trainer.step(.tokens(tokens), .classes(labels)) }
        #expect(count == 0, "\(count) in ten steps of \(threads) workers")
      }
    }
  }

  @Test("Factorizations after the first")
  func factorizations() async {
    await #expect(processExitsWith: .success) {
      try countFactorizations(Double.self)
      try countFactorizations(Float.self)
    }
  }

  @Test("A step of encoder and decoder", arguments: [Attention.general, .additive], [false, true])
  func encoderDecoder(attention: Attention, feeding: Bool) async {
    await #expect(processExitsWith: .success) {
      [attention = attention.rawValue as String, feeding = feeding as Bool] in
      var problem = SequenceProblem(
        .lstm, layers: 2, bothWays: true, attention: Attention(rawValue: attention), feeding: feeding, hidden: 18)
      problem.encoder.dropout = 0.3
      let (source, target) = (problem.sourceTokens, problem.targetTokens)
      for threads in [1, 2] {
        for sampling in [nil, ScheduledSampling(.constant(0.5), draw: SamplingOptions(topK: 3))] {
          var trainer = try problem.trainer(
            problem.model(Float.self), optimizer: .adam(), clipping: .norm(1), scheduledSampling: sampling,
            threads: threads)
          let count = fewestAllocations { _ = trainer.step(.tokens(source), .classes(target)) }
          #expect(count == 0, "\(count) in ten steps of \(threads) workers, scheduled sampling: \(sampling != nil)")
        }
      }
    }
  }

  @Test("A step on a window of streams", arguments: OracleCell.allCases)
  func window(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      let configuration = ModelConfiguration(
        cell: cell.cell, input: .oneHot(vocabularySize: 80), hiddenSize: 20, outputSize: 80)
      let streams = try TokenStreams((0..<1000).map { $0 * 7 % 80 }, batchSize: 8, sequenceLength: 50)
      var trainer = try Trainer<Float>(
        Model(configuration, seed: 1), batchSize: 8, sequenceLength: 50, clipping: .norm(5), carriesState: true,
        threads: 2)
      let count = fewestAllocations { _ = trainer.step(streams.input(1), streams.target(1)) }
      #expect(count == 0, "\(count) in ten steps")
    }
  }

  @Test("A step on windows of a token file")
  func fileWindow() async {
    await #expect(processExitsWith: .success) {
      let scratch = try ScratchDirectory()
      let tokens = (0..<200_000).map { Int32($0 * 7 % 80) }
      let vocabulary = try Vocabulary(unit: .byte, symbols: (0..<80).map { $0 })
      let path = scratch.file("a.tokens")
      try TokenFile.write(to: path, vocabulary: vocabulary, width: .bits32) { try $0.append(tokens) }
      let file = try TokenFile(path: path)
      let configuration = ModelConfiguration(
        cell: .gru, input: .oneHot(vocabularySize: 80), hiddenSize: 20, outputSize: 80)
      let streams = try TokenStreams(file.tokens, batchSize: 8, sequenceLength: 50)
      var trainer = try Trainer<Float>(
        Model(configuration, seed: 1), batchSize: 8, sequenceLength: 50, clipping: .norm(5), carriesState: true,
        threads: 2)
      var window = 0
      // Each on windows of its own, most of which need blocks that are not in memory.
      let count = fewestAllocations {
        window = (window + 83) % streams.windowCount
        do { try streams.load(window) } catch { Issue.record(error) }
        _ = trainer.step(streams.input(window), streams.target(window))
      }
      #expect(count == 0, "\(count) in ten steps")
    }
  }

  @Test("A pass forward and back", arguments: OracleCell.allCases)
  func pass(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      let problem = try Problem.random(cell, Shape(steps: 5, batchSize: 4, inputSize: 6, hiddenSize: 18, seed: 1))
      let gradient = [Float](repeating: 0.1, count: problem.outputRows * problem.configuration.outputSize)
      let vectors = problem.vectors.map { Float($0) }
      for threads in [1, 2] {
        var pass = try RecurrentPass<Float>(
          problem.model(), steps: 5, batchSize: 4, inputGradient: true, threads: threads)
        let count = fewestAllocations {
          pass.forward(vectors: vectors.span)
          pass.backward(outputGradient: gradient.span)
        }
        #expect(count == 0, "\(count) in ten passes of \(threads) workers")
      }
    }
  }

  @Test("A piece of inference and the copy of its outputs", arguments: OracleCell.allCases)
  func inference(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      for head in ModelConfiguration.Head.allCases {
        let shape = Shape(steps: 5, batchSize: 4, inputSize: 6, hiddenSize: 18, layerCount: 2, seed: 1)
        let problem = try Problem.random(cell, shape, head: head)
        let vectors = problem.vectors.map { Float($0) }
        var outputs = [Float](repeating: 0, count: problem.outputRows * problem.configuration.outputSize)
        for threads in [1, 2] {
          var pass = try InferencePass<Float>(problem.model(), steps: 5, batchSize: 4, threads: threads)
          let count = fewestAllocations {
            pass.run(vectors: vectors.span, continuing: true)
            var span = outputs.mutableSpan
            pass.copyOutputs(into: &span)
            outputs[0] += pass.output(row: 0)[0]
          }
          #expect(count == 0, "\(count) in ten pieces of \(threads) workers, head \(head)")
        }
      }
    }
  }

  @Test("A stream whose state is kept, given back and begun anew", arguments: OracleCell.kinds)
  func stream(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      let shape = Shape(steps: 1, batchSize: 3, inputSize: 6, hiddenSize: 18, layerCount: 2, seed: 1)
      let problem = try Problem.random(cell, shape)
      let vectors = problem.vectors.map { Float($0) }
      var pass = try InferencePass<Float>(problem.model(), steps: 1, batchSize: 3, threads: 1)
      var state = pass.state
      let count = fewestAllocations {
        pass.run(vectors: vectors.span, continuing: true)
        pass.copyState(into: &state)
        pass.run(vectors: vectors.span, continuing: true)
        pass.state = state
        pass.resetState(ofSequence: 1)
      }
      #expect(count == 0, "\(count) in ten steps")
    }
  }

  @Test("Steps of sessions, alone and together", arguments: OracleCell.kinds)
  func sessions(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      let configuration = ModelConfiguration(
        cell: cell.cell, input: .oneHot(vocabularySize: 30), hiddenSize: 18, layerCount: 2, outputSize: 30)
      // Steps that are computed at once, and steps that are not.
      let server = try InferenceServer(Model<Float>(configuration, seed: 1), maximumBatch: 4, maximumSteps: 2)
      let sessions = (0..<4).map { _ in server.open() }
      let tokens = (0..<12).map { Int32($0) }
      var outputs = [Float](repeating: 0, count: 12 * 30)
      let input = ModelInput<Float>.tokens(Array(tokens[0..<2]))
      var generator = SeededGenerator(seed: 1)
      let kept = sessions[0].state
      let count = fewestAllocations {
        var span = outputs.mutableSpan
        server.run(sessions, tokens: tokens.span, into: &span)
        sessions[1].run(tokens: tokens.span, into: &span)
        _ = sessions[2].next(after: 3, options: .init(topK: 5), using: &generator)
        sessions[0].state = kept
        sessions[3].reset()
      }
      #expect(count == 0, "\(count) in ten rounds")
      #expect(fewestAllocations { _ = sessions[1].run(input) } == 10, "the outputs, once a call")
    }
  }

  @Test("A training step on sequences of different lengths, both ways, with everything", arguments: OracleCell.kinds)
  func everything(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      for recomputing in [Recomputation.none, .segments(ofSteps: 3)] {
        var configuration = ModelConfiguration(
          cell: cell.cell, input: .vectors(size: 6), hiddenSize: 18, layerCount: 2, outputSize: 5, dropout: 0.2,
          headDropout: 0.2)
        if recomputing == .none { configuration.directions = .both(merge: .concatenate) }
        configuration.recurrentDropout = cell.hasRecurrentProduct ? 0.2 : 0
        configuration.zoneout = Zoneout(hidden: 0.1, cell: 0.1)
        configuration.trainsInitialState = true
        let lengths = [3, 8, 5]
        let vectors = Sequences(values: [Float](repeating: 0.5, count: 16 * 6), lengths: lengths, width: 6)
        let classes = Sequences(values: [Int32](repeating: 2, count: 16), lengths: lengths)
        for threads in [1, 2] {
          var trainer = try Trainer<Float>(
            Model(configuration, seed: 1), batchSize: 4, sequenceLength: 8, isRagged: true, recomputing: recomputing,
            threads: threads)
          let count = fewestAllocations { _ = trainer.step(.vectors(vectors), .classes(classes)) }
          #expect(count == 0, "\(count) in ten steps of \(threads) workers, \(recomputing)")
        }
      }
    }
  }

  @Test("A sampling step, however the token is drawn", arguments: OracleCell.allCases)
  func sampling(cell: OracleCell) async {
    await #expect(processExitsWith: .success) { [cell = cell as OracleCell] in
      // So many tokens that a sort of theirs would want room.
      let configuration = ModelConfiguration(
        cell: cell.cell, input: .embedding(vocabularySize: 500, size: 10), hiddenSize: 20, layerCount: 2,
        outputSize: 500)
      let model = try Model<Float>(configuration, seed: 1)
      let all = [
        SamplingOptions.greedy, .init(), .init(temperature: 0.7), .init(topK: 40), .init(topP: 0.9),
        .init(temperature: 1.5, topK: 100, topP: 0.95),
      ]
      for options in all {
        var sampler = try Sampler(model, options: options)
        sampler.feed(3)
        let count = fewestAllocations { _ = sampler.next() }
        #expect(count == 0, "\(count) in ten steps: \(options)")
      }
    }
  }
}

/// The fewest allocations of three runs of ten calls each, after some to warm up: what others in the process may do by
/// chance drops out, what every call does stays.
func fewestAllocations<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Int {
  for _ in 0..<3 { try body() }
  var fewest = Int.max
  for _ in 0..<3 {
    allocation_counter_start()
    for _ in 0..<10 { try body() }
    fewest = min(fewest, allocation_counter_stop())
  }
  return fewest
}

/// Everything that factorizes, on matrices of one shape.
private func countFactorizations<S: LAPACKScalar>(_ scalar: S.Type) throws {
  let order = 40
  var matrix = ColumnMatrix<S>.identity(order)
  for index in 0..<order * order { matrix.values[index] += S(index % 7 + index / order % 7) / 700 }
  var qr = try QRFactorization<S>(rows: order, columns: order, rightColumns: order)
  var cholesky = try CholeskyFactorization<S>(order: order)
  var eigen = try SymmetricEigen<S>(order: order, vectors: true)
  var eigenvalues = try Eigenvalues<S>(order: order)
  var svd = try SingularValues<S>(rows: order, columns: order, vectors: true)
  var solver = try RankLeastSquares<S>(rows: order, columns: order, rightColumns: order)
  var (q, right, x) = (matrix, matrix, matrix)
  q[0, 0] += 1
  right[0, 0] += 1
  x[0, 0] += 1
  #expect(
    try fewestAllocations {
      try qr.factor(matrix)
      qr.formQ(into: &q)
      try qr.applyTransposedQ(to: &right)
    } == 0)
  #expect(
    try fewestAllocations {
      try cholesky.factor(matrix)
      try cholesky.solve(&right)
      _ = cholesky.reciprocalCondition()
    } == 0)
  #expect(try fewestAllocations { try eigen.decompose(matrix) } == 0)
  #expect(try fewestAllocations { try eigenvalues.compute(matrix) } == 0)
  #expect(
    try fewestAllocations {
      try svd.decompose(matrix)
      try svd.decompose(matrix, by: .qrIteration)
    } == 0)
  #expect(try fewestAllocations { try solver.solve(matrix, right, into: &x) } == 0)
}

/// Steps with dropout, clipping and the state carried.
private func countSteps<S: Scalar>(
  _ cell: OracleCell, _ input: InputKind, _ loss: Loss, _ threads: Int, _ scalar: S.Type
) throws {
  let shape = Shape(steps: 5, batchSize: 4, inputSize: 6, hiddenSize: 18, layerCount: 2, seed: 1)
  var problem = try Problem.random(cell, shape, input: input, loss: loss, outputSize: 30)
  problem.configuration.dropout = 0.5
  var trainer = try Trainer<S>(
    problem.model(), batchSize: 4, sequenceLength: 5, loss: loss, optimizer: .adamW(),
    schedule: .cosine(warmUp: 5, total: 100), clipping: GradientClipping(norm: 1, value: 1), carriesState: true,
    threads: threads)
  let (tokens, classes) = (problem.tokens, problem.classes)
  let (vectors, values) = (problem.vectors.map { S($0) }, problem.values.map { S($0) })
  let count = fewestAllocations {
    switch (tokens.isEmpty, loss.targets) {
    case (false, .classes): _ = trainer.step(.tokens(tokens), .classes(classes))
    case (false, _): _ = trainer.step(.tokens(tokens), .values(values))
    case (true, .classes): _ = trainer.step(.vectors(vectors), .classes(classes))
    case (true, _): _ = trainer.step(.vectors(vectors), .values(values))
    }
  }
  #expect(count == 0, "\(count) in ten steps: \(input), \(loss), \(S.self), \(threads) workers")
}

/// Whether assertions are compiled out.
let isOptimized: Bool = {
  var optimized = true
  assert({ optimized = false }() == ())
  return optimized
}()
