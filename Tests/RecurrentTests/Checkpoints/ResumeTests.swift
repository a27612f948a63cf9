import Foundation
import Recurrent
import Testing
import TestSupport

/// A training that is stopped and goes on from a file is the one that was never stopped: the files are the same bytes.
@Suite struct ResumeTests {
  private static let steps = 7

  private static let optimizers: [(name: String, optimizer: Optimizer)] = [
    ("sgd", .sgd(learningRate: 0.1, weightDecay: 0.01)),
    ("momentum", .sgd(learningRate: 0.1, momentum: 0.9)),
    ("nesterov", .sgd(learningRate: 0.1, momentum: 0.9, nesterov: true)),
    ("rmsprop", .rmsprop(learningRate: 0.01)),
    ("adam", .adam(learningRate: 0.01, weightDecay: 0.01)),
    ("adamw", .adamW(learningRate: 0.01)),
  ]

  /// The bytes of the checkpoint after all steps, with stops after `stops`. A stop changes the number of threads, too.
  private func bytes<S: Scalar>(
    _ start: Trainer<S>.Maker, stops: [Int], notes: [String: String] = [:], step: (inout Trainer<S>, Int) -> Void
  ) throws -> [UInt8] {
    let directory = try ScratchDirectory()
    let path = directory.file("run.safetensors")
    var trainer = try start()
    for index in 0..<Self.steps {
      if stops.contains(index) {
        try trainer.checkpoint(notes: notes).save(to: path)
        let checkpoint = try TrainingCheckpoint<S>(contentsOf: path)
        #expect(checkpoint.stepCount == index && checkpoint.notes == notes)
        #expect(checkpoint.settings == trainer.settings)
        #expect(checkpoint.fingerprint == trainer.fingerprint)
        trainer = try Trainer(checkpoint, threads: 1 + index % 2)
      }
      step(&trainer, index)
    }
    try trainer.checkpoint(notes: notes).save(to: path)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Tokens [T, N] of step `index`, and targets.
  private func tokens(_ index: Int, count: Int, below limit: Int32) -> [Int32] {
    var generator = SeededGenerator(seed: UInt64(index))
    return (0..<count).map { _ in Int32.random(in: 0..<limit, using: &generator) }
  }

  /// Two layers with everything that is random, the state carried, on a schedule.
  private func check<S: Scalar>(_ cell: some RecurrentCell, _ optimizer: Optimizer, _ scalar: S.Type) throws {
    var configuration = ModelConfiguration(
      cell: cell, input: .embedding(vocabularySize: 5, size: 3), hiddenSize: 6, layerCount: 2, outputSize: 5,
      dropout: 0.25, headDropout: 0.125)
    configuration.zoneout = Zoneout(hidden: 0.125, cell: 0)
    configuration.trainsInitialState = true
    if cell.structure.recurrentProduct != .none {
      (configuration.recurrentDropout, configuration.weightDropout) = (0.125, 0.25)
    }
    configuration.embeddingDropout = 0.125
    let model = try Model<S>(configuration, seed: 3, vocabulary: Vocabulary(unit: .byte, symbols: [0, 1, 9, 65, 255]))
    func run(_ stops: [Int]) throws -> [UInt8] {
      try bytes(
        {
          try Trainer(
            model, batchSize: 3, sequenceLength: 4, optimizer: optimizer,
            schedule: .cosine(warmUp: 2, total: Self.steps, minimum: 0.1),
            clipping: GradientClipping(norm: 1, value: 0.5),
            carriesState: true, averageDecay: 0.75, threads: 1, seed: 11)
        }, stops: stops, notes: ["place": "é\n\"", "": "0"]
      ) { trainer, index in
        if index == 4 { trainer.resetState(ofSequence: 1) }
        let inputs = tokens(index, count: 12, below: 5)
        let classes = tokens(index + 100, count: 12, below: 5)
        _ = trainer.step(.tokens(inputs), .classes(classes))
      }
    }
    let whole = try run([])
    for stops in [[0], [1], [3], [4, 5], [6], Array(0..<Self.steps)] {
      let resumed = try run(stops)
      #expect(resumed == whole, "stopped after \(stops)")
    }
  }

  /// Settings may be changed before a training goes on: of other sequences there is no state.
  @Test func anotherBatchSize() throws {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 5), hiddenSize: 6, outputSize: 5)
    var trainer = try Trainer<Float>(
      Model(configuration, seed: 1), batchSize: 2, sequenceLength: 4, carriesState: true)
    let few = tokens(0, count: 8, below: 5)
    _ = trainer.step(.tokens(few), .classes(few))
    var checkpoint = trainer.checkpoint()
    checkpoint.settings.batchSize = 3
    var larger = try Trainer(checkpoint)
    #expect(larger.stepCount == 1 && larger.state.batchSize == 3)
    #expect(larger.state == RecurrentState(zerosFor: configuration, batchSize: 3))
    let more = tokens(1, count: 12, below: 5)
    #expect(larger.step(.tokens(more), .classes(more)).isFinite)
  }

  @Test(arguments: BuiltInCells.all.map(\.name)) func everyCell(name: String) throws {
    let cell = try #require(BuiltInCells.named(name))
    try check(cell, .adam(learningRate: 0.01), Float.self)
  }

  @Test(arguments: optimizers.map(\.name)) func everyOptimizer(name: String) throws {
    let optimizer = try #require(Self.optimizers.first { $0.name == name }).optimizer
    try check(LSTMCell(), optimizer, Float.self)
    try check(GRUCell(), optimizer, Double.self)
  }

  /// Shuffled ragged batches by a seed, both directions, an early-stopping record and a generator of the program's own.
  @Test func shuffledRaggedBatches() throws {
    let lengths = [3, 5, 1, 2, 4, 5, 1]
    let loader = BucketingLoader(lengths: lengths, batchSize: 2, poolSize: 2, seed: 5)
    let configuration = ModelConfiguration(
      cell: .gru, input: .vectors(size: 2), hiddenSize: 4, layerCount: 2, directions: .both(merge: .concatenate),
      outputSize: 3, head: .lastStep, dropout: 0.5)
    let loss = Loss.crossEntropy(classWeights: [1, 0.5, 2], labelSmoothing: 0.1, ignoring: -100)
    func run(_ stops: [Int]) throws -> [UInt8] {
      try bytes(
        {
          try Trainer(
            Model<Float>(configuration, seed: 1), batchSize: 2, sequenceLength: 5, loss: loss,
            schedule: .stepDecay(every: 2, factor: 0.5), isRagged: true, threads: 1, seed: 2)
        }, stops: stops
      ) { trainer, index in
        // The program's place in the data is the number of steps done.
        let batch = loader.batches(epoch: index / loader.batchCount)[index % loader.batchCount]
        let vectors = Sequences<Float>(
          batch.map { sequence in (0..<2 * lengths[sequence]).map { Float(sequence + $0) / 8 } }, width: 2)
        let classes = batch.map { Int32($0 % 3) }
        _ = trainer.step(.vectors(vectors), .classes(classes))
      }
    }
    let whole = try run([])
    for stop in 0..<Self.steps {
      let resumed = try run([stop])
      #expect(resumed == whole, "stopped after \(stop)")
    }
  }

  /// Every loss and way of recomputing comes back from the file.
  @Test(
    arguments: [
      Loss.binaryCrossEntropy(positiveWeights: [1, 2, 3]), .meanSquaredError, .meanAbsoluteError, .huber(delta: 0.25),
      .studentT, .negativeBinomial(scales: [2, 1, 0.5]),
    ], [Recomputation.none, .segments(ofSteps: 2), .withinMemory(bytes: 1 << 20)])
  func lossesOnValues(loss: Loss, recomputing: Recomputation) throws {
    let outputs = loss == .studentT ? 9 : loss == .negativeBinomial(scales: [2, 1, 0.5]) ? 6 : 3
    let configuration = ModelConfiguration(cell: .rnn, input: .vectors(size: 2), hiddenSize: 4, outputSize: outputs)
    func run(_ stops: [Int]) throws -> [UInt8] {
      try bytes(
        {
          try Trainer(
            Model<Double>(configuration, seed: 1), batchSize: 1, sequenceLength: 5, loss: loss, carriesState: true,
            recomputing: recomputing, threads: 1)
        }, stops: stops
      ) { trainer, index in
        let vectors = (0..<10).map { Double($0 * index % 7) / 7 }
        let values = (0..<15).map { outputs == 6 ? Double(($0 + index) % 4) : Double($0 + index) / 30 }
        _ = trainer.step(.vectors(vectors), .values(values))
      }
    }
    let whole = try run([])
    #expect(try run([3]) == whole)
  }

  @Test func connectionistLoss() throws {
    let loss = Loss.ctc(blank: 2, maximumLabels: 3, zeroInfinity: true)
    let configuration = ModelConfiguration(cell: .rnn, input: .vectors(size: 2), hiddenSize: 4, outputSize: 3)
    func run(_ stops: [Int]) throws -> [UInt8] {
      try bytes(
        { try Trainer(Model<Float>(configuration, seed: 1), batchSize: 1, sequenceLength: 5, loss: loss, threads: 1) },
        stops: stops
      ) { trainer, index in
        let vectors = (0..<10).map { Float($0 * index % 7) / 7 }
        _ = trainer.step(.vectors(vectors), .labels([[0, Int32(index % 2)]]))
      }
    }
    let whole = try run([])
    #expect(try run([2, 5]) == whole)
  }

  // MARK: Files

  private func checkpoint() throws -> TrainingCheckpoint<Float> {
    let configuration = ModelConfiguration(cell: .lstm, input: .oneHot(vocabularySize: 3), hiddenSize: 4, outputSize: 3)
    var trainer = try Trainer(Model<Float>(configuration, seed: 1), batchSize: 2, sequenceLength: 3, carriesState: true)
    let tokens: [Int32] = [0, 1, 2, 2, 1, 0]
    _ = trainer.step(.tokens(tokens), .classes(tokens))
    return trainer.checkpoint(notes: ["a": "b"])
  }

  /// A checkpoint is a model file; a model is no checkpoint; the other precision is no training to go on with.
  @Test func kindsOfFiles() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("run.safetensors")
    let checkpoint = try checkpoint()
    try checkpoint.save(to: path)
    let model = try Model<Float>(contentsOf: path)
    for entry in model.table.entries {
      #expect(model[parameter: entry.name] == checkpoint.model[parameter: entry.name])
    }
    var error = #expect(throws: CheckpointError.self) { try TrainingCheckpoint<Double>(contentsOf: path) }
    #expect(error?.description.contains("the training is in F32, not in F64") == true)
    try model.save(to: path)
    error = #expect(throws: CheckpointError.self) { try TrainingCheckpoint<Float>(contentsOf: path) }
    #expect(error?.description.contains("holds a model, but no training") == true)
  }

  /// One change of the metadata each, of the same length, and what the error says.
  @Test(arguments: [
    (#"\"step\":1"#, #"\"step\":x"#, "unexpected"),
    (#"\"batch_size\":2"#, #"\"batch_size\":3"#, "has shape [2, 4], expected [3, 4]"),
    (#"\"batch_size\":2"#, #"\"batch_size\":0"#, "batch_size is not a whole number of at least 1"),
    (#"\"sequence_length\":3"#, #"\"sequence_length\":0"#, "sequence_length is not a whole number"),
    (#"\"kind\":\"adam\""#, #"\"kind\":\"adax\""#, "there is no optimizer adax"),
    (#"\"kind\":\"constant\""#, #"\"kind\":\"constans\""#, "there is no schedule constans"),
    (#"\"kind\":\"cross-entropy\""#, #"\"kind\":\"cross-entropx\""#, "there is no loss cross-entropx"),
    (#"\"beta1\":0.9"#, #"\"beta1\":1.9"#, "beta1 is 1.9, not in 0..<1"),
    (#"\"fresh_sequences\":[0,1]"#, #"\"fresh_sequences\":[0,7]"#, "fresh_sequences holds what is no sequence"),
    (#"\"carries_state\":true"#, #"\"carries_state\":1234"#, "carries_state is neither true nor false"),
    (#"\"version\":1"#, #"\"version\":2"#, "is of version 2 of its training; supported: 1"),
    ("training.state0.l0", "training.state9.l0", "has no tensor \"training.state0.l0\""),
    ("training.moment2.linear.bias", "training.moment3.linear.bias", "has no tensor \"training.moment2.linear.bias\""),
  ])
  func damage(from: String, to: String, message: String) throws {
    let directory = try ScratchDirectory()
    let path = directory.file("run.safetensors")
    try checkpoint().save(to: path)
    var bytes = Data([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    let range = try #require(bytes.range(of: Data(from.utf8)))
    bytes.replaceSubrange(range, with: Data(to.utf8))
    let error = #expect(throws: CheckpointError.self) {
      try TrainingCheckpoint<Float>(bytes: resealed([UInt8](bytes)), file: path)
    }
    let text = try #require(error).description
    #expect(text.contains(message == "unexpected" ? "training" : message), "\(text)")
  }
}

extension Trainer {
  typealias Maker = () throws -> Trainer<S>
}
