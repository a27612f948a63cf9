import Recurrent
import Testing

@Suite("Losses of one's own")
struct CustomLossTests {
  /// The mean squared error, written by a user.
  static func squared(_ values: [Double]) -> CustomLoss<Double> {
    { outputs, gradient in
      var loss = 0.0
      for index in outputs.indices {
        let error = outputs[index] - values[index]
        loss += error * error / Double(outputs.count)
        gradient[index] = 2 * error / Double(outputs.count)
      }
      return loss
    }
  }

  private func trainer(
    _ loss: Loss, _ head: ModelConfiguration.Head, isRagged: Bool, accumulates: Bool = false
  ) throws -> Trainer<Double> {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .vectors(size: 2), hiddenSize: 4, outputSize: 3, head: head)
    return try Trainer(
      Model<Double>(configuration, seed: 1), batchSize: 3, sequenceLength: 4, loss: loss, optimizer: .adamW(),
      clipping: .norm(0.1), isRagged: isRagged, accumulatesGradients: accumulates)
  }

  private func numbers(_ count: Int, _ seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.uniform(-1, 1) }
  }

  /// The optimizer, clipping and schedule are the built-in ones: after some steps both are where the other is, but for
  /// rounding of a mean.
  @Test(
    "Trains as the built-in loss does", arguments: [ModelConfiguration.Head.everyStep, .lastStep], [false, true])
  func parity(head: ModelConfiguration.Head, isRagged: Bool) throws {
    var builtIn = try trainer(.meanSquaredError, head, isRagged: isRagged)
    var own = try trainer(.custom, head, isRagged: isRagged)
    for step in 0..<5 {
      // Whether those of a ragged training are of one length by chance makes no difference.
      let lengths = isRagged && step != 2 ? [2, 4, 1] : [4, 4, 4]
      let inputs = lengths.enumerated().map { numbers($1 * 2, UInt64(10 * step + $0)) }
      let targets = lengths.enumerated().map {
        numbers((head == .everyStep ? $1 : 1) * 3, UInt64(100 + 10 * step + $0))
      }
      // One length is time-major, unless others could have come.
      let order =
        isRagged || head == .lastStep
        ? targets.flatMap { $0 } : (0..<4).flatMap { time in targets.flatMap { $0[time * 3..<time * 3 + 3] } }
      let expected = builtIn.step(.vectors(inputs), .values(targets))
      let report = own.step(.vectors(inputs), loss: Self.squared(order))
      #expect(abs(report.loss - expected.loss) < 1e-13)
      #expect(abs(report.gradientNorm - expected.gradientNorm) < 1e-13)
      let held = try own.evaluate(.vectors(inputs), loss: Self.squared(order))
      let heldExpected = try builtIn.evaluate(.vectors(inputs), .values(targets))
      #expect(abs(held.loss - heldExpected.loss) < 1e-13)
      #expect(held.count == heldExpected.count)
    }
    let (a, b) = (builtIn.model(), own.model())
    for entry in a.table.entries {
      for (x, y) in zip(a[parameter: entry.name], b[parameter: entry.name]) { #expect(abs(x - y) < 1e-11) }
    }
  }

  @Test("Checkpoints and resume, to the bit")
  func resume() throws {
    let values = numbers(36, 3)
    var whole = try trainer(.custom, .everyStep, isRagged: false)
    var first = try trainer(.custom, .everyStep, isRagged: false)
    let input = ModelInput<Double>.vectors(numbers(24, 1))
    for _ in 0..<4 { _ = whole.step(input, loss: Self.squared(values)) }
    for _ in 0..<2 { _ = first.step(input, loss: Self.squared(values)) }
    var second = try Trainer(first.checkpoint())
    #expect(second.settings.loss == .custom)
    for _ in 0..<2 { _ = second.step(input, loss: Self.squared(values)) }
    let (a, b) = (whole.model(), second.model())
    for entry in a.table.entries { #expect(a[parameter: entry.name] == b[parameter: entry.name]) }
  }

  @Test("A gradient that is not finite updates nothing")
  func notFinite() throws {
    var trainer = try trainer(.custom, .everyStep, isRagged: false)
    let before = trainer.model()
    for value in [Double.nan, .infinity] {
      let report = trainer.step(.vectors(numbers(24, 1))) { _, gradient in
        gradient[0] = value
        return 1
      }
      #expect(!report.isFinite)
      let lossReport = trainer.step(.vectors(numbers(24, 1))) { _, _ in value }
      #expect(!lossReport.isFinite)
    }
    let after = trainer.model()
    for entry in before.table.entries { #expect(before[parameter: entry.name] == after[parameter: entry.name]) }
  }

  @Test("Accumulated batches are one large batch")
  func accumulated() throws {
    let inputs = (0..<3).map { numbers(8, UInt64($0)) }
    let targets = (0..<3).map { numbers(12, 10 + UInt64($0)) }
    let configuration = ModelConfiguration(
      cell: .lstm, input: .vectors(size: 2), hiddenSize: 4, outputSize: 3)
    let model = try Model<Double>(configuration, seed: 1)
    var large = try Trainer(model, batchSize: 3, sequenceLength: 4, loss: .meanSquaredError)
    var small = try Trainer(
      model, batchSize: 1, sequenceLength: 4, loss: .meanSquaredError, accumulatesGradients: true)
    for _ in 0..<3 {
      let expected = large.step(.vectors(inputs), .values(targets))
      for index in 0..<2 { _ = small.accumulate(.vectors([inputs[index]]), .values([targets[index]])) }
      let report = small.step(.vectors([inputs[2]]), .values([targets[2]]))
      #expect(report.step == expected.step)
      #expect(abs(report.loss - expected.loss) < 1e-14)
      #expect(abs(report.gradientNorm - expected.gradientNorm) < 1e-14)
    }
    let (a, b) = (large.model(), small.model())
    for entry in a.table.entries {
      for (x, y) in zip(a[parameter: entry.name], b[parameter: entry.name]) { #expect(abs(x - y) < 1e-10) }
    }
  }

  @Test("Frozen parameters stay, and have no part in the norm", arguments: [1, 2])
  func frozen(threads: Int) throws {
    let configuration = ModelConfiguration(
      cell: .gru, input: .embedding(vocabularySize: 5, size: 3), hiddenSize: 4, outputSize: 5)
    let model = try Model<Double>(configuration, seed: 1)
    var trainer = try Trainer(model, batchSize: 2, sequenceLength: 3, optimizer: .adamW(), threads: threads)
    let names: Set = ["embedding.weight", "linear.bias"]
    let (input, target) = (
      ModelInput<Double>.tokens([0, 1, 2, 3, 4, 0]), ModelTarget<Double>.classes([1, 2, 3, 4, 0, 1])
    )
    _ = trainer.step(input, target)
    let before = trainer.model()
    var pass = try RecurrentPass(before, steps: 3, batchSize: 2)
    pass.forward(input)
    let (_, gradient) = Loss.crossEntropy.evaluate(pass.outputs, outputSize: 5, classes: [1, 2, 3, 4, 0, 1])
    pass.backward(outputGradient: gradient.span)
    trainer.settings.frozenParameters = names
    let report = trainer.step(input, target)
    var squares = 0.0
    let after = trainer.model()
    for entry in model.table.entries {
      let isSame = before[parameter: entry.name] == after[parameter: entry.name]
      #expect(isSame == names.contains(entry.name), "\(entry.name)")
      if !names.contains(entry.name) { squares += pass.gradient(of: entry.name).reduce(0) { $0 + $1 * $1 } }
    }
    #expect(abs(report.gradientNorm - squares.squareRoot()) < 1e-14)
    // Kept in checkpoints, and given free again.
    var resumed = try Trainer(trainer.checkpoint())
    #expect(resumed.settings.frozenParameters == names)
    resumed.settings.frozenParameters = []
    resumed.settings.optimizer.learningRate = 0.5
    #expect(resumed.step(input, target).learningRate == 0.5)
    #expect(resumed.model()[parameter: "linear.bias"] != after[parameter: "linear.bias"])
  }
}
