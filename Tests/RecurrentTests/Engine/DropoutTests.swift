import Recurrent
import Testing

@Suite("Dropout")
struct DropoutTests {
  private static let probability = 0.3
  private static let hidden = 40
  private static let rows = 200

  /// A model whose first layer has the outputs given, at every step, and whose weights `passing` pass on what they read.
  /// Everything else is 0, and the outputs are above 0.
  private func model(
    _ configuration: ModelConfiguration, outputs: [Double], passing names: [String]
  ) throws -> Model<Double> {
    var model = try Model<Double>(configuration, seed: 1)
    for entry in model.table.entries { model[parameter: entry.name] = [Double](repeating: 0, count: entry.count) }
    model[parameter: "rnn.bias_ih_l0"] = outputs
    let size = outputs.count
    for name in names { model[parameter: name] = (0..<size * size).map { $0 / size == $0 % size ? 1 : 0 } }
    return model
  }

  /// Two layers of which the second shows what it reads.
  private func model() throws -> Model<Double> {
    let configuration = ModelConfiguration(
      cell: .rnnReLU, input: .vectors(size: 1), hiddenSize: Self.hidden, layerCount: 2, outputSize: 2,
      dropout: Self.probability)
    return try model(configuration, outputs: (1...Self.hidden).map { Double($0) }, passing: ["rnn.weight_ih_l1"])
  }

  /// What the second layer read, [rows, H].
  private func dropped(seed: UInt64?, threads: Int = 1) throws -> [Double] {
    var pass = try RecurrentPass(model(), steps: Self.rows / 10, batchSize: 10, threads: threads)
    let vectors = [Double](repeating: 0, count: Self.rows)
    pass.forward(vectors: vectors.span, dropoutSeed: seed)
    #expect(pass.layerOutputs(0) == (0..<Self.rows * Self.hidden).map { Double($0 % Self.hidden + 1) })
    return pass.layerOutputs(1)
  }

  @Test("Each output is dropped or scaled, as often as was asked")
  func scale() throws {
    let outputs = try dropped(seed: 1)
    let kept = outputs.indices.filter { outputs[$0] != 0 }
    for index in kept {
      // Rounded twice: 1/(1 − p), and its product.
      let expected = Double(index % Self.hidden + 1) / (1 - Self.probability)
      #expect(abs(outputs[index] - expected) <= 0x1p-52 * expected)
    }
    // Five standard deviations of a binomial count.
    let count = Double(outputs.count)
    let deviation = (count * Self.probability * (1 - Self.probability)).squareRoot()
    #expect(abs(Double(kept.count) - count * (1 - Self.probability)) < 5 * deviation)
  }

