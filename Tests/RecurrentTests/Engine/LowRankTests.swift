import Foundation
import Recurrent
import TestSupport
import Testing

/// Matrices that are products of two thin ones. Against the oracle and by differences they are proven in
/// `StructureOracleTests` and `StructureGradientTests`.
@Suite("Matrices of low rank in the engine")
struct LowRankTests {
  private static func configuration(
    _ cell: some RecurrentCell, _ input: ModelConfiguration.Input = .vectors(size: 3), hidden: Int = 5,
    directions: Directions = .forward
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: cell, input: input, hiddenSize: hidden, layerCount: 2, directions: directions, outputSize: 4)
    configuration.lowerRanks()
    return configuration
  }

  private static func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.uniform(-1, 1) }
  }

  /// dL/dA = dL/dW·Bᵀ and dL/dB = Aᵀ·dL/dW.
  @Test(
    "Outputs and gradients are those of the matrices multiplied out", arguments: OracleCell.allCases,
    [Directions.forward, .both(merge: .concatenate)])
  func multipliedOut(cell: OracleCell, directions: Directions) throws {
    let model = try Model<Double>(Self.configuration(cell.cell, directions: directions), seed: 3)
    let whole = try model.withWholeMatrices()
    #expect(whole.configuration.ranks == nil)
    let lengths = [6, 2, 4]
    let vectors = Sequences(values: Self.numbers(12 * 3, seed: 1), lengths: lengths, width: 3)
    let gradient = Sequences(values: Self.numbers(12 * 4, seed: 2), lengths: lengths, width: 4)
    func run(_ model: Model<Double>, threads: Int) throws -> (outputs: [Double], gradients: [String: [Double]]) {
      var pass = try RecurrentPass(model, steps: 6, batchSize: 3, isRagged: true, threads: threads)
      pass.forward(.vectors(vectors))
      let outputs = pass.outputSequences.values
      pass.backward(outputGradient: gradient)
      var gradients: [String: [Double]] = [:]
      for entry in model.table.entries { gradients[entry.name] = pass.gradient(of: entry.name) }
      return (outputs, gradients)
    }
    let expected = try run(whole, threads: 1)
    let bound = RoundingBound(steps: 6, layers: 2, terms: 20 + 12)
    for threads in 1...2 {
      let found = try run(model, threads: threads)
      bound.expect(found.outputs, expected.outputs, toTheBit: false, "outputs")
      for entry in whole.table.entries {
        let (name, own) = (entry.name, expected.gradients[entry.name]!)
        guard let (leftName, rightName) = factorNames(name), model.table[leftName] != nil else {
          bound.expect(found.gradients[name]!, own, toTheBit: false, name)
          continue
        }
        let (rows, columns, rank) = (entry.shape[0], entry.shape[1], model.table[leftName]!.shape[1])
        let (left, right) = (model[parameter: leftName], model[parameter: rightName])
        let leftGradient = (0..<rows * rank).map { index in
          (0..<columns).reduce(0.0) { $0 + own[index / rank * columns + $1] * right[index % rank * columns + $1] }
        }
        let rightGradient = (0..<rank * columns).map { index in
          (0..<rows).reduce(0.0) { $0 + left[$1 * rank + index / columns] * own[$1 * columns + index % columns] }
        }
        bound.expect(found.gradients[leftName]!, leftGradient, toTheBit: false, leftName)
        bound.expect(found.gradients[rightName]!, rightGradient, toTheBit: false, rightName)
      }
    }
  }

  @Test("With the full rank a new model is the one with whole matrices", arguments: [OracleCell.lstm, .gru])
  func fullRank(cell: OracleCell) throws {
    var configuration = Self.configuration(cell.cell)
    configuration.ranks = [LowRank(recurrent: 5, input: 3), LowRank(recurrent: 5, input: 5)]
    var plain = configuration
    plain.ranks = nil
    let full = try Model<Double>(configuration, initialization: .orthogonal, seed: 9)
    let whole = try Model<Double>(plain, initialization: .orthogonal, seed: 9)
    let vectors = ModelInput<Double>.vectors(Self.numbers(10 * 3, seed: 1))
    RoundingBound(steps: 10, layers: 2, terms: 60).expect(
      try full.predict(vectors).values, try whole.predict(vectors).values, toTheBit: false, "outputs")
  }

  /// Few rows and large matrices, whose products the workers share by columns; and many.
  @Test(
    "Any number of workers gives the same bits", arguments: [OracleCell.lstm, .gru],
    [(batch: 1, hidden: 140), (batch: 9, hidden: 13)])
  func workers(cell: OracleCell, size: (batch: Int, hidden: Int)) throws {
    for directions in [Directions.forward, .both(merge: .sum)] {
      let configuration = Self.configuration(cell.cell, hidden: size.hidden, directions: directions)
      let vectors = Self.numbers(7 * size.batch * 3, seed: 2).map { Float($0) }
      let classes = (0..<7 * size.batch).map { Int32($0 % 4) }
      var results: [[[Float]]] = []
      for threads in 1...3 {
        var trainer = try Trainer<Float>(
          Model(configuration, seed: 1), batchSize: size.batch, sequenceLength: 7, carriesState: directions == .forward,
          threads: threads)
        for _ in 0..<3 { #expect(trainer.step(.vectors(vectors), .classes(classes)).isFinite) }
        let model = trainer.model()
        var pass = try InferencePass(model, steps: 7, batchSize: size.batch, threads: threads)
        pass.run(.vectors(vectors))
        results.append(model.table.entries.map { model[parameter: $0.name] } + [pass.outputs])
      }
      #expect(results[1] == results[0] && results[2] == results[0])
    }
  }

  @Test("A stream step by step gives what the whole sequence does", arguments: InputKind.allCases)
  func stream(input: InputKind) throws {
    let model = try Model<Float>(Self.configuration(.lstm, input.input(size: 3), hidden: 140), seed: 1)
    let tokens = (0..<12).map { Int32($0 * 7 % 3) }
    let vectors = Self.numbers(12 * 3, seed: 4).map { Float($0) }
    for threads in 1...2 {
      let whole = try model.predict(input == .vectors ? .vectors(vectors) : .tokens(tokens), threads: threads).values
      var pass = try InferencePass(model, steps: 1, batchSize: 1, threads: threads)
      var outputs: [Float] = []
      for step in 0..<12 {
        if input == .vectors {
          pass.run(vectors: vectors.span.extracting(step * 3..<(step + 1) * 3), continuing: step > 0)
        } else {
          pass.run(tokens: tokens.span.extracting(step..<step + 1), continuing: step > 0)
        }
        outputs += pass.outputs
      }
      RoundingBound(steps: 12, layers: 2, terms: 280).expect(
        outputs, whole, toTheBit: pass.plan.keepsRows, "outputs of \(threads) workers")
    }
  }

  @Test("Weights of 16 and 8 bits", arguments: [WeightPrecision.bfloat16, .bfloat16Dot, .float16, .int8])
  func precisions(precision: WeightPrecision) throws {
    let model = try Model<Float>(Self.configuration(.lstm, hidden: 20), seed: 1)
    let vectors = ModelInput<Float>.vectors(Self.numbers(10 * 3, seed: 1).map { Float($0) })
    let rounded = try model.rounded(to: precision)
    #expect(rounded[parameter: "rnn.weight_hh_right_l0"] != model[parameter: "rnn.weight_hh_right_l0"])
    let exact = try model.predict(vectors).values
    let stored = try rounded.predict(vectors, precision: precision).values
    // Two digits of each number of either factor, and of what lies between.
    #expect(zip(stored, exact).allSatisfy { abs($0 - $1) < 0.05 })
    if !precision.roundsOperands {
      let whole = try rounded.predict(vectors, products: .packed).values
      #expect(stored == whole)
    }
  }

  @Test("A file keeps the ranks, and says of a fault what it is")
  func file() throws {
    let directory = try ScratchDirectory()
    let model = try Model<Float>(
      Self.configuration(.gru, .oneHot(vocabularySize: 6), directions: .both(merge: .concatenate)), seed: 1)
    let path = directory.file("model.safetensors")
    try model.save(to: path)
    let read = try Model<Float>(contentsOf: path)
    #expect(read.configuration.ranks == model.configuration.ranks)
    #expect(read.configuration.description.contains("recurrent rank 4, input rank whole + 9"))
    for entry in model.table.entries { #expect(read[parameter: entry.name] == model[parameter: entry.name]) }
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let old = #"\"recurrent_ranks\":[4,4]"#
    let place = try #require(Data(bytes).range(of: Data(old.utf8)))
    for (ranks, fault) in [
      ("[4,6]", "layer 1: expected a recurrent rank in 1...5, got 6"),
      ("[4  ]", "recurrent_ranks is not a list of 2 whole numbers of at least 0"), ("[0,4]", "rnn.weight_hh_l0"),
      ("[4,3]", "rnn.weight_hh_left_l1"),
    ] {
      var changed = bytes
      changed.replaceSubrange(place, with: Array(old.utf8.dropLast(5)) + Array(ranks.utf8))
      let other = try directory.makeFile("other.safetensors", resealed(changed))
      let error = #expect(throws: CheckpointError.self) { try Model<Float>(contentsOf: other) }
      #expect(error?.description.contains(fault) == true, "\(String(describing: error))")
    }
  }

  enum Mistake: String, Codable, Sendable, CaseIterable {
    case recurrentRank, inputRank, twoOperands, noProduct, table, tooFew, sparse

    var message: String {
      switch self {
      case .recurrentRank: "layer 1: expected a recurrent rank in 1...5, got 6"
      case .inputRank:
        "layer 0: expected an input rank of 1 or more, at most the matrix's rows and its 3 columns, got 4"
      case .twoOperands: "cell gru-reset-before multiplies its recurrent matrix by two operands: it has no low rank"
      case .noProduct: "cell mingru has no recurrent matrix to be of low rank"
      case .table: "layer 0: the input matrix is a table of one-hot tokens: it has no low rank"
      case .tooFew: "expected ranks for each of 2 layers, got 1"
      case .sparse: "a sparse recurrent matrix has no low rank"
      }
    }

    func make() throws {
      switch self {
      case .recurrentRank: try model([LowRank(), LowRank(recurrent: 6)])
      case .inputRank: try model([LowRank(input: 4), LowRank()])
      case .twoOperands: try model([LowRank(recurrent: 2), LowRank()], ResetBeforeGRUCell())
      case .noProduct: try model([LowRank(recurrent: 2), LowRank()], MinGRUCell())
      case .table: try model([LowRank(input: 2), LowRank()], input: .oneHot(vocabularySize: 9))
      case .tooFew: try model([LowRank()])
      case .sparse: try model([LowRank(), LowRank(recurrent: 2)], isSparse: true)
      }
    }

    private func model(
      _ ranks: [LowRank], _ cell: any RecurrentCell = LSTMCell(), input: ModelConfiguration.Input = .vectors(size: 3),
      isSparse: Bool = false
    ) throws {
      var configuration = ModelConfiguration(cell: cell, input: input, hiddenSize: 5, layerCount: 2, outputSize: 4)
      configuration.ranks = ranks
      configuration.hasSparseRecurrence = isSparse
      _ = try Model<Float>(configuration, seed: 1)
    }
  }

  @Test("Ranks that no matrix has are refused", arguments: Mistake.allCases)
  func refused(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in try mistake.make() }
    expectWords(mistake.message, result)
  }
}

/// Of a whole matrix of a recurrence; nil for other parameters.
private func factorNames(_ name: String) -> (left: String, right: String)? {
  for matrix in ["rnn.weight_ih", "rnn.weight_hh"] where name.hasPrefix(matrix) {
    let suffix = name.dropFirst(matrix.count)
    return (matrix + "_left" + suffix, matrix + "_right" + suffix)
  }
  return nil
}
