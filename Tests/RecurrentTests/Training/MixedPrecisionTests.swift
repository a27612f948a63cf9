import Foundation
import Recurrent
import TestSupport
import Testing

/// Training whose products multiply pairs of bfloat16, with everything else in Floats.
@Suite("Training in mixed precision")
struct MixedPrecisionTests {
  private static let (steps, batchSize) = (8, 6)

  private static func configuration(_ cell: any RecurrentCell) -> ModelConfiguration {
    ModelConfiguration(cell: cell, input: .vectors(size: 7), hiddenSize: 21, layerCount: 2, outputSize: 5)
  }

  private static let vectors: [Float] = {
    var generator = SeededGenerator(seed: 1)
    return (0..<steps * batchSize * 7).map { _ in Float(2 * generator.uniform() - 1) }
  }()

  private static let gradient: [Float] = {
    var generator = SeededGenerator(seed: 2)
    return (0..<steps * batchSize * 5).map { _ in Float(2 * generator.uniform() - 1) }
  }()

  /// The gradients of all parameters, and that of the input.
  private func gradients(
    _ cell: any RecurrentCell, _ precision: WeightPrecision, threads: Int = 1
  ) throws -> [String: [Float]] {
    let model = try Model<Float>(Self.configuration(cell), seed: 3)
    var pass = try RecurrentPass(
      model, steps: Self.steps, batchSize: Self.batchSize, inputGradient: true, products: .packed,
      precision: precision, threads: threads)
    pass.forward(.vectors(Self.vectors))
    let gradient = Self.gradient
    pass.backward(outputGradient: gradient.span)
    var result = ["input": pass.inputGradient]
    for entry in model.table.entries { result[entry.name] = pass.gradient(of: entry.name) }
    return result
  }

