internal import Kernels

/// How good the model is now. The training goes on as if nothing had been asked.
extension EncoderDecoderTrainer {
  /// The mean loss of pairs, any number of them, teacher-forced and without dropout.
  public mutating func evaluate(_ source: ModelInput<S>, _ target: ModelTarget<S>) -> Double {
    evaluation(source, target).loss
  }

  /// The same, and over how many steps of targets.
  mutating func evaluation(_ source: ModelInput<S>, _ target: ModelTarget<S>) -> Evaluation {
    var sums = EvaluationSums(.custom)
    // Where sequences are not told apart there is one batch of them.
    let sizes = source.isFlat ? [] : source.sizes
    let batchSize = encoder.plan.batchSize
    guard sizes.count > batchSize else {
      add(source, target, to: &sums)
      return sums.evaluation
    }
    target.check(sequences: sizes.count)
    for first in stride(from: 0, to: sizes.count, by: batchSize) {
      let batch = Array(first..<min(first + batchSize, sizes.count))
      add(source.selecting(batch), target.selecting(batch, of: sizes.count), to: &sums)
    }
    return sums.evaluation
  }

  private mutating func add(_ source: ModelInput<S>, _ target: ModelTarget<S>, to sums: inout EvaluationSums) {
    if let tree = decoder.plan.update.tree, source.isFlat {
      for shard in 0..<tree.share.count {
        guard let (rows, targetRows) = set(source, target, tree.part(ofShard: shard)) else { continue }
        add(rows, targetRows, to: &sums)
      }
      return
    }
    let rows = encoder.set(source)
    add(rows, setTarget(target, rows), to: &sums)
  }

  private mutating func add(_ rows: Rows, _ targetRows: Rows, to sums: inout EvaluationSums) {
    encoder.perform(.forward, rows)
    bridge(rows)
    decoder.perform(.evaluation, targetRows)
    sums.add(loss: decoder.meanLoss(targetRows), weight: decoder.lossWeight(targetRows))
    sums.count += decoder.outputRowCount(targetRows)
  }
}
