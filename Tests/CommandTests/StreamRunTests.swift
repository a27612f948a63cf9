import Foundation
import Recurrent
import Testing

/// `rnn run --stream`: a line in, a line out.
struct StreamRunTests {
  private static let input = "0.5,-1\n0.25 2\n\n0.5,-1\n"

  private func stream(_ model: String, _ input: String, in place: Workplace) throws -> Outcome {
    try place.write(input, to: "lines.txt")
    return try place.shell("\"$RNN\" run \(model) --stream --threads 1 < lines.txt")
  }

  @Test(
    "Each step is answered as the library answers it, and an empty line begins anew",
    arguments: [
      ModelConfiguration.Head.everyStep, .lastStep, .none,
    ])
  func steps(_ head: ModelConfiguration.Head) throws {
    let place = try Workplace()
    let model = try Model<Float>(
      ModelConfiguration(
        cell: .lstm, input: .vectors(size: 2), hiddenSize: 3, layerCount: 2, outputSize: head == .none ? 3 : 2,
        head: head),
      seed: 1)
    try model.save(to: place.url("m.safetensors").path)
    let outcome = try stream("m.safetensors", Self.input, in: place)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: ",").compactMap { Float($0) }
    }
    var pass = try InferencePass(model, steps: 1, batchSize: 1)
    pass.run(.vectors([0.5, -1]))
    let first = pass.outputs
    pass.run(.vectors([0.25, 2]), continuing: true)
    #expect(lines == [first, pass.outputs, [], first, []])
  }

  @Test func refusals() throws {
    let place = try Workplace()
    func save(_ configuration: ModelConfiguration, _ name: String) throws {
      try Model<Double>(configuration, seed: 1).save(to: place.url(name).path)
    }
    try save(ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 5), hiddenSize: 3, outputSize: 5), "t.st")
    try save(
      ModelConfiguration(
        cell: .gru, input: .vectors(size: 1), hiddenSize: 3, directions: .both(merge: .sum), outputSize: 5), "both.st")
    try save(
      ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 3, outputSize: 5, head: .meanOverSteps),
      "mean.st")
    try Model<Float>(
      ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 3, outputSize: 5), seed: 1
    ).save(to: place.url("v.st").path)
    for (file, text, status, message) in [
      ("t.st", "1\n5\n", 1, "line 2: \"5\" is no token: expected a whole number in 0..<5"),
      ("t.st", "1 2\n", 1, "line 1: a step has 1 number, this line 2"),
      ("v.st", "1e39\n", 1, "line 1: \"1e39\" is no finite number"),
      ("v.st", "1\n,1\n", 1, "line 2: a step has 1 number"), ("v.st", "0x10\n", 1, "no finite number"),
      ("both.st", "1\n", 1, "runs both ways"), ("mean.st", "1\n", 1, "answers a whole sequence"),
      ("t.st", "1\n\u{1F600}\n", 1, "line 2"),
    ] as [(String, String, Int32, String)] {
      let outcome = try stream(file, text, in: place)
      #expect(outcome.status == status && outcome.errors.contains(message), "\(file): \(outcome.errors)")
    }
    expectFailure(try place.rnn("run", "t.st", "--stream", "--output", "x.npy"), 64, "'--output' is for files")
    expectFailure(try place.rnn("run", "t.st", "--input", "x.npy"), 64, "'--stream'")
  }
}
