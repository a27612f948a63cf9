import Recurrent
import Testing

/// What is wrong with data is found before the first step, and named by its place in the data.
@Suite("Data of a training loop")
struct TrainingDataTests {
  enum Mistake: String, Codable, Sendable, CaseIterable {
    case classTooLarge, classOfSequence, tokenTooLarge, sequenceTooLong, batchTooLarge, unequal, restOfBatch
    case fewerTargets, emptyForOneOutput, nothingButEmpty, valuesForClasses, lossForTargets, targetsForLoss
    case streamsTooWide, flatTargets, unevenVectors, searchWithBadClass

    var message: String {
      switch self {
      case .classTooLarge, .searchWithBadClass: "class 3 at sequence 7, step 2: expected 0 to 2"
      case .classOfSequence: "class 3 at sequence 5, step 0: expected 0 to 2"
      case .tokenTooLarge: "token 4 at sequence 8, step 1: expected 0 to 3"
      case .sequenceTooLong: "sequence 6 has 5 steps; expected at most 4, as the trainer is for"
      case .batchTooLarge: "expected batches of at most 4 sequences, as the trainer is for, got 5"
      case .unequal: "9 sequences of 2 to 3 steps in batches of 4, where the trainer is for batches of 4 of one length"
      case .restOfBatch:
        "9 sequences of 3 to 3 steps in batches of 4, where the trainer is for batches of 4 of one length"
      case .fewerTargets: "expected 3 targets of sequence 4, got 2"
      case .emptyForOneOutput:
        "sequence 3 has no steps: expected 1 or more where there is one output for each sequence"
      case .nothingButEmpty: "expected 1 step or more in all, got 9 sequences of none"
      case .valuesForClasses: "values are for losses on values; the loss is crossEntropy"
      case .lossForTargets: "the loss is crossEntropy: one of your own needs Loss.custom"
      case .targetsForLoss: "the loss is custom: give the step a closure, and no target"
      case .streamsTooWide: "expected streams of 4 sequences and at most 4 steps, got 5 and 3"
      case .flatTargets: "expected targets sequence by sequence for a head at every step"
      case .unevenVectors: "sequence 2 has 5 elements; expected a multiple of 2"
      }
    }

    func make() throws {
      var tokens = (0..<9).map { sequence in (0..<3).map { Int32(($0 + sequence) % 3) } }
      var classes = tokens
      var (isPooled, isRagged, batchSize, loss) = (false, true, 4, Loss.crossEntropy)
      switch self {
      case .classTooLarge, .searchWithBadClass: classes[7][2] = 3
      case .classOfSequence:
        isPooled = true
        classes = classes.map { [$0[0]] }
        classes[5][0] = 3
      case .tokenTooLarge: tokens[8][1] = 4
      case .sequenceTooLong:
        tokens[6] += [0, 1]
        classes[6] += [0, 1]
      case .batchTooLarge: batchSize = 5
      case .unequal:
        isRagged = false
        (tokens[1], classes[1]) = ([0, 1], [0, 1])
      case .restOfBatch: isRagged = false
      case .fewerTargets: classes[4].removeLast()
      case .emptyForOneOutput:
        isPooled = true
        tokens[3] = []
        classes = classes.map { [$0[0]] }
      case .nothingButEmpty: (tokens, classes) = (tokens.map { _ in [] }, classes.map { _ in [] })
      case .targetsForLoss: loss = .custom
      case .valuesForClasses, .lossForTargets, .streamsTooWide, .flatTargets, .unevenVectors: break
      }
      if self == .unevenVectors { return try Self.trainOnVectors() }
      let configuration = ModelConfiguration(
        cell: GRUCell.gru, input: .oneHot(vocabularySize: 4), hiddenSize: 3, outputSize: 3,
        head: isPooled ? .lastStep : .everyStep)
      var trainer = try Trainer<Float>(
        Model(configuration, seed: 1), batchSize: 4, sequenceLength: 4, loss: loss, isRagged: isRagged, threads: 1)
      let data: TrainingData<Float> =
        switch self {
        case .valuesForClasses:
          TrainingData(
            inputs: .tokens(tokens), targets: .values(tokens.map { $0.flatMap { _ in [0, 0, 0] } }), batchSize: 4,
            seed: 1)
        case .lossForTargets: TrainingData(inputs: .tokens(tokens), batchSize: 4, seed: 1) { _ in { _, _ in 0 } }
        case .streamsTooWide:
          TrainingData(try TokenStreams([Int32](repeating: 0, count: 40), batchSize: 5, sequenceLength: 3))
        case .flatTargets:
          TrainingData(inputs: .tokens(tokens), targets: .classes(classes.map { $0[0] }), batchSize: 4, seed: 1)
        default: TrainingData(inputs: .tokens(tokens), targets: .classes(classes), batchSize: batchSize, seed: 1)
        }
      if self == .searchWithBadClass { _ = try trainer.findLearningRate(on: data) }
      _ = try TrainingLoop(trainer, data, epochs: 1)
    }

