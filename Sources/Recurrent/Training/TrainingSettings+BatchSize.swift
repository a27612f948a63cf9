internal import Storage

extension TrainingSettings {
  /// Multiplies the optimizer's rate, which suits `baseBatchSize` sequences, for the batch of these settings. To be called once.
  /// - Parameters:
  ///   - rule: how the rate grows.
  ///   - baseBatchSize: sequences of an update that the rate was found for.
  ///   - accumulatedBatches: batches that are accumulated for an update.
  public mutating func scaleLearningRate(
    by rule: BatchSizeRule, fromBatchSize baseBatchSize: Int, accumulatedBatches: Int = 1
  ) {
    require(
      accumulatedBatches == 1 || (accumulatedBatches > 1 && accumulatesGradients),
      "expected 1 batch for an update, or more in a training that accumulates gradients, got \(accumulatedBatches)")
    optimizer.learningRate *= rule.factor(
      batchSize: batchSize * accumulatedBatches, baseBatchSize: baseBatchSize)
  }
}
