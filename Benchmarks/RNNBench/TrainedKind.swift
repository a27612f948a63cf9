import Recurrent

/// A kind of model and of batch that `rnn-bench bits` trains.
struct TrainedKind {
  let name: String
  let configuration: ModelConfiguration
  let isRagged: Bool
  let recomputing: Recomputation

  // T, N and sizes that no vector length divides.
  private static let steps = 9
  private static let batchSize = 5
  private static let classes = 7

  /// All kinds that a cell can have: inputs, heads and directions in every combination, and options one by one.
  static func all(of cell: any RecurrentCell) -> [TrainedKind] {
    let inputs: [(String, ModelConfiguration.Input)] = [
      ("one-hot", .oneHot(vocabularySize: 11)), ("embedding", .embedding(vocabularySize: 11, size: 6)),
      ("vectors", .vectors(size: 13)),
    ]
    let heads: [ModelConfiguration.Head] = [.everyStep, .lastStep, .meanOverSteps, .maxOverSteps]
    let directions: [(String, Directions)] = [("forward", .forward), ("both", .both(merge: .concatenate))]
    var kinds: [TrainedKind] = []
    for (inputName, input) in inputs {
      for head in heads {
        for (direction, value) in directions {
          kinds.append(
            kind("\(cell.name) \(inputName) \(head.rawValue) \(direction)", cell, input, value, head))
        }
      }
    }
    let vectors = ModelConfiguration.Input.vectors(size: 13)
    func option(
      _ name: String, hidden: Int = 33, isRagged: Bool = false, recomputing: Recomputation = .none,
      _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) {
      kinds.append(
        kind(
          "\(cell.name) \(name)", cell, vectors, .forward, .everyStep, hidden: hidden, isRagged: isRagged,
          recomputing: recomputing, change))
    }
    option("wide", hidden: 130)
    option("ragged", isRagged: true)
    option("ragged wide", hidden: 130, isRagged: true)
    option("recomputed", recomputing: .segments(ofSteps: 4))
    option("variational") { $0.isDropoutVariational = true }
    if cell.structure.recurrentProduct != .none { option("recurrent dropout") { $0.recurrentDropout = 0.25 } }
    option("zoneout") { $0.zoneout = Zoneout(hidden: 0.2, cell: 0.1) }
    option("initial state") { $0.trainsInitialState = true }
    option("all layers") { $0.headReadsAllLayers = true }
    option("residual") { $0.isResidual = true }
    option("blocks") { $0.blocks = ResidualBlocks() }
    option("blocks ragged", isRagged: true) { $0.blocks = ResidualBlocks() }
    option("blocks both") {
      ($0.blocks, $0.directions) = (ResidualBlocks(), .both(merge: .concatenate))
    }
    if cell.structure.allowsProjection { option("projection") { $0.projectionSize = 10 } }
    return kinds
  }

  private static func kind(
    _ name: String, _ cell: some RecurrentCell, _ input: ModelConfiguration.Input, _ directions: Directions,
    _ head: ModelConfiguration.Head, hidden: Int = 33, isRagged: Bool = false, recomputing: Recomputation = .none,
    _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) -> TrainedKind {
    var configuration = ModelConfiguration(
      cell: cell, input: input, hiddenSize: hidden, layerCount: 2, directions: directions, outputSize: classes,
      head: head, dropout: 0.25, headDropout: 0.125)
    change(&configuration)
    return TrainedKind(name: name, configuration: configuration, isRagged: isRagged, recomputing: recomputing)
  }

  /// Trains for `steps` steps of Adam, then runs the model without dropout, whole and step by step.
  func checksum<S: Scalar>(_ scalar: S.Type, steps: Int, products: Products, threads: Int) throws -> String {
    var generator = SeededGenerator(seed: 7)
    var checksum = Checksum()
    let (length, batch) = (Self.steps, Self.batchSize)
    var trainer = try Trainer(
      Model<S>(configuration, seed: 1), batchSize: batch, sequenceLength: length, loss: .crossEntropy,
      optimizer: .adam(), clipping: .norm(1), isRagged: isRagged, recomputing: recomputing, products: products,
      threads: threads, seed: 3)
    let lengths = isRagged ? [4, 9, 0, 7] : [Int](repeating: length, count: batch)
    for _ in 0..<steps {
      let classes = lengths.map { length in (0..<length).map { _ in Int32(generator.uniform(0, Double(Self.classes))) }
      }
      let pooled = (0..<batch).map { _ in Int32(generator.uniform(0, Double(Self.classes))) }
      let report: StepReport
      if isRagged {
        report = trainer.step(
          .vectors(Sequences(lengths.map { vectors($0, &generator) }, width: 13)),
          .classes(Sequences(classes, width: 1)))
      } else {
        let targets = configuration.head.isPooled ? pooled : classes.flatMap { $0 }
        if configuration.input.vocabularySize == nil {
          let values: [S] = vectors(length * batch, &generator)
          report = trainer.step(.vectors(values), .classes(targets))
        } else {
          let tokens = tokens(length * batch, &generator)
          report = trainer.step(.tokens(tokens), .classes(targets))
        }
      }
      checksum.add(report.loss)
      checksum.add(report.gradientNorm)
    }
    let model = trainer.model()
    for entry in model.table.entries { checksum.add(model[parameter: entry.name]) }
    try run(model, products, threads: threads, &checksum)
    return checksum.text
  }

  /// The outputs of the whole sequences, and of a stream where the model has one.
  private func run<S: Scalar>(_ model: Model<S>, _ products: Products, threads: Int, _ checksum: inout Checksum) throws
  {
    var generator = SeededGenerator(seed: 8)
    let isStream = configuration.directions == .forward && !configuration.head.isPooled
    for (steps, batch) in isStream ? [(Self.steps, Self.batchSize), (1, 1)] : [(Self.steps, Self.batchSize)] {
      var pass = try InferencePass(model, steps: steps, batchSize: batch, products: products, threads: threads)
      for _ in 0..<3 {
        if configuration.input.vocabularySize == nil {
          let values: [S] = vectors(steps * batch, &generator)
          pass.run(vectors: values.span, continuing: true)
        } else {
          let tokens = tokens(steps * batch, &generator)
          pass.run(tokens: tokens.span, continuing: true)
        }
        checksum.add(pass.outputs)
      }
    }
  }

  private func vectors<S: Scalar>(_ count: Int, _ generator: inout SeededGenerator) -> [S] {
    (0..<count * 13).map { _ in S(generator.uniform(-1, 1)) }
  }

  private func tokens(_ count: Int, _ generator: inout SeededGenerator) -> [Int32] {
    (0..<count).map { _ in Int32(generator.uniform(0, 11)) }
  }
}

/// FNV-1a with 64 bits over the bits of numbers.
private struct Checksum {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ value: Double) {
    for byte in 0..<8 { state = (state ^ value.bitPattern >> (8 * UInt64(byte)) & 0xff) &* 0x100_0000_01b3 }
  }

  /// A Float is its Double: exactly one for each.
  mutating func add<S: Scalar>(_ values: [S]) {
    for value in values { add(Double(value)) }
  }

  var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
