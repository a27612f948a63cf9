import Foundation
import Recurrent
import Testing

/// Schedules that cannot be are refused before anything is trained; files of others are never a place for a model.
@Suite("Schedules and places of rnn train")
struct ScheduleTests {
  private static let small = [
    "--hidden-size", "8", "--batch-size", "2", "--sequence-length", "10", "--threads", "1",
  ]

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(String(repeating: "to be or not to be. ", count: 40), to: "t.txt")
    return place
  }

  @Test(
    "A warm-up is at most as long as the training",
    arguments: [
      (["--warm-up", "50", "--steps", "20"], "--warm-up 50 is longer than the training of 20 steps"),
      (["--warm-up", "2", "--steps", "1"], "--warm-up 2 is longer than the training of 1 step:"),
      (["--warm-up", "1000", "--epochs", "2"], "--warm-up 1000 is longer than the training of "),
    ])
  func warmUp(options: [String], message: String) throws {
    let place = try place()
    let outcome = try place.rnn(["train", "--text", "t.txt"] + Self.small + options)
    #expect(outcome.status == 64 && outcome.errors.contains(message), "\(outcome.errors)")
    #expect(!place.exists("model.safetensors"))
  }

  @Test("One that fits is taken, to the last step")
  func whole() throws {
    let outcome = try place().rnn(["train", "--text", "t.txt", "--warm-up", "3", "--steps", "3"] + Self.small)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("A training is not shortened into its warm-up")
  func shortened() throws {
    let place = try place()
    let begun = try place.rnn(
      ["train", "--text", "t.txt", "--warm-up", "30", "--steps", "60", "--save-every", "5", "--keep", "20"] + Self.small
    )
    #expect(begun.status == 0, "\(begun.errors)")
    let early = "model-step-5.safetensors"
    #expect(place.exists(early))
    let outcome = try place.rnn("train", "--resume", early, "--steps", "10")
    #expect(outcome.status == 64, "\(outcome.errors)")
    #expect(outcome.errors.contains("a warm-up of 30 steps: expected as many steps in all or more, got 10"))
    #expect(try TrainingCheckpoint<Float>(contentsOf: place.url("model.safetensors").path).stepCount == 60)
  }

  @Test("Tables say the same", arguments: ["forecast", "classify"])
  func tables(command: String) throws {
    let place = try Workplace()
    let rows = (0..<60).map { command == "forecast" ? "\($0 % 5)" : "\($0 / 6),\($0 % 5),\($0 / 6 % 2)" }
    let header = command == "forecast" ? "y" : "sequence,x,label"
    try place.write(([header] + rows).joined(separator: "\n") + "\n", to: "t.csv")
    let columns =
      command == "forecast" ? ["--method", "network"] : ["--sequence-column", "sequence", "--label-column", "label"]
    let outcome = try place.rnn([command, "train", "t.csv", "--epochs", "1", "--warm-up", "5000"] + columns)
    #expect(outcome.status == 64, "\(outcome.errors)")
    #expect(outcome.errors.contains("--warm-up 5000 is longer than the training of "), "\(outcome.errors)")
  }

  @Test("A file that is no model is not replaced", arguments: ["notes.txt", "data.csv", "other.safetensors"])
  func foreign(name: String) throws {
    let place = try place()
    try place.write("mine,alone\n1,2\n", to: name)
    let outcome = try place.rnn(["train", "--text", "t.txt", "--steps", "2", "--checkpoint", name] + Self.small)
    #expect(
      outcome.status == 1 && outcome.errors.contains("\(name) is in the way of a new training"), "\(outcome.errors)")
    #expect(try String(decoding: place.data(name), as: UTF8.self) == "mine,alone\n1,2\n")
  }

  @Test("An earlier training is replaced with a word, and leaves no best model beside the new one")
  func replaced() throws {
    let place = try place()
    let first = try place.rnn(["train", "--text", "t.txt", "--steps", "20"] + Self.small)
    #expect(first.status == 0 && place.exists("model-best.safetensors"), "\(first.errors)")
    let second = try place.rnn(
      ["train", "--text", "t.txt", "--steps", "2", "--validation-fraction", "0"] + Self.small)
    #expect(second.status == 0 && second.errors.contains("model.safetensors exists and will be replaced"))
    #expect(!place.exists("model-best.safetensors"))
  }
}
