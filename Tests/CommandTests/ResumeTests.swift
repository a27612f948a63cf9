import Foundation
import Testing

/// `rnn train --resume`: the same bytes as without the stop. `--init-from`: the weights alone.
struct ResumeTests {
  /// A training of 60 steps, 53 an epoch, with a checkpoint of each step; text and all files lie in the place.
  private func training(_ place: Workplace) throws {
    try place.write(sampleText(words: 1500), to: "text.txt")
    let outcome = try place.rnn(
      ["train", "--text", "text.txt", "--steps", "60", "--save-every", "1", "--keep", "100", "--log", "log.jsonl"]
        + tiny + ["--dropout", "0.25", "--layers", "2", "--head-dropout", "0.1", "--patience", "3"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  private func losses(_ place: Workplace, _ log: String) throws -> [Double?] {
    try place.log(log).map { $0["training_loss"] as? Double }
  }

  @Test func sameBytesAsWithoutTheStop() throws {
    let place = try Workplace()
    try training(place)
    let (whole, best) = (try place.data("model.safetensors"), try place.data("model-best.safetensors"))
    let lines = try losses(place, "log.jsonl")
    let epoch = try #require(try place.log("log.jsonl").firstIndex { $0["validation_loss"] is Double }) + 1
    #expect(lines.count == 60 && epoch < 60)
    // The first step, the middle of an epoch, around its end, the last but one.
    for step in [1, 20, epoch - 1, epoch, epoch + 1, 59] {
      // The log goes on after the line of that step.
      try place.write(String(decoding: place.data("log.jsonl"), as: UTF8.self), to: "again.jsonl")
      let outcome = try place.rnn(
        "train", "--resume", "model-step-\(step).safetensors", "--checkpoint", "again.safetensors", "--threads",
        "\(1 + step % 2)", "--log", "again.jsonl", "--keep", "0")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("after step \(step) of 60"))
      #expect(try place.data("again.safetensors") == whole, "resumed after step \(step)")
      #expect(try place.data("again-best.safetensors") == best, "resumed after step \(step)")
      #expect(try losses(place, "again.jsonl") == lines)
    }
  }

  /// From a generation the training goes on under the name of the last checkpoint; done, there is nothing to go on with.
  @Test func goesOnWhereItWas() throws {
    let place = try Workplace()
    try training(place)
    let whole = try place.data("model.safetensors")
    let outcome = try place.rnn("train", "--resume", "model-step-58.safetensors")
    #expect(outcome.status == 0 && outcome.errors.contains("saved model.safetensors"), "\(outcome.errors)")
    #expect(try place.data("model.safetensors") == whole)
    #expect(!place.exists("model-step-59.safetensors"), "of a future that was given up")
    let done = try place.rnn("train", "--resume", "model.safetensors")
    #expect(done.status == 0 && done.errors.contains("is complete after step 60"))
    // What will not be is not announced.
    let shorter = try place.rnn("train", "--resume", "model.safetensors", "--steps", "30", "--products", "packed")
    #expect(shorter.status == 0 && shorter.errors.contains("is complete after step 60"))
    #expect(!shorter.errors.contains("schedule") && !shorter.errors.contains("are now"), "\(shorter.errors)")
    let longer = try place.rnn("train", "--resume", "model.safetensors", "--steps", "70")
    #expect(longer.status == 0 && longer.errors.contains("the cosine schedule now ends at step 70, not 60"))
    #expect(try place.rnn("sample", "model.safetensors", "--length", "5").status == 0)
  }

  @Test func takesTheNewestThatIsWhole() throws {
    let place = try Workplace()
    try training(place)
    let whole = try place.data("model.safetensors")
    try whole.prefix(whole.count / 2).write(to: place.url("model.safetensors"))
    try Data().write(to: place.url("model-step-59.safetensors"))
    let outcome = try place.rnn("train", "--resume", "model.safetensors")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("warning: model.safetensors is cut short"))
    #expect(outcome.errors.contains("warning: model-step-59.safetensors is cut short"))
    #expect(outcome.errors.contains("warning: going on from model-step-58.safetensors, of step 58"))
    #expect(try place.data("model.safetensors") == whole)
  }

  @Test func refusesWhatIsNotItsOwn() throws {
    let place = try Workplace()
    try training(place)
    try place.write("other text, " + sampleText(words: 1500), to: "other.txt")
    expectFailure(
      try place.rnn("train", "--resume", "model-step-5.safetensors", "--text", "other.txt"), 1,
      "other.txt is not the text that model-step-5.safetensors was trained on")
    let files = try place.data("model.safetensors")
    expectFailure(
      try place.rnn("train", "--resume", "model-best.safetensors"), 1, "model-best.safetensors", "no training to go on")
    expectFailure(try place.rnn("train", "--resume", "none.safetensors"), 1, "no file none.safetensors")
    expectFailure(try place.rnn("train", "--resume", "text.txt"), 1, "text.txt")
    expectFailure(
      try place.rnn("train", "--resume", "model-step-5.safetensors", "--hidden-size", "3"), 64, "--hidden-size",
      "--resume")
    expectFailure(
      try place.rnn("train", "--resume", "model-step-5.safetensors", "--seed=3"), 64, "--seed", "--resume")
    expectFailure(
      try place.rnn("train", "--resume", "a.safetensors", "--init-from", "b.safetensors"), 64, "--init-from")
    #expect(try place.data("model.safetensors") == files)
    // The text given again, at another place.
    try FileManager.default.moveItem(at: place.url("text.txt"), to: place.url("moved.txt"))
    expectFailure(try place.rnn("train", "--resume", "model-step-5.safetensors"), 1, "text.txt")
    let moved = try place.rnn("train", "--resume", "model-step-57.safetensors", "--text", "moved.txt")
    #expect(moved.status == 0, "\(moved.errors)")
  }

  @Test func startsFromWeights() throws {
    let place = try Workplace()
    try training(place)
    // Two characters that the model does not know; most of those that it does are missing.
    try place.write(String(repeating: "the Ωmega fox. ", count: 200), to: "greek.txt")
    let options = [
      "--text", "greek.txt", "--batch-size", "4", "--sequence-length", "16", "--threads", "1", "--keep", "0",
    ]
    let outcome = try place.rnn(
      [
        "train", "--init-from", "model-best.safetensors", "--checkpoint", "greek.safetensors", "--steps", "1",
        "--learning-rate", "1e-12",
      ] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("that it does not know start afresh"), "\(outcome.errors)")
    let vocabulary = try #require(
      try place.rnn("inspect", "greek.safetensors", "--json").json()["vocabulary"] as? [String: Any])
    let known = Set(sampleText(words: 1500).unicodeScalars)
    let all = known.union("the Ωmega fox. ".unicodeScalars)
    #expect(vocabulary["count"] as? Int == all.count)
    #expect(outcome.errors.contains("knows \(known.count) of \(all.count) characters"))
    // Nothing was learnt in that step: on the old text the new model is as good as the old one, but for the share of
    // probability that the new characters take.
    let before = try place.rnn("evaluate", "model-best.safetensors", "--text", "text.txt", "--json").json()
    let after = try place.rnn("evaluate", "greek.safetensors", "--text", "text.txt", "--json").json()
    let (old, new) = (try #require(before["loss"] as? Double), try #require(after["loss"] as? Double))
    #expect(new > old && new < old + 0.5, "\(old) \(new)")
    expectFailure(
      try place.rnn(["train", "--init-from", "model-best.safetensors", "--cell", "gru"] + options), 64, "--cell")
    expectFailure(try place.rnn(["train", "--init-from", "text.txt"] + options), 1, "text.txt")
  }

  @Test func oneWriterAtATime() async throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let options = ["train", "--text", "text.txt", "--epochs", "1000000", "--log", "log.jsonl"] + tiny
    let process = try place.start(Workplace.command.path, options)
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? place.data("log.jsonl").count) ?? 0 < 500, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    let second = Process()
    second.executableURL = Workplace.command
    second.arguments = ["train", "--text", "text.txt", "--steps", "1", "--checkpoint", "./model.safetensors"] + tiny
    second.currentDirectoryURL = place.directory
    second.standardError = try { () -> FileHandle in
      try Data().write(to: place.url("second"))
      return try FileHandle(forWritingTo: place.url("second"))
    }()
    try second.run()
    second.waitUntilExit()
    #expect(second.terminationStatus == 1)
    let errors = String(decoding: try place.data("second"), as: UTF8.self)
    #expect(errors.contains("model.safetensors") && errors.contains("\(process.processIdentifier)"), "\(errors)")
    process.terminate()
    let outcome = try place.finish(process)
    #expect(outcome.status == 143)
  }
}
