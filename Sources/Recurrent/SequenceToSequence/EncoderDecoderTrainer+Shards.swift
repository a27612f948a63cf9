internal import Kernels

/// Batches of pairs in shards, as `Trainer+Shards` has them: the same sums over the encoder's gradients and the decoder's.
extension EncoderDecoderTrainer {
  /// Leaves the gradients of a batch.
  /// - Returns: its loss.
  mutating func computeShards(_ source: ModelInput<S>, _ target: ModelTarget<S>) -> Double {
    guard let tree = decoder.plan.update.tree, let encoderTree = encoder.plan.update.tree else {
      stop("a plan for whole batches has no shards")
    }
    let source = source.joined(width: encoder.plan.input.vectors.columns)
    let target = target.joined(width: decoder.plan.configuration.outputSize)
    let seeds = drawSeeds()
    let samplingSeed = mixesInputs ? samplingSeeds.next() : nil
    for shard in tree.share.own {
      var (loss, weight) = (0.0, 0.0)
      if let (rows, targetRows) = set(source, target, tree.part(ofShard: shard)) {
        if let samplingSeed {
          // Each shard has its own: what is drawn does not depend on who computes the others.
          var generator = SeededGenerator(seed: samplingSeed &+ UInt64(shard) &* 0x9E37_79B9_7F4A_7C15)
          mixInputs(rows, targetRows, using: &generator)
        }
        backPropagate(rows, targetRows, seeds)
        (loss, weight) = (decoder.lossSum(targetRows), decoder.lossWeight(targetRows))
      } else {
        encoder.clearGradient()
        decoder.clearGradient()
      }
      decoder.setFigures(tree, shard, loss, weight)
      encoder.addShard(encoderTree, shard)
      decoder.addShard(tree, shard)
    }
    let (loss, weight) = decoder.shareFigures(tree, communicator)
    encoder.shareGradient(encoderTree, weight: weight, communicator)
    decoder.shareGradient(tree, weight: weight, communicator)
    return weight == 0 ? 0 : loss / weight
  }

  /// Sets the pairs of a part of a batch.
  /// - Returns: nil where there is none, or none with a step to learn.
  mutating func set(
    _ source: ModelInput<S>, _ target: ModelTarget<S>, _ part: BatchPart
  ) -> (source: Rows, target: Rows)? {
    guard let rows = encoder.set(source, part, needsSteps: false) else { return nil }
    let targetRows = setTarget(target, rows)
    return targetRows.batchSteps == 0 ? nil : (rows, targetRows)
  }
}
