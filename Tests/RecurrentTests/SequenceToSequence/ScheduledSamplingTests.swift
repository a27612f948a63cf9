import Foundation
import Recurrent
import Testing

@Suite("Scheduled sampling")
struct ScheduledSamplingTests {
  private static var problem: SequenceProblem {
    var problem = SequenceProblem(.gru, attention: .dot)
    problem.targetLengths = [6, 3, 5]
    return problem
  }

  @Test("Schedules")
  func schedules() {
    #expect(ScheduledSampling(.constant(0.3)).probability(at: 1000) == 0.3)
    let linear = ScheduledSampling(.linear(from: 0.1, to: 0.5, steps: 10))
    #expect(linear.probability(at: 0) == 0.1)
    #expect(abs(linear.probability(at: 5) - 0.3) < 1e-15)
    #expect(linear.probability(at: 10) == 0.5 && linear.probability(at: 99) == 0.5)
    let sigmoid = ScheduledSampling(.inverseSigmoid(k: 100))
    for step in [0, 50, 460, 2000] {
      let x = exp(Double(step) / 100)
      #expect(abs(sigmoid.probability(at: step) - (1 - 100 / (100 + x))) < 1e-15)
    }
    #expect(abs(sigmoid.probability(at: Int((100 * log(100.0)).rounded())) - 0.5) < 0.01)
    #expect(sigmoid.probability(at: .max) == 1)
  }

  /// The losses of some steps, and what the decoder was fed in the last.
  private func run(
    _ sampling: ScheduledSampling?, seed: UInt64 = 7
  ) throws -> (losses: [Double], fed: Sequences<Int32>) {
    let problem = Self.problem
    var trainer = try problem.trainer(problem.model(), scheduledSampling: sampling, seed: seed)
    let losses = (0..<4).map { _ in problem.step(&trainer).loss }
    return (losses, trainer.fedTokens)
  }

  @Test("Probability 0 is teacher forcing")
  func never() throws {
    let forced = try run(nil)
    let never = try run(ScheduledSampling(.constant(0)))
    #expect(never.losses == forced.losses)
    #expect(never.fed == forced.fed)
    let target = Self.problem.targetTokens
    for sequence in 0..<target.count { #expect(Array(forced.fed[sequence]) == [3] + Array(target[sequence])) }
  }

  @Test("Probability 1 feeds the decoder's own outputs", arguments: [false, true])
  func always(feeding: Bool) throws {
    var problem = Self.problem
    problem.decoder.hasInputFeeding = feeding
    let model = try problem.model()
    var trainer = try problem.trainer(model, scheduledSampling: ScheduledSampling(.constant(1)))
    _ = problem.step(&trainer)
    let fed = trainer.fedTokens
    for sequence in 0..<problem.sourceTokens.count {
      let length = problem.targetLengths[sequence]
      let own = try model.naiveGreedy(Array(problem.sourceTokens[sequence]), steps: length)
      #expect(Array(fed[sequence]) == [3] + own)
    }
    #expect(fed != Sequences(problem.targetTokens.values.isEmpty ? [] : (0..<3).map { [3] + problem.targetTokens[$0] }))
  }

  @Test("The seed decides", arguments: [SamplingOptions.greedy, SamplingOptions()])
  func seed(draw: SamplingOptions) throws {
    let sampling = ScheduledSampling(.constant(0.5), draw: draw)
    let first = try run(sampling)
    let second = try run(sampling)
    #expect(first.losses == second.losses && first.fed == second.fed)
    let other = try run(sampling, seed: 8)
    #expect(other.losses != first.losses)
    let forced = try run(nil)
    #expect(first.losses != forced.losses)
  }

  @Test("Vectors")
  func vectors() throws {
    var problem = SequenceProblem(.rnn)
    problem.decoder.input = .vectors(size: 2)
    problem.decoder.outputSize = 2
    problem.marks = nil
    problem.targetLengths = [3, 3, 3]
    let model = try problem.model()
    var decoder = try SequenceDecoder(
      model, sourceLength: 5, batchSize: 3, options: .greedy(maximumLength: 1), threads: 1)
    let own = decoder.generate(from: problem.sourceTokens, steps: 3)
    // Fed its own outputs, the decoder makes of them what it makes when it runs freely.
    var trainer = try problem.trainer(model, scheduledSampling: ScheduledSampling(.constant(1)))
    let loss = problem.step(&trainer).loss
    let expected =
      zip(own.values, problem.targetVectors().values).reduce(0) {
        $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
      } / Double(own.values.count)
    #expect(abs(loss - expected) < 1e-13)
  }
}
