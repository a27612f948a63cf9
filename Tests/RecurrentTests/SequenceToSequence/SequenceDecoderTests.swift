import Foundation
import Recurrent
import Testing

@Suite("Decoding")
struct SequenceDecoderTests {
  static let problems: [SequenceProblem] = {
    var plain = SequenceProblem(.gru)
    plain.seed = 5
    var attending = SequenceProblem(.lstm, layers: 2, attention: .dot)
    attending.seed = 6
    var both = SequenceProblem(.gru, bothWays: true, attention: .scaledDot)
    both.seed = 8
    var fed = SequenceProblem(.lstm, layers: 2, bothWays: true, attention: .general, feeding: true)
    fed.seed = 9
    var additive = SequenceProblem(.gru, attention: .additive, feeding: true)
    additive.seed = 5
    return [plain, attending, both, fed, additive]
  }()

  @Test("A beam of 1 takes the likeliest token at every step", arguments: problems)
  func greedy(problem: SequenceProblem) throws {
    let model = try problem.model()
    var decoder = try SequenceDecoder(
      model, sourceLength: 5, batchSize: 4, options: .greedy(maximumLength: 6), threads: 1)
    let found = decoder.decode(problem.sourceTokens)
    #expect(found.count == 3)
    for (sequence, hypotheses) in found.enumerated() {
      let own = try model.naiveGreedy(Array(problem.sourceTokens[sequence]), steps: 7)
      let end = own.firstIndex(of: 4)
      #expect(hypotheses.count == 1)
      #expect(hypotheses[0].tokens == Array(own[..<(end ?? 6)]))
      #expect(hypotheses[0].isComplete == (end != nil))
      #expect(hypotheses[0].score == hypotheses[0].logProbability)
    }
  }

  /// All targets of up to `length` tokens, shortest first.
  private func allTargets(length: Int) -> [[Int32]] {
    var all: [[Int32]] = [[]]
    var last = all
    for _ in 0..<length {
      last = last.flatMap { target in (0..<4).map { target + [Int32($0)] } }
      all += last
    }
    return all
  }

  /// log p(target and its end | source), teacher-forced.
  private func logProbability(
    _ trainer: inout EncoderDecoderTrainer<Double>, _ source: [Int32], _ target: [Int32]
  ) -> Double {
    -trainer.evaluate(.tokens([source]), .classes([target])) * Double(target.count + 1)
  }

  @Test("A beam that holds everything finds what trying everything finds", arguments: problems, [0, 0.6, 2])
  func exhaustive(problem: SequenceProblem, penalty: Double) throws {
    let model = try problem.model()
    let length = 3
    let targets = allTargets(length: length)
    var trainer = try EncoderDecoderTrainer(model, batchSize: 1, sourceLength: 5, targetLength: length, threads: 1)
    var decoder = try SequenceDecoder(
      model, sourceLength: 5, batchSize: 3,
      options: DecodingOptions(beamWidth: 500, lengthPenalty: penalty, maximumLength: length), threads: 1)
    let found = decoder.decode(problem.sourceTokens)
    for sequence in 0..<3 {
      let source = Array(problem.sourceTokens[sequence])
      let complete = found[sequence].filter(\.isComplete)
      let cut = found[sequence].filter { !$0.isComplete }
      #expect(Set(complete.map(\.tokens)) == Set(targets) && complete.count == targets.count)
      #expect(Set(cut.map(\.tokens)) == Set(targets.filter { $0.count == length }))
      var best = (score: -Double.infinity, tokens: [Int32]())
      for target in targets {
        let expected = logProbability(&trainer, source, target)
        let score = expected / pow((5 + Double(target.count + 1)) / 6, penalty)
        if score > best.score { best = (score, target) }
        let hypothesis = try #require(complete.first { $0.tokens == target })
        // Some 100 operations, each rounded, on numbers below 16.
        #expect(abs(hypothesis.logProbability - expected) < 100 * 16 * 0x1p-53)
        #expect(abs(hypothesis.score - score) < 100 * 16 * 0x1p-53)
      }
      #expect(found[sequence][0].tokens == best.tokens)
      #expect(zip(complete, complete.dropFirst()).allSatisfy { $0.score >= $1.score })
      // Everything either ends earlier or goes on to the last step.
      let total =
        complete.filter { $0.tokens.count < length }.reduce(0) { $0 + exp($1.logProbability) }
        + cut.reduce(0) { $0 + exp($1.logProbability) }
      #expect(abs(total - 1) < 1e-12)
    }
  }

  @Test("Rounded weights give to the bit what the rounded model gives", arguments: problems)
  func precision(problem: SequenceProblem) throws {
    let like = try problem.model()
    let model = try EncoderDecoder<Float>(
      encoder: like.encoder.configuration, decoder: like.decoder.configuration, marks: like.marks, seed: problem.seed)
    let options = DecodingOptions(beamWidth: 3, maximumLength: 6)
    func probabilities(_ model: EncoderDecoder<Float>, _ precision: WeightPrecision) throws -> [[Double]] {
      var decoder = try SequenceDecoder(
        model, sourceLength: 6, batchSize: 3, options: options, products: .packed, precision: precision, threads: 1)
      return decoder.decode(problem.sourceTokens).map { $0.map(\.logProbability) }
    }
    let full = try probabilities(model, .full)
    for (precision, run) in [(WeightPrecision.bfloat16, WeightPrecision.full), (.float16, .full), (.int8, .int8)] {
      var rounded = model
      rounded.encoder = try model.encoder.rounded(to: precision)
      rounded.decoder = try model.decoder.rounded(to: precision)
      let found = try probabilities(model, precision)
      #expect(try found == probabilities(rounded, run))
      #expect(found != full)
    }
  }

  @Test("Sources beside each other do not change each other", arguments: problems)
  func batch(problem: SequenceProblem) throws {
    let model = try problem.model()
    let options = DecodingOptions(beamWidth: 3, lengthPenalty: 0.6, maximumLength: 6)
    for threads in [1, 2] {
      var together = try SequenceDecoder(model, sourceLength: 6, batchSize: 5, options: options, threads: threads)
      // Twice: nothing is left of what was found before.
      _ = together.decode(problem.sourceTokens)
      let found = together.decode(problem.sourceTokens)
      var alone = try SequenceDecoder(model, sourceLength: 5, options: options, threads: 1)
      for sequence in 0..<3 {
        let expected = alone.decode(Sequences([Array(problem.sourceTokens[sequence])]))[0]
        #expect(found[sequence].map(\.tokens) == expected.map(\.tokens))
        #expect((1...3).contains(found[sequence].count))
        for (x, y) in zip(found[sequence], expected) {
          #expect(abs(x.logProbability - y.logProbability) < 100 * 16 * 0x1p-53)
        }
      }
    }
  }

  /// A vector model runs on from its outputs.
  @Test("Outputs that are fed back")
  func generation() throws {
    let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 2), hiddenSize: 3, outputSize: 2)
    let model = try Model<Double>(configuration, seed: 2)
    let start: [Double] = [0.3, -0.2, 0.9, 0.1]
    var pass = try InferencePass(model, steps: 1, batchSize: 2, threads: 1)
    let generated = pass.generate(from: start.span, steps: 4)
    var expected: [Double] = []
    var naive = try InferencePass(model, steps: 1, batchSize: 2, threads: 1)
    var input = start
    for _ in 0..<4 {
      naive.run(vectors: input.span, continuing: true)
      input = naive.outputs
      expected += input
    }
    #expect(generated == expected)
    #expect(Set(generated).count == 16)
  }
}
