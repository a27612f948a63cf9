import Foundation
import Recurrent
import Testing

@Suite("Learning-rate schedules")
struct ScheduleTests {
  @Test("Constant")
  func constant() {
    for step in [0, 1, 1_000_000] { #expect(LearningRateSchedule.constant.factor(at: step) == 1) }
  }

  @Test("Step decay falls after each whole period since its start")
  func stepDecay() {
    let plain = LearningRateSchedule.stepDecay(every: 10, factor: 0.5)
    #expect([0, 9, 10, 19, 20, 35].map { plain.factor(at: $0) } == [1, 1, 0.5, 0.5, 0.25, 0.125])
    let late = LearningRateSchedule.stepDecay(every: 3, factor: 0.5, start: 7)
    #expect([0, 6, 7, 9, 10, 12, 13].map { late.factor(at: $0) } == [1, 1, 1, 1, 0.5, 0.5, 0.25])
  }

  @Test("Cosine: up in a line, down by half a wave, then flat")
  func cosine() {
    let schedule = LearningRateSchedule.cosine(warmUp: 4, total: 20, minimum: 0.1)
    #expect((0..<5).map { schedule.factor(at: $0) } == [0.25, 0.5, 0.75, 1, 1])
    // One rounding each of π·progress, the cosine and the sums.
    #expect(abs(schedule.factor(at: 12) - 0.55) < 0x1p-50)
    #expect(abs(schedule.factor(at: 8) - (0.1 + 0.9 * (0.5 + 0.5 * 0.5.squareRoot()))) < 0x1p-50)
    #expect([20, 21, 1_000_000].allSatisfy { schedule.factor(at: $0) == 0.1 })
    let factors = (4...20).map { schedule.factor(at: $0) }
    #expect(zip(factors, factors.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test("Cosine without warm-up, without a minimum, without room")
  func cosineCorners() {
    let plain = LearningRateSchedule.cosine(warmUp: 0, total: 10)
    #expect(plain.factor(at: 0) == 1)
    #expect(plain.factor(at: 10) == 0)
    let onlyWarmUp = LearningRateSchedule.cosine(warmUp: 5, total: 5, minimum: 0.2)
    #expect((0..<6).map { onlyWarmUp.factor(at: $0) } == [0.2, 0.4, 0.6, 0.8, 1, 0.2])
  }

  @Test("A trainer multiplies its learning rate by the factor of each step")
  func trainer() throws {
    let configuration = ModelConfiguration(
      cell: .rnn, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3)
    let schedule = LearningRateSchedule.cosine(warmUp: 2, total: 6, minimum: 0.25)
    var trainer = try Trainer<Float>(
      Model(configuration, seed: 1), batchSize: 1, sequenceLength: 2, optimizer: .sgd(learningRate: 0.5),
      schedule: schedule)
    for step in 0..<8 {
      let report = trainer.step(.tokens([0, 1]), .classes([1, 2]))
      #expect(report.learningRate == 0.5 * schedule.factor(at: step))
      #expect(report.step == step + 1 && trainer.stepCount == step + 1)
    }
  }
}
