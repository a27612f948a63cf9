internal import Kernels

/// What a plan refuses or stops at.
extension Plan {
  /// Stops where a batch cannot be taken segment by segment.
  static func validateSegments(_ configuration: ModelConfiguration, _ purpose: Purpose, _ sizes: BatchSizes) {
    require(sizes.keptSteps >= 1, "a segment needs 1 step or more, got \(sizes.keptSteps)")
    require(sizes.isTraining, "only a training batch is computed again in segments")
    require(configuration.attention == nil, "a model with attention cannot be computed again in segments")
    require(configuration.weightDropout == 0, "with dropped weights a batch cannot be computed again in segments")
    require(configuration.input.letters == nil, "an encoder of letters reads all steps at once")
    require(
      configuration.directions == .forward, "a layer that runs both ways cannot be computed again in segments")
    require(
      configuration.headGoesBackInSegments,
      "a head that reads \(configuration.head) of all steps cannot be computed again in segments")
    require(purpose.loss?.targets != .labels, "the connectionist loss reads all steps at once")
    require(purpose.loss?.kind != .crf, "a CRF reads all steps at once")
    require(purpose.loss?.targets != .custom, "a loss of one's own reads all steps at once")
  }

  /// Refuses sizes whose sums could overflow: a bound on all buffers together, computed with care.
  static func refuseOverflow(
    _ configuration: ModelConfiguration, _ sizes: BatchSizes, _ table: ParameterTable
  ) throws(PlanError) {
    let structure = configuration.cell.structure
    let widest = structure.rowGateCount + 4 * structure.stateCount + structure.savedCount + 8
    // In Double an overflow cannot happen, and 2⁵⁸ bytes leave room for any rounding.
    var perRow = 4 * Double(configuration.input.size) + 2 * Double(configuration.outputSize)
    for layer in 0..<configuration.layerCount {
      perRow +=
        Double(configuration.directions.count * widest) * (Double(configuration.hiddenSize(ofLayer: layer)) + 32)
      // Of low rank what lies between both factors, and its gradient.
      let ranks = configuration.lowRank(ofLayer: layer)
      perRow +=
        2 * Double(configuration.directions.count) * (Double(ranks.recurrent ?? 0) + Double(ranks.input ?? 0) + 64)
      if configuration.blocks != nil {
        // Gate, other half, product and its gradient; norms, their terms, sums and gradients.
        perRow += 4 * (Double(configuration.feedForwardSize(ofLayer: layer)) + 32)
        perRow +=
          10 * (Double(configuration.outputSize(ofLayer: layer)) + Double(configuration.inputSize(ofLayer: layer)) + 64)
      }
    }
    let rows = (Double(sizes.steps) + 1) * Double(sizes.batchSize)
    let scalars = rows * perRow + 16 * Double(table.blockCount)
    // Rows are counted in 32 bits.
    if scalars * 8 > 0x1p58 || rows >= 0x1p31 {
      throw .tooLarge(what: "a batch of \(sizes.batchSize) sequences of \(sizes.steps) steps")
    }
  }
}
