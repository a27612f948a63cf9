import Foundation
import Testing

/// Trainings that go on where their files are not where they were.
struct MovedFilesTests {
  private func trained(_ place: Workplace, steps: Int = 60) throws {
    try place.write(sampleText(), to: "t.txt")
    try #require(
      try place.rnn(["train", "--text", "t.txt", "--steps", "\(steps)", "--checkpoint", "o.st"] + tiny).status == 0)
  }

  /// Noise: the validation loss rises again soon.
  private func overfitted(_ place: Workplace) throws {
    var state: UInt32 = 7
    let letters = Array("abcdefghij")
    let noise = (0..<1500).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return letters[Int(state >> 16) % letters.count]
    }
    try place.write(String(noise), to: "t.txt")
    let outcome = try place.rnn([
      "train", "--text", "t.txt", "--steps", "200", "--checkpoint", "o.st", "--hidden-size", "32", "--layers", "1",
      "--batch-size", "4", "--sequence-length", "16", "--threads", "1", "--learning-rate", "0.02",
    ])
    try #require(outcome.status == 0)
  }

  @Test func bestModelThatWasLeftBehind() throws {
    let place = try Workplace()
    try overfitted(place)
    let best = try place.data("o-best.st")
    try FileManager.default.removeItem(at: place.url("o-best.st"))
    let outcome = try place.rnn("train", "--resume", "o.st", "--steps", "260")
    #expect(outcome.status == 0 && outcome.errors.contains("warning: there is no file o-best.st"), "\(outcome.errors)")
    #expect(!place.exists("o-best.st") && !outcome.errors.contains("and o-best.st"))
    try best.write(to: place.url("o-best.st"))
    // One that lies in the new place is none of this training's.
    try FileManager.default.removeItem(at: place.url("o-best.st"))
    try place.write("another's", to: "n-best.st")
    let without = try place.rnn("train", "--resume", "o.st", "--steps", "290", "--checkpoint", "n.st")
    #expect(without.status == 0 && !without.errors.contains("and n-best.st"))
    // Kept elsewhere, the best model so far goes along.
    try best.write(to: place.url("o-best.st"))
    let moved = try place.rnn("train", "--resume", "o.st", "--steps", "300", "--checkpoint", "n.st")
    #expect(moved.status == 0 && moved.errors.contains("and n-best.st"))
    #expect(try place.data("n-best.st") == best)
  }

  @Test func textOfAnotherDirectory() throws {
    let place = try Workplace()
    try trained(place, steps: 3)
    let elsewhere = try Workplace()
    try FileManager.default.copyItem(at: place.url("o.st"), to: elsewhere.url("o.st"))
    expectFailure(try elsewhere.rnn("train", "--resume", "o.st", "--steps", "4"), 1, "t.txt", "--text")
    try elsewhere.write(sampleText(words: 500), to: "t.txt")
    expectFailure(try elsewhere.rnn("train", "--resume", "o.st", "--steps", "4"), 1, "t.txt", "--text")
    let outcome = try elsewhere.rnn("train", "--resume", "o.st", "--steps", "4", "--text", place.url("t.txt").path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func validationFileOfAnotherDirectory() throws {
    let place = try Workplace()
    let rows = (0..<120).map { "\($0 * $0 % 37),\($0 / 4),\($0 / 4 % 2)\n" }
    try place.write("x,id,l\n" + rows.joined(), to: "t.csv")
    try place.write("x,id,l\n" + rows.prefix(40).joined(), to: "v.csv")
    let columns = ["--sequence-column", "id", "--label-column", "l"]
    try #require(
      try place.rnn(["classify", "train", "t.csv", "--validation", "v.csv", "--epochs", "2"] + columns).status == 0)
    try FileManager.default.moveItem(at: place.url("v.csv"), to: place.url("w.csv"))
    let resume = ["classify", "train", "t.csv", "--resume", "model.safetensors", "--epochs", "3"]
    expectFailure(try place.rnn(resume), 1, "v.csv", "--validation")
    expectFailure(try place.rnn(resume + ["--validation", "0.3"]), 64, "--validation")
    expectFailure(try place.rnn(resume + ["--validation", "t.csv"]), 1, "does not hold the data")
    let outcome = try place.rnn(resume + ["--validation", "w.csv"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// An epoch that would take hours.
  @Test func interruptedInTheFirstEpoch() async throws {
    let place = try Workplace()
    try place.write("x\n" + (0..<60_000).map { "\(Double($0 * $0 % 37) / 7)\n" }.joined(), to: "t.csv")
    let process = try place.start(
      Workplace.command.path,
      [
        "forecast", "train", "--method", "network", "t.csv", "--log", "l", "--threads", "1", "--hidden-size", "64",
        "--batch-size", "1",
      ])
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? place.data("l").count) ?? 0 < 300, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    kill(process.processIdentifier, SIGTERM)
    let outcome = try place.finish(process)
    #expect(outcome.status == 143 && outcome.errors.contains("stopped in epoch 1 of"), "\(outcome.errors)")
    #expect(outcome.errors.contains("saved model.safetensors"))
    #expect(try place.rnn("forecast", "predict", "model.safetensors", "t.csv").status == 0)
  }
}
