// One to one: a single step, which is a plain network with one hidden layer. It learns exclusive or.
import Recurrent

let configuration = ModelConfiguration(
  cell: .rnn, input: .vectors(size: 2), hiddenSize: 8, outputSize: 2, head: .lastStep)
var trainer = try Trainer(
  Model<Float>(configuration, seed: 1), batchSize: 4, sequenceLength: 1, optimizer: .adam(learningRate: 0.05))

// Four sequences of one step: [T, N, I] = [1, 4, 2].
let inputs: [Float] = [0, 0, 0, 1, 1, 0, 1, 1]
let classes: [Int32] = [0, 1, 1, 0]
for _ in 0..<200 { _ = trainer.step(.vectors(inputs), .classes(classes)) }

let evaluation = try trainer.evaluate(.vectors(inputs), .classes(classes))
let outputs = try trainer.predict(.vectors(inputs))
for pair in 0..<4 {
  let scores = Array(outputs[pair])
  print("\(Int(inputs[2 * pair])) xor \(Int(inputs[2 * pair + 1])) is \(scores[1] > scores[0] ? 1 : 0)")
}
print("right: \(Int(4 * evaluation.accuracy!)) of 4")
