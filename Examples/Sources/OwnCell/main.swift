// A cell of one's own: the function of one row and its derivative. The products, the order of time, the memory and the
// threads are the engine's.
import Recurrent

/// A leaky integrator: h = (1 − f)·h' + f·tanh(a), f = σ(a_f). Gates in the order f, a.
struct LeakyCell: RecurrentCell {
  let name = "leaky"
  let structure = CellStructure(gateCount: 2)

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    VectorMath.sigmoid(&gates, in: 0..<hidden)
    VectorMath.tanh(&gates, in: hidden..<2 * hidden)
    for j in 0..<hidden { next[j] = (1 - gates[j]) * previous[j] + gates[j] * gates[hidden + j] }
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (f, candidate, dh) = (gates[j], gates[hidden + j], gradient[j])
      gates[j] = dh * (candidate - previous[j]) * f * (1 - f)
      gates[hidden + j] = dh * f * (1 - candidate * candidate)
      gradient[j] = dh * (1 - f)
    }
  }
}

// The proof first: back-propagation against central differences.
let report = try checkGradients(of: LeakyCell())
print(report)

// Then the work: the adding problem. Of 20 random numbers two are marked; the answer is their sum.
var generator = SeededGenerator(seed: 1)
func batch(_ generator: inout SeededGenerator) -> (inputs: [[Float]], sums: [Float]) {
  var (inputs, sums): ([[Float]], [Float]) = ([], [])
  for _ in 0..<32 {
    let marked = [Int(generator.uniform() * 10), 10 + Int(generator.uniform() * 10)]
    let numbers = (0..<20).map { _ in Float(generator.uniform()) }
    inputs.append((0..<20).flatMap { [numbers[$0], marked.contains($0) ? 1 : 0] })
    sums.append(numbers[marked[0]] + numbers[marked[1]])
  }
  return (inputs, sums)
}

let configuration = ModelConfiguration(
  cell: LeakyCell(), input: .vectors(size: 2), hiddenSize: 32, outputSize: 1, head: .lastStep)
var trainer = try Trainer(
  Model<Float>(configuration, seed: 1), batchSize: 32, sequenceLength: 20, loss: .meanSquaredError,
  optimizer: .adam(learningRate: 0.01), clipping: .norm(1))
for step in 1...1500 {
  let (inputs, sums) = batch(&generator)
  let report = trainer.step(.vectors(inputs), .values(sums))
  if step % 500 == 0 { print("step \(step): mean squared error \(report.loss)") }
}
let (inputs, sums) = batch(&generator)
let evaluation = try trainer.evaluate(.vectors(inputs), .values(sums))
print("gradients right: \(report.passes); error below 0.02 (the mean alone: 0.167): \(evaluation.loss < 0.02)")