  /// Each product rounds both sides by at most 2⁻⁹ of a number, so its result by at most 2⁻⁸ of what its terms add up to in
  /// magnitude; of the norm of a gradient, with errors of any sign, some such. A rectified unit near 0 may be on in one and off in
  /// the other, and its gradient with it.
  @Test("Gradients lie near those in full, and are not those", arguments: OracleCell.allCases)
  func nearFull(cell: OracleCell) throws {
    let (mixed, full) = try (gradients(cell.cell, .bfloat16Dot), gradients(cell.cell, .full))
    let bound = [.rnnReLU, .indRNN].contains(cell) ? 0x1p-3 : 0x1p-6
    for (name, expected) in full {
      guard let found = mixed[name], found.count == expected.count else {
        Issue.record("no gradient of \(name)")
        continue
      }
      let norm = expected.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let distance = zip(found, expected).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
      #expect(distance <= bound * norm, "\(name): \(distance / norm)")
      if name.hasPrefix("rnn.weight_ih") { #expect(distance > 0x1p-14 * norm, "\(name): \(distance / norm)") }
    }
  }

  @Test("The same bits on any number of threads", arguments: OracleCell.kinds)
  func threads(cell: OracleCell) throws {
    #expect(try gradients(cell.cell, .bfloat16Dot, threads: 3) == gradients(cell.cell, .bfloat16Dot))
  }

  private func trainer(
    _ precision: WeightPrecision, recomputing: Recomputation = .none, isRagged: Bool = false
  ) throws -> Trainer<Float> {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 9), hiddenSize: 24, layerCount: 2, outputSize: 9)
    return try Trainer(
      Model<Float>(configuration, seed: 1), batchSize: 8, sequenceLength: 12, optimizer: .adam(learningRate: 0.01),
      isRagged: isRagged, recomputing: recomputing, precision: precision, threads: 2)
  }

  /// A text that repeats itself with a twist.
  private func tokens(_ step: Int) -> [Int32] { (0..<104).map { Int32(($0 / 8 + $0 % 8 * 3 + step) % 9) } }

  private func train(_ trainer: inout Trainer<Float>, _ steps: Range<Int>) -> [Double] {
    steps.map { step in
      let text = tokens(step)
      return trainer.step(.tokens(Array(text.prefix(96))), .classes(Array(text.suffix(96)))).loss
    }
  }

  @Test("It learns as in full, and everything that is kept is in full")
  func learns() throws {
    var mixed = try trainer(.bfloat16Dot)
    var full = try trainer(.full)
    let (losses, expected) = (train(&mixed, 0..<150), train(&full, 0..<150))
    #expect(losses[0] != expected[0] && abs(losses[0] - expected[0]) < 0.01)
    #expect(expected[149] < 0.1 && abs(losses[149] - expected[149]) < 0.05, "\(losses[149]), \(expected[149])")
    #expect(mixed.plan.productsDescription.contains("weights in bfloat16-dot ("))
    #expect(mixed.fingerprint.products == "packed in bfloat16-dot")
    // Parameters have more digits than products see of them.
    let weights = mixed.model()[parameter: "rnn.weight_hh_l0"]
    #expect(weights.contains { $0.bitPattern & 0xffff != 0 })
    #expect(mixed.model().storedPrecision == .full)
  }

  @Test("In segments as at once, and on from a checkpoint as without the stop, to the bit")
  func sameBits() throws {
    var whole = try trainer(.bfloat16Dot)
    var pieces = try trainer(.bfloat16Dot, recomputing: .segments(ofSteps: 5))
    let losses = train(&whole, 0..<6)
    #expect(train(&pieces, 0..<6) == losses)
    let directory = try ScratchDirectory()
    var first = try trainer(.bfloat16Dot)
    _ = train(&first, 0..<3)
    try first.checkpoint().save(to: directory.file("run.safetensors"))
    let checkpoint = try TrainingCheckpoint<Float>(contentsOf: directory.file("run.safetensors"))
    #expect(checkpoint.settings.precision == .bfloat16Dot)
    var resumed = try Trainer(checkpoint)
    #expect(checkpoint.fingerprint.difference(from: resumed.fingerprint) == nil)
    #expect(train(&resumed, 3..<6) == Array(losses[3...]))
    let (one, other) = (whole.model(), resumed.model())
    for entry in one.table.entries { #expect(one[parameter: entry.name] == other[parameter: entry.name]) }
  }

  @Test("A sequence among shorter ones gives the bits that it gives alone")
  func ragged() throws {
    func gradient(_ lengths: [Int]) throws -> [Float] {
      let model = try Model<Float>(Self.configuration(.gru), seed: 3)
      var pass = try RecurrentPass(
        model, steps: Self.steps, batchSize: 3, inputGradient: true, isRagged: true, precision: .bfloat16Dot, threads: 1
      )
      let sequences = Sequences(
        lengths.enumerated().map { number, length in
          Array(Self.vectors[number * 56..<number * 56 + 7 * length])
        }, width: 7)
      pass.forward(.vectors(sequences))
      let outputs = Sequences(
        lengths.enumerated().map { number, length in
          Array(Self.gradient[number * 40..<number * 40 + 5 * length])
        }, width: 5)
      pass.backward(outputGradient: outputs)
      return Array(pass.inputGradientSequences[0])
    }
    #expect(try gradient([8, 3, 5]) == gradient([8]))
  }

  @Test("An encoder and a decoder, on from a checkpoint as without the stop", arguments: [false, true])
  func pairs(feeding: Bool) throws {
    func trainer(_ precision: WeightPrecision) throws -> EncoderDecoderTrainer<Float> {
      var decoder = ModelConfiguration(
        cell: .lstm, input: .embedding(vocabularySize: 9, size: 8), hiddenSize: 24, outputSize: 9)
      decoder.attention = feeding ? .additive : .general
      decoder.hasInputFeeding = feeding
      let encoder = ModelConfiguration(cell: .lstm, input: .embedding(vocabularySize: 9, size: 8), hiddenSize: 24)
      return try EncoderDecoderTrainer(
        EncoderDecoder<Float>(encoder: encoder, decoder: decoder, marks: SequenceMarks(start: 0, end: 8), seed: 1),
        batchSize: 6, sourceLength: 5, targetLength: 5, optimizer: .adam(learningRate: 0.01), averageDecay: 0.9,
        precision: precision, threads: 2)
    }
    func train(_ trainer: inout EncoderDecoderTrainer<Float>, _ steps: Range<Int>) -> [Double] {
      steps.map { step in
        let sources = (0..<6).map { row in (0..<3 + row % 3).map { Int32(1 + ($0 * 5 + row + step) % 7) } }
        return trainer.step(
          .tokens(Sequences(sources)), .classes(Sequences(sources.map { Array($0.reversed()) }))
        ).loss
      }
    }
    var mixed = try trainer(.bfloat16Dot)
    var full = try trainer(.full)
    let (losses, expected) = (train(&mixed, 0..<6), train(&full, 0..<6))
    #expect(losses != expected)
    for (loss, other) in zip(losses, expected) { #expect(abs(loss - other) < 0.01) }
    let directory = try ScratchDirectory()
    var first = try trainer(.bfloat16Dot)
    _ = train(&first, 0..<3)
    try first.checkpoint().save(to: directory.file("run.safetensors"))
    let checkpoint = try EncoderDecoderCheckpoint<Float>(contentsOf: directory.file("run.safetensors"))
    #expect(checkpoint.settings.precision == .bfloat16Dot)
    var resumed = try EncoderDecoderTrainer(checkpoint)
    #expect(train(&resumed, 3..<6) == Array(losses[3...]))
  }
}
