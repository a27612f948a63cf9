import Recurrent

/// Windows of a series in shuffled batches.
final class WindowBatches {
  private let values: [Float]
  /// Of the same steps.
  private let nextValues: [Float]
  private let width: Int
  private let window: Int
  private let batchSize: Int
  private let seed: UInt64
  /// Each epoch shuffles that of the one before.
  private var order: [Int]
  private var generator: SeededGenerator
  private var shuffles = 0
  /// [T, N, C]
  private var inputs: [Float]
  /// [T, N, C], a step later.
  private var targets: [Float]

  init(
    _ values: [Float], targets nextValues: [Float], width: Int, window: Int, count: Int, batchSize: Int, seed: UInt64
  ) {
    (self.values, self.width, self.window, self.batchSize) = (values, width, window, batchSize)
    self.nextValues = nextValues
    self.seed = seed
    order = Array(0..<count)
    generator = SeededGenerator(seed: seed)
    inputs = [Float](repeating: 0, count: window * batchSize * width)
    targets = inputs
  }

  func batch(epoch: Int, _ batch: Int) -> (ModelInput<Float>, ModelTarget<Float>) {
    shuffle(times: epoch + 1)
    fill(batch)
    return (.vectors(inputs), .values(targets))
  }

  private func shuffle(times: Int) {
    if shuffles > times {
      (order, generator, shuffles) = (Array(order.indices), SeededGenerator(seed: seed), 0)
    }
    while shuffles < times {
      order.shuffle(using: &generator)
      shuffles += 1
    }
  }

  private func fill(_ batch: Int) {
    for step in 0..<window {
      for row in 0..<batchSize {
        let source = (order[batch * batchSize + row] + step) * width
        let place = (step * batchSize + row) * width
        for column in 0..<width {
          inputs[place + column] = values[source + column]
          targets[place + column] = nextValues[source + width + column]
        }
      }
    }
  }
}
