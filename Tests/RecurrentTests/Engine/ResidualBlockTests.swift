import Foundation
import Recurrent
import TestSupport
import Testing

/// What a training and passes promise, of models of residual blocks.
@Suite("Residual blocks")
struct ResidualBlockTests {
  static let cells: [OracleCell] = [.rgLRU, .sLSTM, .minLSTM, .minGRU, .lstm, .gru]

  /// Two layers of 8, whose first has a norm where `embedding` is 8.
  static func configuration(
    _ cell: OracleCell, embedding: Int = 8, _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: cell.cell, input: .embedding(vocabularySize: 7, size: embedding), hiddenSize: 8, layerCount: 2,
      outputSize: 7)
    configuration.blocks = ResidualBlocks(feedForwardSize: 40)
    change(&configuration)
    return configuration
  }

  static func tokens(_ count: Int, seed: UInt64) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int32(generator.uniform() * 7) }
  }

  /// Losses and parameters of some steps on batches of 4 × 6, or of lengths.
  private static func train(
    _ configuration: ModelConfiguration, steps: Int = 4, lengths: [Int]? = nil, shards: Int = 1,
    recomputing: Recomputation = .none, products: Products = .automatic, precision: WeightPrecision = .full,
    threads: Int
  ) throws -> [[Float]] {
    var trainer = try Trainer<Float>(
      Model(configuration, seed: 3), batchSize: 4, sequenceLength: 6, optimizer: .adamW(learningRate: 0.01),
      clipping: .norm(1), carriesState: configuration.directions == .forward && lengths == nil,
      isRagged: lengths != nil, recomputing: recomputing, shards: shards, products: products, precision: precision,
      threads: threads, seed: 4)
    var losses: [Float] = []
    for step in 0..<steps {
      let isPooled = configuration.head.isPooled
      let rows = lengths?.reduce(0, +) ?? 24
      let tokens = tokens(rows, seed: UInt64(step))
      let classes = Self.tokens(isPooled ? 4 : rows, seed: UInt64(step + 100))
      let report =
        if let lengths {
          isPooled
            ? trainer.step(.tokens(Sequences(values: tokens, lengths: lengths)), .classes(classes))
            : trainer.step(
              .tokens(Sequences(values: tokens, lengths: lengths)),
              .classes(Sequences(values: classes, lengths: lengths)))
        } else {
          trainer.step(.tokens(tokens), .classes(classes))
        }
      losses.append(Float(report.loss))
    }
    let model = trainer.model()
    return [losses] + model.table.entries.map { model[parameter: $0.name] } + [trainer.state.values]
  }

  @Test("The same bits by any number of threads, whoever multiplies", arguments: cells, [8, 5])
  func threads(cell: OracleCell, embedding: Int) throws {
    let changes: [(inout ModelConfiguration) -> Void] = [
      { $0.dropout = 0.3 },
      {
        $0.directions = .both(merge: .concatenate)
        $0.hiddenSize = 4
        $0.dropout = 0.3
        $0.head = .maxOverSteps
      },
    ]
    for change in changes {
      let configuration = Self.configuration(cell, embedding: embedding, change)
      for products in [Products.automatic, .packed, .openBLAS] {
        for lengths in [nil, [3, 6, 1, 5]] {
          let one = try Self.train(configuration, lengths: lengths, products: products, threads: 1)
          #expect(one.joined().allSatisfy { $0.isFinite })
          for threads in 2...3 {
            let other = try Self.train(configuration, lengths: lengths, products: products, threads: threads)
            #expect(other == one, "\(threads) threads, \(products), lengths \(String(describing: lengths))")
          }
        }
      }
    }
  }

  @Test("Recomputed in segments to the bit", arguments: cells)
  func segments(cell: OracleCell) throws {
    let configuration = Self.configuration(cell) { ($0.dropout, $0.trainsInitialState) = (0.3, true) }
    for lengths in [nil, [3, 6, 1, 5]] {
      let whole = try Self.train(configuration, lengths: lengths, products: .packed, threads: 1)
      for (steps, threads) in [(1, 1), (4, 2)] {
        let pieces = try Self.train(
          configuration, lengths: lengths, recomputing: .segments(ofSteps: steps), products: .packed, threads: threads)
        #expect(pieces == whole, "segments of \(steps), lengths \(String(describing: lengths))")
      }
    }
  }

  @Test("In shards: to rounding that of the whole batch, by any number of threads to the bit", arguments: cells)
  func shards(cell: OracleCell) throws {
    let configuration = Self.configuration(cell) { $0.dropout = 0.3 }
    let whole = try Self.train(configuration, steps: 1, threads: 1)
    let cut = try Self.train(configuration, steps: 1, shards: 2, threads: 1)
    // A mean over 24 rows of terms that 6 steps of two blocks round to 2⁻²⁴ each.
    #expect(abs(cut[0][0] - whole[0][0]) <= 24 * 6 * 4 * 0x1p-24 * (1 + abs(whole[0][0])))
    #expect(
      try Self.train(configuration, shards: 2, threads: 2) == Self.train(configuration, shards: 2, threads: 1))
  }

  @Test("Products of bfloat16 train them too, with the same bits by any number of threads", arguments: cells)
  func mixedPrecision(cell: OracleCell) throws {
    let configuration = Self.configuration(cell)
    let full = try Self.train(configuration, threads: 1)
    let rounded = try Self.train(configuration, precision: .bfloat16Dot, threads: 1)
    #expect(try Self.train(configuration, precision: .bfloat16Dot, threads: 2) == rounded)
    // Eight bits of each factor.
    #expect(rounded != full && abs(rounded[0][3] - full[0][3]) < 0.1)
  }

  @Test("A training goes on from its file to the bit", arguments: cells)
  func resume(cell: OracleCell) throws {
    let configuration = Self.configuration(cell) { $0.dropout = 0.3 }
    func trainer() throws -> Trainer<Float> {
      try Trainer(
        Model(configuration, seed: 3), batchSize: 4, sequenceLength: 6, optimizer: .adamW(learningRate: 0.01),
        carriesState: true, threads: 1, seed: 5)
    }
    func step(_ trainer: inout Trainer<Float>, _ index: Int) {
      _ = trainer.step(
        .tokens(Self.tokens(24, seed: UInt64(index))), .classes(Self.tokens(24, seed: UInt64(index + 100))))
    }
    var whole = try trainer()
    for index in 0..<4 { step(&whole, index) }
    var stopped = try trainer()
    for index in 0..<2 { step(&stopped, index) }
    let directory = try ScratchDirectory()
    try stopped.checkpoint().save(to: directory.file("run.safetensors"))
    let checkpoint = try TrainingCheckpoint<Float>(contentsOf: directory.file("run.safetensors"))
    #expect(checkpoint.model.configuration.blocks == configuration.blocks)
    var resumed = try Trainer(checkpoint, threads: 2)
    for index in 2..<4 { step(&resumed, index) }
    #expect(resumed.model().block == whole.model().block && resumed.state.values == whole.state.values)
  }

  @Test("Parameters that are frozen stay, and the others move")
  func frozen() throws {
    let configuration = Self.configuration(.rgLRU)
    let frozen: Set = ["rnn.norm_l1", "rnn.feed_forward_gate_l0", "rnn.feed_forward_down_l1", "norm.weight"]
    let start = try Model<Float>(configuration, seed: 3)
    var trainer = try Trainer(start, batchSize: 4, sequenceLength: 6, optimizer: .sgd(learningRate: 0.5), threads: 2)
    trainer.settings.frozenParameters = frozen
    _ = trainer.step(.tokens(Self.tokens(24, seed: 1)), .classes(Self.tokens(24, seed: 2)))
    let model = trainer.model()
    for entry in model.table.entries {
      let stays = model[parameter: entry.name] == start[parameter: entry.name]
      #expect(stays == frozen.contains(entry.name), "\(entry.name)")
    }
  }

  // MARK: Passes

  @Test("Step by step, served and forked as at once", arguments: cells)
  func streams(cell: OracleCell) throws {
    let model = try Model<Float>(Self.configuration(cell), seed: 3)
    let tokens = Self.tokens(12, seed: 1)
    var whole = try InferencePass(model, steps: 12, batchSize: 1, threads: 1)
    whole.run(tokens: tokens.span, continuing: false)
    let expected = whole.outputs
    for threads in 1...2 {
      var stream = try InferencePass(model, steps: 1, batchSize: 1, threads: threads)
      var outputs: [Float] = []
      for index in tokens.indices {
        stream.run(tokens: tokens.span.extracting(index..<index + 1), continuing: index > 0)
        outputs += stream.outputs
      }
      #expect(outputs == expected, "\(threads) threads")
    }
  }

  @Test("A head at the last step reads the last step's output, in a batch of lengths too")
  func lastStep() throws {
    let configuration = Self.configuration(.rgLRU) { $0.head = .lastStep }
    let model = try Model<Double>(configuration, seed: 3)
    var everyStep = configuration
    everyStep.head = .everyStep
    var all = try InferencePass(model.with(everyStep), steps: 6, batchSize: 3, threads: 1)
    var last = try InferencePass(model, steps: 6, batchSize: 3, threads: 1)
    let sequences = Sequences<Int32>([[1, 2, 3], [4, 5, 6, 0, 1, 2], [3]])
    all.run(.tokens(sequences))
    last.run(.tokens(sequences))
    let outputs = all.outputSequences
    for sequence in 0..<3 {
      #expect(Array(outputs[sequence].suffix(7)) == Array(last.outputs[sequence * 7..<(sequence + 1) * 7]))
    }
  }

  @Test(
    "Weights of 16 and 8 bits give what the rounded model gives",
    arguments: [WeightPrecision.bfloat16, .float16, .int8], cells)
  func precision(precision: WeightPrecision, cell: OracleCell) throws {
    let model = try Model<Float>(Self.configuration(cell), seed: 3)
    let rounded = try model.rounded(to: precision)
    for name in ["rnn.feed_forward_gate_l0", "rnn.feed_forward_up_l1", "rnn.feed_forward_down_l0"] {
      #expect(rounded[parameter: name] != model[parameter: name], "\(name)")
    }
    #expect(rounded[parameter: "norm.weight"] == model[parameter: "norm.weight"])
    let tokens = Self.tokens(12, seed: 1)
    func outputs(_ model: Model<Float>, _ precision: WeightPrecision) throws -> [Float] {
      var pass = try InferencePass(
        model, steps: 12, batchSize: 1, products: .packed, precision: precision, threads: 1)
      pass.run(tokens: tokens.span, continuing: false)
      return pass.outputs
    }
    let stored = try outputs(model, precision)
    #expect(stored == (try outputs(rounded, precision == .int8 ? .int8 : .full)))
    let directory = try ScratchDirectory()
    try model.save(to: directory.file("model.safetensors"), precision: precision)
    let read = try Model<Float>(contentsOf: directory.file("model.safetensors"))
    #expect(read.block == rounded.block)
  }

  // MARK: Models

  @Test("Start: gains are 1, and what goes back to the layer's width is smaller by √(2L)")
  func start() throws {
    let configuration = Self.configuration(.rgLRU) {
      ($0.hiddenSize, $0.layerCount, $0.blocks) = (64, 8, ResidualBlocks(feedForwardSize: 64))
    }
    for initialization in [Initialization.pytorch, .xavier] {
      let model = try Model<Double>(configuration, initialization: initialization, seed: 3)
      func deviation(_ name: String) -> Double {
        let values = model[parameter: name]
        return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
      }
      for layer in 0..<8 {
        let ratio = deviation("rnn.feed_forward_gate_l\(layer)") / deviation("rnn.feed_forward_down_l\(layer)")
        // 4096 uniform numbers: their mean square is good to 2/√(5·4096), 1.4 %.
        #expect(abs(ratio / 4 - 1) < 0.05)
      }
      #expect(model[parameter: "norm.weight"] == [Double](repeating: 1, count: 64))
      #expect(model[parameter: "rnn.norm_l3"] == [Double](repeating: 1, count: 64))
      #expect(model[parameter: "rnn.feed_forward_norm_l7"] == [Double](repeating: 1, count: 64))
    }
  }

  @Test("Which parameters there are, and their shapes")
  func parameters() throws {
    let plain = Self.configuration(.rgLRU) { $0.blocks = nil }
    let names = try ParameterTable(plain).entries.map(\.name)
    let table = try ParameterTable(Self.configuration(.rgLRU))
    let own = table.entries.filter { !names.contains($0.name) }
    #expect(
      own.map(\.name)
        == (0..<2).flatMap { layer in
          ["norm", "feed_forward_norm", "feed_forward_gate", "feed_forward_up", "feed_forward_down"].map {
            "rnn.\($0)_l\(layer)"
          }
        } + ["norm.weight"])
    #expect(own.prefix(5).map(\.shape) == [[8], [8], [40, 8], [40, 8], [8, 40]])
    // Not as wide as the layer, and tokens that are not looked up.
    #expect(try ParameterTable(Self.configuration(.rgLRU, embedding: 5))["rnn.norm_l0"] == nil)
    let oneHot = try ParameterTable(Self.configuration(.rgLRU) { $0.input = .oneHot(vocabularySize: 8) })
    #expect(oneHot["rnn.norm_l0"] == nil && oneHot["rnn.norm_l1"] != nil)
    // ⅔ of 4U in multiples of 16.
    for (width, expected) in [(1, 16), (6, 16), (256, 688), (384, 1024)] {
      var configuration = Self.configuration(.rgLRU)
      (configuration.hiddenSize, configuration.blocks) = (width, ResidualBlocks())
      #expect(configuration.feedForwardSize(ofLayer: 1) == expected)
    }
  }

  @Test("Saved and read; and what a file says wrongly is refused")
  func files() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("model.safetensors")
    for blocks in [ResidualBlocks(), ResidualBlocks(feedForwardSize: 12)] {
      let model = try Model<Float>(Self.configuration(.minLSTM) { $0.blocks = blocks }, seed: 3)
      try model.save(to: path)
      let read = try Model<Float>(contentsOf: path)
      #expect(read.configuration.blocks == blocks && read.block == model.block)
      #expect(read.description == model.description)
      let size = blocks.feedForwardSize ?? 32
      #expect(model.description.contains("residual blocks with feed-forward of \(size)"))
    }
  }

  @Test("Diagnosed, and cut to a low rank, with what the recurrences read")
  func diagnosis() throws {
    let model = try Model<Float>(Self.configuration(.gru), seed: 3)
    let tokens = Self.tokens(60, seed: 1)
    let diagnosis = try model.diagnose(tokens: [tokens])
    #expect(diagnosis.recurrences.count == 2)
    let whole = try model.compressed(to: .rank(7), on: .tokens([tokens]))
    #expect(whole.model.configuration.blocks == model.configuration.blocks)
    let read = try model.scalingInputs(toDeviation: 1, on: .tokens([tokens]))
    #expect(read[parameter: "rnn.weight_ih_l1"] != model[parameter: "rnn.weight_ih_l1"])
    #expect(read[parameter: "rnn.feed_forward_up_l1"] == model[parameter: "rnn.feed_forward_up_l1"])
  }

  // MARK: Mistakes

  enum Mistake: String, CaseIterable, Codable, Sendable {
    case residual, allLayers, lastStepBothWays, noUnits, segments

    var message: String {
      switch self {
      case .residual: "residual blocks add what a layer reads already"
      case .allLayers: "headReadsAllLayers is for layers without them"
      case .lastStepBothWays: "expected a head of meanOverSteps, maxOverSteps or everyStep, got lastStep"
      case .noUnits: "a feed-forward layer of 1 unit or more, got 0"
      case .segments: "cannot be computed again in segments"
      }
    }

    func make() throws {
      let configuration = ResidualBlockTests.configuration(.rgLRU) { configuration in
        switch self {
        case .residual: configuration.isResidual = true
        case .allLayers: configuration.headReadsAllLayers = true
        case .lastStepBothWays:
          configuration.head = .lastStep
          configuration.directions = .both(merge: .sum)
        case .noUnits: configuration.blocks = ResidualBlocks(feedForwardSize: 0)
        case .segments: configuration.head = .lastStep
        }
      }
      _ = try Trainer<Float>(
        Model(configuration, seed: 1), batchSize: 2, sequenceLength: 4,
        recomputing: self == .segments ? .segments(ofSteps: 2) : .none)
    }
  }

  @Test("What does not go with them is refused", arguments: Mistake.allCases)
  func refused(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [mistake = mistake as Mistake] in
      try mistake.make()
    }
    let words = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(words.contains(mistake.message), "\(words)")
  }
}
