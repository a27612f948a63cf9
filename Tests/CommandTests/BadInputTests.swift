import Foundation
import Testing

/// Texts, models and paths that cannot be used end with code 1 and a line that names them.
struct BadInputTests {
  @Test func emptyText() throws {
    let place = try Workplace()
    try place.write("", to: "empty.txt")
    expectFailure(try place.rnn("train", "--text", "empty.txt"), 1, "empty.txt", "empty")
    #expect(!place.exists("model.safetensors"))
  }

  @Test func textShorterThanASequence() throws {
    let place = try Workplace()
    try place.write("too short", to: "short.txt")
    expectFailure(try place.rnn("train", "--text", "short.txt"), 1, "9 characters", "17")
    try place.write(sampleText(words: 100), to: "text.txt")
    let outcome = try place.rnn(["train", "--text", "text.txt", "--sequence-length", "5000"])
    expectFailure(outcome, 1, "too short", "5001")
    expectFailure(
      try place.rnn(["train", "--text", "text.txt", "--batch-size", "900"]), 1, "too short", "\(900 * 16 + 1)")
  }

  @Test func oneDistinctCharacter() throws {
    let place = try Workplace()
    try place.write(String(repeating: "a", count: 1000), to: "a.txt")
    expectFailure(try place.rnn("train", "--text", "a.txt"), 1, "'a' (U+0061)")
  }

  @Test func invalidUTF8() throws {
    let place = try Workplace()
    try Data(Array("caf".utf8) + [0xE9] + Array(repeating: 0x20, count: 500)).write(to: place.url("latin1.txt"))
    expectFailure(try place.rnn("train", "--text", "latin1.txt"), 1, "latin1.txt", "0xE9", "offset 3", "--bytes")
    let outcome = try place.rnn(["train", "--text", "latin1.txt", "--bytes", "--steps", "2"] + tiny)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func missingTextAndDirectoryWithoutMatches() throws {
    let place = try Workplace()
    expectFailure(try place.rnn("train", "--text", "nowhere.txt"), 1, "nowhere.txt")
    try FileManager.default.createDirectory(at: place.url("texts"), withIntermediateDirectories: true)
    try place.write(sampleText(), to: "texts/a.txt")
    expectFailure(try place.rnn("train", "--text", "texts", "--extension", "swift"), 1, "texts", ".swift")
  }

  @Test func unwritableTargetsAreFoundBeforeTheTextIsRead() throws {
    let place = try Workplace()
    expectFailure(
      try place.rnn("train", "--text", "nowhere.txt", "--checkpoint", "missing/model.safetensors"), 1, "missing")
    try FileManager.default.createDirectory(at: place.url("folder"), withIntermediateDirectories: true)
    expectFailure(try place.rnn("train", "--text", "nowhere.txt", "--checkpoint", "folder"), 1, "folder")
    expectFailure(try place.rnn("train", "--text", "nowhere.txt", "--log", "missing/log.jsonl"), 1, "missing/log.jsonl")
  }

  @Test func textIsNeverOverwritten() throws {
    let place = try Workplace()
    let text = sampleText()
    try place.write(text, to: "text.txt")
    for options in [["--checkpoint", "text.txt"], ["--log", "./text.txt"]] {
      expectFailure(try place.rnn(["train", "--text", "text.txt"] + options), 1, "text.txt", "overwritten")
    }
    #expect(try place.data("text.txt") == Data(text.utf8))
  }

  @Test func modelsTooLargeAreRefusedAtOnce() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let start = ContinuousClock.now
    expectFailure(
      try place.rnn("train", "--text", "text.txt", "--hidden-size", "1000000"), 1, "would need", "TiB", "available")
    expectFailure(try place.rnn("train", "--text", "text.txt", "--hidden-size", "1000000000"), 1, "memory")
    expectFailure(try place.rnn("gradcheck", "--hidden-size", "1000000"), 1, "would need")
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func damagedAndForeignModels() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    try #require(try place.rnn(["train", "--text", "text.txt", "--steps", "2"] + tiny).status == 0)
    let whole = try place.data("model.safetensors")
    try whole.dropLast(10).write(to: place.url("cut.safetensors"))
    try place.write("no model at all, but a text\n", to: "foreign.safetensors")
    for name in ["cut.safetensors", "foreign.safetensors", "nowhere.safetensors"] {
      for command in [["sample", name], ["inspect", name], ["evaluate", name, "--text", "text.txt"]] {
        expectFailure(try place.rnn(command), 1, name)
      }
    }
  }

  @Test func charactersThatTheModelDoesNotKnow() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    try #require(try place.rnn(["train", "--text", "text.txt", "--steps", "2"] + tiny).status == 0)
    expectFailure(try place.rnn("sample", "model.safetensors", "--prompt", "the é"), 1, "--prompt", "'é' (U+00E9)")
    try place.write("the fox €", to: "other.txt")
    expectFailure(
      try place.rnn("evaluate", "model.safetensors", "--text", "other.txt"), 1, "'€' (U+20AC)", "other.txt")
    try place.write("t", to: "one.txt")
    expectFailure(try place.rnn("evaluate", "model.safetensors", "--text", "one.txt"), 1, "too few to evaluate")
  }

  @Test func lossThatIsNoLongerFinite() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    try #require(try place.rnn(["train", "--text", "text.txt", "--steps", "5"] + tiny).status == 0)
    let good = try place.data("model.safetensors")
    let options = ["--optimizer", "sgd", "--learning-rate", "1e39", "--clip-norm", "0", "--log", "log.jsonl"]
    let outcome = try place.rnn(["train", "--text", "text.txt"] + tiny + options)
    expectFailure(outcome, 3, "not a finite number", "at step ")
    #expect(try place.data("model.safetensors") == good)
    // The log, too, says where it happened, and stays valid JSON.
    let last = try #require(try place.data("log.jsonl").split(separator: 0x0A).last)
    let record = try #require(try JSONSerialization.jsonObject(with: last) as? [String: Any])
    #expect(record["training_loss"] is NSNull)
    #expect(outcome.errors.contains("at step \(try #require(record["step"] as? Int));"))
  }
}
