import Foundation
import Testing

/// What becomes of the files that stand where a new training keeps its own: one rule for all commands that train.
struct ReplacedModelTests {
  private static let trainings: [(use: String, arguments: [String])] = [
    ("text", ["train", "--text", "t.txt", "--steps", "4", "--save-every", "2"] + tiny),
    (
      "series",
      [
        "forecast", "train", "t.csv", "--method", "network", "--epochs", "1", "--window", "4", "--hidden-size", "4",
        "--threads", "1",
      ]
    ),
    (
      "classes",
      [
        "classify", "train", "c.csv", "--sequence-column", "id", "--label-column", "y", "--epochs", "1",
        "--hidden-size", "3", "--threads", "1",
      ]
    ),
  ]

  private func workplace() throws -> Workplace {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try place.write("x\n" + (0..<60).map { "\($0 % 7)\n" }.joined(), to: "t.csv")
    let rows = (0..<20).flatMap { item in (0..<3).map { "\(item),\(item % 2 + $0),\(item % 2)\n" } }
    try place.write("id,x,y\n" + rows.joined(), to: "c.csv")
    return place
  }

  private func line(_ outcome: Outcome) -> String {
    outcome.errors.split(separator: "\n").first { $0.contains("exists and will be replaced") }.map(String.init) ?? ""
  }

  @Test("A model for the same use is replaced, with a line", arguments: trainings.indices)
  func same(index: Int) throws {
    let place = try workplace()
    let training = Self.trainings[index].arguments
    let first = try place.rnn(training)
    #expect(first.status == 0 && line(first).isEmpty, "\(first.errors)")
    let second = try place.rnn(training)
    #expect(second.status == 0 && line(second).hasPrefix("rnn: model.safetensors exists"), "\(second.errors)")
    // To the end of a training that goes on nothing is replaced but its own.
    let table = training[0] == "train" ? [] : [training[2]]
    let command = training[0] == "train" ? ["train"] : [training[0], "train"]
    let resumed = try place.rnn(command + table + ["--resume", "model.safetensors", "--epochs", "9"])
    #expect(resumed.status == 0 && line(resumed).isEmpty, "\(resumed.errors)")
  }

  @Test("A model for another use stays as it is, with all that goes with it", arguments: trainings.indices)
  func others(index: Int) throws {
    let place = try workplace()
    let first = try place.rnn(Self.trainings[index].arguments)
    try #require(first.status == 0, "\(first.errors)")
    try #require(try place.rnn(Self.trainings[index].arguments + ["--checkpoint", "own.safetensors"]).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.directory.path)
      .filter { $0.hasPrefix("model") }
    let before = try names.map { try place.data($0) }
    for (other, training) in Self.trainings.enumerated() where other != index {
      let parts = ["model of \(Self.trainings[index].use)", "a model of \(training.use)", "--checkpoint"]
      let outcome = try place.rnn(training.arguments)
      expectFailure(outcome, 1, "model.safetensors", parts[0], parts[1], parts[2])
      // Nor is it gone on to from elsewhere.
      try #require(try place.rnn(training.arguments + ["--checkpoint", "\(training.use).safetensors"]).status == 0)
      let command = training.arguments[0] == "train" ? ["train"] : Array(training.arguments.prefix(3))
      expectFailure(
        try place.rnn(
          command + ["--resume", "\(training.use).safetensors", "--epochs", "9", "--checkpoint", "model.safetensors"]),
        1,
        parts[0])
    }
    #expect(try names.map { try place.data($0) } == before)
  }

  @Test("What is no model stays", arguments: trainings.indices)
  func foreign(index: Int) throws {
    let place = try workplace()
    try place.write("An essay, which took months.", to: "model.safetensors")
    expectFailure(try place.rnn(Self.trainings[index].arguments), 1, "model.safetensors", "in the way")
    #expect(try place.data("model.safetensors") == Data("An essay, which took months.".utf8))
    // A file without anything is taken, as mktemp makes it.
    try place.write("", to: "model.safetensors")
    #expect(try place.rnn(Self.trainings[index].arguments).status == 0)
  }

  @Test("No best model of an earlier training is left, and the line tells of it")
  func stale() throws {
    let place = try workplace()
    let training = Self.trainings[0].arguments
    try #require(try place.rnn(training).status == 0)
    #expect(place.exists("model-best.safetensors") && place.exists("model-step-2.safetensors"))
    let outcome = try place.rnn(training + ["--validation-fraction", "0", "--keep", "0"])
    #expect(outcome.status == 0)
    #expect(line(outcome).hasSuffix("and 2 files of its training beside it removed"), "\(outcome.errors)")
    #expect(!place.exists("model-best.safetensors") && !place.exists("model-step-2.safetensors"))
    // A training that goes on keeps its own.
    try #require(try place.rnn(training).status == 0)
    #expect(try place.rnn("train", "--resume", "model.safetensors", "--steps", "5").status == 0)
    #expect(place.exists("model-best.safetensors"))
  }
}
