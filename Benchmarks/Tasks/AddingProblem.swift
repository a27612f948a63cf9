public import Recurrent

/// The adding problem (Hochreiter & Schmidhuber 1997), as Le, Jaitly & Hinton 2015 pose it: of T numbers from [0, 1) two
/// are marked, one in each half; after the last step the sum of the two is wanted. The error is the mean square.
public struct AddingProblem: SequenceTask {
  public let steps: Int
  public var name: String { "adding problem, T = \(steps)" }
  public let input = ModelConfiguration.Input.vectors(size: 2)
  public let outputSize = 1
  public let head = ModelConfiguration.Head.lastStep
  public let loss = Loss.meanSquaredError
  public let errorName = "mean squared error"
  /// The variance of the sum of two uniform numbers: that of always saying 1.
  public let baseline = 1.0 / 6

  /// - Precondition: at least two steps.
  public init(steps: Int) {
    precondition(steps >= 2, "two numbers are marked, so there must be 2 steps or more, not \(steps)")
    self.steps = steps
  }

  public func trainingBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch {
    var batch = TaskBatch(count: count)
    batch.vectors = [Float](repeating: 0, count: steps * count * 2)
    batch.values = [Float](repeating: 0, count: count)
    for sequence in 0..<count {
      for step in 0..<steps { batch.vectors[(step * count + sequence) * 2] = Float(generator.uniform()) }
      let half = steps / 2
      for step in [generator.index(below: half), half + generator.index(below: steps - half)] {
        let place = (step * count + sequence) * 2
        batch.vectors[place + 1] = 1
        batch.values[sequence] += batch.vectors[place]
      }
    }
    return batch
  }

  public func testBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch {
    trainingBatch(count, using: &generator)
  }

  public func error(of outputs: [Float], on batch: TaskBatch) -> Double {
    zip(outputs, batch.values).reduce(0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    } / Double(batch.count)
  }
}
