import Recurrent
import TestSupport
import Testing

@Suite("Learning rates of larger batches")
struct BatchSizeRuleTests {
  @Test("Linear and square root, up and down")
  func factors() {
    #expect(BatchSizeRule.linear.factor(batchSize: 128, baseBatchSize: 32) == 4)
    #expect(BatchSizeRule.squareRoot.factor(batchSize: 128, baseBatchSize: 32) == 2)
    #expect(BatchSizeRule.linear.factor(batchSize: 16, baseBatchSize: 32) == 0.5)
    #expect(BatchSizeRule.squareRoot.factor(batchSize: 8, baseBatchSize: 32) == 0.5)
    for rule in BatchSizeRule.allCases { #expect(rule.factor(batchSize: 7, baseBatchSize: 7) == 1) }
  }

  private func trainer(accumulates: Bool = false, shards: Int = 1) throws -> Trainer<Float> {
    let configuration = ModelConfiguration(
      cell: .rnn, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3)
    return try Trainer(
      Model(configuration, seed: 1), batchSize: 8, sequenceLength: 1, optimizer: .sgd(learningRate: 0.5),
      accumulatesGradients: accumulates, shards: shards, threads: 1)
  }

  @Test("The batch is that of an update: all its shards, and all that are accumulated")
  func updates() throws {
    let (inputs, classes): ([Int32], [Int32]) = ([0, 1, 2, 0, 1, 2, 0, 1], [1, 2, 0, 1, 2, 0, 1, 2])
    for shards in [1, 4] {
      var trainer = try trainer(shards: shards)
      trainer.settings.scaleLearningRate(by: .squareRoot, fromBatchSize: 2)
      #expect(trainer.step(.tokens(inputs), .classes(classes)).learningRate == 1)
    }
    var accumulating = try trainer(accumulates: true)
    accumulating.settings.scaleLearningRate(by: .linear, fromBatchSize: 2, accumulatedBatches: 3)
    #expect(accumulating.settings.optimizer.learningRate == 6)
  }

  enum Mistake: String, Codable, Sendable, CaseIterable {
    case noBatch, noBase, notAccumulated

    var message: String {
      switch self {
      case .noBatch: "expected batches of 1 sequence or more, got 0 and 2 as the base"
      case .noBase: "expected batches of 1 sequence or more, got 2 and 0 as the base"
      case .notAccumulated: "expected 1 batch for an update, or more in a training that accumulates gradients, got 2"
      }
    }
  }

  @Test("What makes no sense is caught", arguments: Mistake.allCases)
  func caught(mistake: Mistake) async throws {
    let result = try await #require(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [mistake = mistake as Mistake] in
      switch mistake {
      case .noBatch: _ = BatchSizeRule.linear.factor(batchSize: 0, baseBatchSize: 2)
      case .noBase: _ = BatchSizeRule.squareRoot.factor(batchSize: 2, baseBatchSize: 0)
      case .notAccumulated:
        let configuration = ModelConfiguration(
          cell: .rnn, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3)
        var trainer = try Trainer<Float>(
          Model(configuration, seed: 1), batchSize: 8, sequenceLength: 1, threads: 1)
        trainer.settings.scaleLearningRate(by: .linear, fromBatchSize: 2, accumulatedBatches: 2)
      }
    }
    expectWords(mistake.message, result)
  }
}
