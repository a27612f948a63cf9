// Stop and go on: a training that is stopped in the middle of an epoch and resumed from its checkpoint ends with the same
// bits as one that never stopped.
import Foundation
import Recurrent

// Which bit sequences have a run of three ones? Batches are shuffled, lengths differ, dropout draws masks.
var generator = SeededGenerator(seed: 1)
let sequences: [[Int32]] = (0..<200).map { _ in
  (0..<4 + Int(generator.uniform() * 7)).map { _ in generator.uniform() < 0.5 ? 0 : 1 }
}
let classes: [Int32] = sequences.map { "\($0)".contains("1, 1, 1") ? 1 : 0 }

func makeTrainer() throws -> Trainer<Float> {
  var configuration = ModelConfiguration(
    cell: .gru, input: .oneHot(vocabularySize: 2), hiddenSize: 12, outputSize: 2, head: .lastStep)
  configuration.recurrentDropout = 0.1
  return try Trainer(
    Model<Float>(configuration, seed: 1), batchSize: 16, sequenceLength: 10, optimizer: .adam(learningRate: 0.02),
    schedule: .cosine(warmUp: 10, total: 200), isRagged: true)
}

func makeLoop(_ name: String, resuming: Bool = false) throws -> TrainingLoop<Float> {
  let data = TrainingData<Float>(
    inputs: .tokens(Array(sequences[..<160])), targets: .classes(Array(classes[..<160])), batchSize: 16, seed: 2)
  let validation = ValidationData<Float>(
    inputs: .tokens(Array(sequences[160...])), targets: .classes(Array(classes[160...])))
  return try TrainingLoop(
    makeTrainer(), data, epochs: 20, validation: validation, checkpoint: "\(directory)/\(name).safetensors",
    resuming: resuming)
}

let directory = FileManager.default.temporaryDirectory.appendingPathComponent("resume-\(UUID().uuidString)").path
try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: directory) }

var whole = try makeLoop("whole")
let result = try whole.run { event in
  if case .epoch(let epoch) = event, epoch.epoch.isMultiple(of: 5), let evaluation = epoch.evaluation {
    print("epoch \(epoch.epoch): \(evaluation)")
  }
}

// The same, stopped by its hook after step 73, in the eighth epoch.
func stopped() throws -> Int {
  var loop = try makeLoop("resumed")
  return try loop.run { event in
    if case .step(let step) = event, step.report.step == 73 { throw CancellationError() }
  }.step
}
print("stopped after step \(try stopped()) of \(result.step)")

var resumed = try makeLoop("resumed", resuming: true)
let second = try resumed.run()
print("resumed to step \(second.step); best \(second.best!.loss), at step \(second.best!.step)")

let (first, last) = (whole.model, resumed.model)
let isSame = first.table.entries.allSatisfy { first[parameter: $0.name] == last[parameter: $0.name] }
print("the same bits: \(isSame && second == result)")