  @Test("Masks differ from row to row, from unit to unit and from seed to seed, and not with the workers")
  func masks() throws {
    let outputs = try dropped(seed: 1)
    let rows = (0..<Self.rows).map { row in outputs[row * Self.hidden..<(row + 1) * Self.hidden].map { $0 != 0 } }
    #expect(Set(rows).count == Self.rows)
    let columns = (0..<Self.hidden).map { unit in rows.map { $0[unit] } }
    #expect(Set(columns).count == Self.hidden)
    #expect(try dropped(seed: 2) != outputs)
    for threads in 1...3 { #expect(try dropped(seed: 1, threads: threads) == outputs) }
  }

  @Test("Each boundary between layers has its own mask")
  func boundaries() throws {
    let configuration = ModelConfiguration(
      cell: .rnnReLU, input: .vectors(size: 1), hiddenSize: 64, layerCount: 3, outputSize: 1, dropout: 0.5)
    let model = try model(
      configuration, outputs: [Double](repeating: 1, count: 64), passing: ["rnn.weight_ih_l1", "rnn.weight_ih_l2"])
    var pass = try RecurrentPass(model, steps: 1, batchSize: 1)
    pass.forward(vectors: [0].span, dropoutSeed: 9)
    let first = pass.layerOutputs(1).map { $0 != 0 }
    let both = pass.layerOutputs(2).map { $0 != 0 }
    // What the first mask kept, the second mask must drop a part of.
    #expect(zip(first, both).contains { $0 && !$1 })
    #expect(both.contains(true))
  }

  /// As `model()`, with one layer, and the head in the second layer's place.
  private func headOutputs(_ head: ModelConfiguration.Head, seed: UInt64?, threads: Int = 1) throws -> [Double] {
    let configuration = ModelConfiguration(
      cell: .rnnReLU, input: .vectors(size: 1), hiddenSize: Self.hidden, outputSize: Self.hidden, head: head,
      headDropout: Self.probability)
    let model = try model(
      configuration, outputs: (1...Self.hidden).map { Double($0) }, passing: ["linear.weight"])
    var pass = try RecurrentPass(model, steps: Self.rows / 10, batchSize: 10, threads: threads)
    let vectors = [Double](repeating: 0, count: Self.rows)
    pass.forward(vectors: vectors.span, dropoutSeed: seed)
    return pass.outputs
  }

  @Test("The head's dropout", arguments: [ModelConfiguration.Head.everyStep, .lastStep])
  func head(place: ModelConfiguration.Head) throws {
    let outputs = try headOutputs(place, seed: 1)
    for (index, output) in outputs.enumerated() where output != 0 {
      let expected = Double(index % Self.hidden + 1) / (1 - Self.probability)
      #expect(abs(output - expected) <= 0x1p-52 * expected)
    }
    let count = Double(outputs.count)
    let deviation = (count * Self.probability * (1 - Self.probability)).squareRoot()
    #expect(abs(Double(outputs.count { $0 != 0 }) - count * (1 - Self.probability)) < 5 * deviation)
    #expect(try headOutputs(place, seed: 2) != outputs)
    for threads in 2...3 { #expect(try headOutputs(place, seed: 1, threads: threads) == outputs) }
    #expect(try headOutputs(place, seed: nil) == outputs.indices.map { Double($0 % Self.hidden + 1) })
  }

  @Test("Gradients through the head's dropout", arguments: OracleCell.allCases, [1, 2])
  func headGradients(cell: OracleCell, layers: Int) throws {
    for head in [ModelConfiguration.Head.everyStep, .lastStep] {
      let report = try checkGradients(
        of: cell.cell, layerCount: layers, head: head, steps: 3, batchSize: 3, headDropout: 0.5, threads: layers)
      #expect(report.passes, "\(head):\n\(report)")
      let without = try checkGradients(
        of: cell.cell, layerCount: layers, head: head, steps: 3, batchSize: 3, threads: layers)
      #expect(report.tensors.map(\.analytic) != without.tensors.map(\.analytic), "nothing is dropped")
    }
  }

  @Test("Nothing is dropped without a seed, in evaluation and in sampling")
  func evaluation() throws {
    #expect(try dropped(seed: nil) == (0..<Self.rows * Self.hidden).map { Double($0 % Self.hidden + 1) })

    var configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 5), hiddenSize: 6, layerCount: 2, outputSize: 5, dropout: 0.5)
    let model = try Model<Double>(configuration, seed: 3)
    configuration.dropout = 0
    var plain = try Model<Double>(configuration, seed: 3)
    for entry in model.table.entries { plain[parameter: entry.name] = model[parameter: entry.name] }
    let tokens: [Int32] = [0, 3, 1, 4, 2, 2, 0, 1]
    #expect(try model.evaluate(tokens) == plain.evaluate(tokens))

    let streams = try TokenStreams(tokens, batchSize: 1, sequenceLength: 7)
    var trainer = try Trainer(model, batchSize: 1, sequenceLength: 7)
    var plainTrainer = try Trainer(plain, batchSize: 1, sequenceLength: 7)
    #expect(trainer.evaluate(streams) == plainTrainer.evaluate(streams))
    let loss = trainer.step(streams.input(0), streams.target(0)).loss
    #expect(loss != plainTrainer.step(streams.input(0), streams.target(0)).loss, "a training step drops nothing")

    var sampler = try Sampler(model)
    var plainSampler = try Sampler(plain)
    sampler.feed(3)
    plainSampler.feed(3)
    #expect(sampler.logits == plainSampler.logits)
  }

  /// Masks of successive steps differ: the same step twice, at rate 0, has two losses.
  @Test("Each training step has its own mask")
  func steps() throws {
    let configuration = ModelConfiguration(
      cell: .gru, input: .vectors(size: 2), hiddenSize: 16, layerCount: 2, outputSize: 3, dropout: 0.5)
    var trainer = try Trainer<Double>(
      Model(configuration, seed: 1), batchSize: 1, sequenceLength: 1, optimizer: .sgd(learningRate: 0))
    let losses = (0..<5).map { _ in trainer.step(.vectors([1, -1]), .classes([2])).loss }
    #expect(Set(losses).count == 5)
  }
}
