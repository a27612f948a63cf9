import Foundation
import Recurrent
import TestSupport
import Testing

/// Schedules whose numbers make no sense together: the library stops, a file that has one is refused.
@Suite("Senseless schedules")
struct ScheduleMistakeTests {
  enum Mistake: String, Codable, Sendable, CaseIterable {
    case longWarmUp, noTotal, negativeWarmUp, minimumAboveOne, minimumNaN, negativeMinimum
    case decayEveryNothing, decayByNaN, decayByNothing, decayByInfinity, decayFromBefore
    case longRise, cycleOfNothing, negativeRise, initialAboveOne, finalNaN, negativeStep
    case set, pairs, infiniteRate, negativeRate, epsilonNaN, plateauToInfinity

    var message: String {
      switch self {
      case .longWarmUp, .set, .pairs: "expected a warm-up of 0 to 20 steps, the schedule's total, got 50"
      case .noTotal, .cycleOfNothing: "expected a schedule of 1 step or more, got 0"
      case .negativeWarmUp: "expected a warm-up of 0 to 20 steps, the schedule's total, got -1"
      case .minimumAboveOne: "expected a minimum of 0 to 1, got 1.5"
      case .minimumNaN: "expected a minimum of 0 to 1, got nan"
      case .negativeMinimum: "expected a minimum of 0 to 1, got -0.1"
      case .decayEveryNothing: "expected 1 step or more between two decays, got 0"
      case .decayByNaN: "expected a finite decay factor above 0, got nan"
      case .decayByNothing: "expected a finite decay factor above 0, got 0.0"
      case .decayByInfinity: "expected a finite decay factor above 0, got inf"
      case .decayFromBefore: "expected decays to start at step 0 or later, got -3"
      case .longRise: "expected a rise of 0 to 10 steps, the schedule's total, got 11"
      case .negativeRise: "expected a rise of 0 to 10 steps, the schedule's total, got -2"
      case .initialAboveOne: "expected an initial factor of 0 to 1, got 2.0"
      case .finalNaN: "expected a final factor of 0 to 1, got nan"
      case .negativeStep: "expected step 0 or later, got -1"
      case .infiniteRate: "learning rate must be finite and not negative, got inf"
      case .negativeRate: "learning rate must be finite and not negative, got -1.0"
      case .epsilonNaN: "ε must be finite and not negative, got nan"
      case .plateauToInfinity: "expected a finite least rate of 0 or more, got inf"
      }
    }

    /// nil: not of a schedule alone.
    var schedule: LearningRateSchedule? {
      switch self {
      case .longWarmUp, .pairs, .set: .cosine(warmUp: 50, total: 20)
      case .noTotal: .cosine(warmUp: 0, total: 0)
      case .negativeWarmUp: .cosine(warmUp: -1, total: 20)
      case .minimumAboveOne: .cosine(warmUp: 1, total: 20, minimum: 1.5)
      case .minimumNaN: .cosine(warmUp: 1, total: 20, minimum: .nan)
      case .negativeMinimum: .cosine(warmUp: 1, total: 20, minimum: -0.1)
      case .decayEveryNothing: .stepDecay(every: 0, factor: 0.5)
      case .decayByNaN: .stepDecay(every: 1, factor: .nan)
      case .decayByNothing: .stepDecay(every: 1, factor: 0)
      case .decayByInfinity: .stepDecay(every: 1, factor: .infinity)
      case .decayFromBefore: .stepDecay(every: 1, factor: 0.5, start: -3)
      case .longRise: .oneCycle(total: 10, rise: 11)
      case .cycleOfNothing: .oneCycle(total: 0, rise: 0)
      case .negativeRise: .oneCycle(total: 10, rise: -2)
      case .initialAboveOne: .oneCycle(total: 10, rise: 3, initial: 2)
      case .finalNaN: .oneCycle(total: 10, rise: 3, final: .nan)
      case .negativeStep, .infiniteRate, .negativeRate, .epsilonNaN, .plateauToInfinity: nil
      }
    }

    func make() throws {
      switch self {
      case .negativeStep: _ = LearningRateSchedule.constant.factor(at: -1)
      case .set:
        var trainer = try Self.trainer(.constant)
        trainer.settings.schedule = schedule ?? .constant
      case .pairs:
        let problem = SequenceProblem(.gru)
        _ = try EncoderDecoderTrainer(
          problem.model(), batchSize: 1, sourceLength: 1, targetLength: 1, schedule: schedule ?? .constant)
      case .infiniteRate:
        var trainer = try Self.trainer(.constant)
        trainer.settings.optimizer.learningRate = .infinity
      case .negativeRate:
        var trainer = try Self.trainer(.constant)
        trainer.settings.optimizer.learningRate = -1
      case .epsilonNaN: _ = Optimizer.adam(epsilon: .nan)
      case .plateauToInfinity: _ = ReduceOnPlateau(minimumRate: .infinity)
      default: _ = try Self.trainer(schedule ?? .constant)
      }
    }

    static func trainer(_ schedule: LearningRateSchedule) throws -> Trainer<Float> {
      let configuration = ModelConfiguration(
        cell: .rnn, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3)
      return try Trainer(Model(configuration, seed: 1), batchSize: 1, sequenceLength: 2, schedule: schedule, threads: 1)
    }
  }

  @Test("Each is caught", arguments: Mistake.allCases)
  func caught(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in
      try mistake.make()
    }
    expectWords(mistake.message, result)
  }

  /// Of numbers that JSON has.
  private static let written = Mistake.allCases.filter {
    $0.schedule != nil && ![.minimumNaN, .decayByNaN, .decayByInfinity, .finalNaN].contains($0)
  }

  @Test("A checkpoint with one is refused", arguments: written)
  func file(mistake: Mistake) throws {
    let scratch = try ScratchDirectory()
    let path = scratch.file("model.safetensors")
    var checkpoint = try Mistake.trainer(.constant).checkpoint()
    checkpoint.settings.schedule = try #require(mistake.schedule)
    try checkpoint.save(to: path)
    #expect(throws: CheckpointError.self) { try TrainingCheckpoint<Float>(contentsOf: path) }
  }
}
