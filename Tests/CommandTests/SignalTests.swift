import Foundation
import Testing

/// Real signals to a real process.
@Suite(.serialized)
struct SignalTests {
  /// A training that would take hours, once its log shows that it runs.
  private func training(_ place: Workplace) async throws -> Process {
    try place.write(sampleText(), to: "text.txt")
    let process = try place.start(
      Workplace.command.path,
      ["train", "--text", "text.txt", "--epochs", "1000000", "--log", "log.jsonl"] + tiny)
    // A line of the log is longer than 100 bytes.
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? place.data("log.jsonl").count) ?? 0 < 3_000, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    return process
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func stopsInGoodOrder(signal: Int32, status: Int32) async throws {
    let place = try Workplace()
    let process = try await training(place)
    kill(process.processIdentifier, signal)
    let outcome = try place.finish(process)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains("; saved model.safetensors"))
    // The last step of the log is the last step done, and the model is whole.
    let last = try #require(try place.log("log.jsonl").last?["step"] as? Int)
    #expect(outcome.errors.contains("stopped after step \(last) of"))
    #expect(try place.rnn("sample", "model.safetensors", "--length", "5", "--seed", "1").text.count == 5)
    // Nothing is left behind. The first epoch may or may not have ended.
    let rest = try FileManager.default.contentsOfDirectory(atPath: place.directory.path)
      .filter { !$0.hasPrefix("model-step-") }
    let expected: Set = ["text.txt", "log.jsonl", "model.safetensors", "model-best.safetensors", ".output", ".errors"]
    #expect(expected.isSuperset(of: rest), "\(rest)")
  }

  /// On a table: the best model so far is kept.
  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func forecastStopsInGoodOrder(signal: Int32, status: Int32) async throws {
    let place = try Workplace()
    try place.write("x\n" + (0..<200).map { "\(Double($0 * $0 % 37) / 7)\n" }.joined(), to: "t.csv")
    let options = ["--epochs", "1000000", "--patience", "1000000", "--hidden-size", "4", "--window", "8"]
    let process = try place.start(
      Workplace.command.path,
      ["forecast", "train", "--method", "network", "t.csv", "--log", "log.jsonl", "--threads", "1"] + options)
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? place.data("log.jsonl").count) ?? 0 < 6_000, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    kill(process.processIdentifier, signal)
    let outcome = try place.finish(process)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains("stopped in epoch ") && outcome.errors.contains("saved model.safetensors"))
    #expect(try place.rnn("forecast", "predict", "model.safetensors", "t.csv").status == 0)
    let rest = try FileManager.default.contentsOfDirectory(atPath: place.directory.path)
    #expect(Set(rest) == ["t.csv", "log.jsonl", "model.safetensors", ".output", ".errors"])
  }

  @Test func secondSignalEndsAtOnce() async throws {
    let place = try Workplace()
    let process = try await training(place)
    kill(process.processIdentifier, SIGTERM)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    // Whichever is seen first; both may even arrive before a handler runs.
    #expect([130, 143].contains(process.terminationStatus))
  }
}