    private static func trainOnVectors() throws {
      let configuration = ModelConfiguration(
        cell: GRUCell.gru, input: .vectors(size: 2), hiddenSize: 3, outputSize: 1, head: .lastStep)
      let trainer = try Trainer<Float>(
        Model(configuration, seed: 1), batchSize: 4, sequenceLength: 4, loss: .meanSquaredError, isRagged: true)
      let data = TrainingData<Float>(
        inputs: .vectors([[1, 2], [1, 2, 3, 4], [1, 2, 3, 4, 5]]), targets: .values([1, 2, 3]), batchSize: 3, seed: 1)
      _ = try TrainingLoop(trainer, data, epochs: 1)
    }
  }

  @Test("Each mistake is caught", arguments: Mistake.allCases)
  func caught(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in
      try mistake.make()
    }
    expectWords(mistake.message, result)
  }

  @Test("Sequences without steps are left out of the batches, and change nothing")
  func empty() throws {
    let tokens = (0..<9).map { sequence in (0...sequence % 3).map { Int32(($0 + sequence) % 3) } }
    var models: [Model<Float>] = []
    for isMixed in [false, true] {
      // A batch would consist of nothing else.
      let some: [[Int32]] = isMixed ? [[], [], [], [], []] + tokens + [[], [], [], []] : tokens
      let configuration = ModelConfiguration(
        cell: GRUCell.gru, input: .oneHot(vocabularySize: 3), hiddenSize: 3, outputSize: 3)
      let trainer = try Trainer<Float>(
        Model(configuration, seed: 1), batchSize: 4, sequenceLength: 4, isRagged: true, threads: 1)
      var loop = try TrainingLoop(
        trainer, TrainingData(inputs: .tokens(some), targets: .classes(some), batchSize: 4, seed: 2), epochs: 3,
        validation: ValidationData(inputs: .tokens(some), targets: .classes(some)))
      let result = try loop.run()
      #expect(result.step == 9 && result.evaluation?.count == 18)
      models.append(loop.model)
    }
    for entry in models[0].table.entries {
      #expect(models[0][parameter: entry.name] == models[1][parameter: entry.name])
    }
  }

  @Test("Reports are lines to print")
  func descriptions() throws {
    var lines: [String] = []
    var loop = try TrainingLoop<Float>.of(.sequences, epochs: 2)
    let result = try loop.run { event in lines.append("\(event)") }
    #expect(lines[0].hasPrefix("epoch 1, step 1: loss ") && lines[0].contains("learning rate 0.01"))
    #expect(lines.contains { $0.hasPrefix("epoch 1, step 7: training loss ") && $0.contains(", validation loss ") })
    #expect(lines.contains { $0.hasPrefix("validation after step 7: loss ") && $0.hasSuffix("the best so far") })
    #expect(lines.last == "completed after step 14")
    #expect("\(result)".hasPrefix("completed after step 14, in epoch 2; lowest validation loss "))
    #expect(lines.allSatisfy { !$0.contains("Optional") && !$0.contains("(") })
  }
}
