// A loss of one's own: a closure from the outputs to the loss and its gradient. Optimizer, clipping and schedule are the
// built-in ones. Here Cauchy's loss, log(1 + e²), which a few wild values cannot pull away, beside the squared error.
import Foundation
import Recurrent

// Sequences of a noisy input whose running mean is asked for; one target in ten is wild.
var generator = SeededGenerator(seed: 1)
let (steps, batchSize) = (20, 16)
func sample(_ generator: inout SeededGenerator) -> (inputs: [Float], clean: [Float], wild: [Float]) {
  var (inputs, clean, mean): ([Float], [Float], [Float]) = ([], [], [Float](repeating: 0, count: batchSize))
  for _ in 0..<steps {
    for sequence in 0..<batchSize {
      inputs.append(Float(generator.normal()))
      mean[sequence] = 0.8 * mean[sequence] + 0.2 * inputs[inputs.count - 1]
      clean.append(mean[sequence])
    }
  }
  return (inputs, clean, clean.map { generator.uniform() < 0.1 ? $0 + 8 : $0 })
}

/// −log of Cauchy's density, less its constant: a mean over all outputs, and so its gradient.
func cauchy(_ targets: [Float]) -> CustomLoss<Float> {
  { outputs, gradient in
    let count = Double(outputs.count)
    var loss = 0.0
    for row in outputs.indices {
      let error = Double(outputs[row] - targets[row])
      loss += log(1 + error * error) / count
      gradient[row] = Float(2 * error / (1 + error * error) / count)
    }
    return loss
  }
}

func trainer(_ loss: Loss) throws -> Trainer<Float> {
  let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 16, outputSize: 1)
  return try Trainer(
    Model<Float>(configuration, seed: 1), batchSize: batchSize, sequenceLength: steps, loss: loss,
    optimizer: .adam(learningRate: 0.01), schedule: .cosine(warmUp: 10, total: 400), clipping: .norm(1))
}

var squared = try trainer(.meanSquaredError)
var robust = try trainer(.custom)
for _ in 0..<400 {
  let (inputs, _, wild) = sample(&generator)
  _ = squared.step(.vectors(inputs), .values(wild))
  _ = robust.step(.vectors(inputs), loss: cauchy(wild))
}

// Both judged by the clean targets.
let (inputs, clean, _) = sample(&generator)
func error(_ outputs: Sequences<Float>) -> Float {
  var sum: Float = 0
  for sequence in 0..<batchSize {
    for (step, output) in outputs[sequence].enumerated() { sum += abs(output - clean[step * batchSize + sequence]) }
  }
  return sum / Float(clean.count)
}
let bySquares = error(try squared.predict(.vectors(inputs)))
let byCauchy = error(try robust.predict(.vectors(inputs)))
print("mean absolute error by the squared error: \(bySquares)")
print("mean absolute error by Cauchy's loss: \(byCauchy)")
print("less than a quarter of it: \(byCauchy < bySquares / 4)")
