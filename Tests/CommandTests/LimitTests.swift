import Foundation
import Testing

/// The command in processes that may not have what they ask for (`ulimit`). More of it: `scripts/check-crashes --only environments`.
@Suite struct LimitTests {
  /// Runs `rnn` with a limit on its addresses, in KiB.
  private func rnn(_ place: Workplace, addresses: Int, _ arguments: [String]) throws -> Outcome {
    try place.run("/bin/sh", ["-c", "ulimit -v \(addresses); exec \"$0\" \"$@\"", Workplace.command.path] + arguments)
  }

  @Test("Threads that cannot be started are an error, and a smaller number is none")
  func threads() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let training = ["train", "--text", "text.txt", "--steps", "2", "--hidden-size", "12"]
    // 8 MiB of stack each.
    let outcome = try rnn(place, addresses: 2_000_000, training + ["--threads", "1024"])
    expectFailure(outcome, 1, "cannot start 1023 worker threads, only ", "ask for fewer threads")
    #expect(!place.exists("model.safetensors"))
    #expect(try rnn(place, addresses: 2_000_000, training + ["--threads", "2"]).status == 0)
  }

  @Test("A model that does not fit a limit on addresses is an error", arguments: [400_000, 600_000, 800_000])
  func memory(addresses: Int) throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let outcome = try rnn(
      place, addresses: addresses, ["train", "--text", "text.txt", "--steps", "1", "--hidden-size", "3000"])
    expectFailure(outcome, 1, "would need ", "of memory are available")
    #expect(!place.exists("model.safetensors"))
  }

  @Test("A comparison that does not fit is found before the training, not after")
  func autoregression() throws {
    let place = try Workplace()
    try place.write("x\n" + (0..<50_000).map { "\($0 * $0 % 1009)\n" }.joined(), to: "t.csv")
    let training = [
      "forecast", "train", "--method", "network", "t.csv", "--epochs", "1", "--window", "2", "--hidden-size", "2",
      "--batch-size", "1000",
      "--threads", "1", "--autoregression", "1000",
    ]
    let outcome = try rnn(place, addresses: 700_000, training)
    expectFailure(outcome, 1, "--autoregression 1000", "memory")
    #expect(!outcome.errors.contains("epoch") && !place.exists("model.safetensors"), "\(outcome.errors)")
  }

  @Test(
    "Where even OpenBLAS has no memory for its own threads the process ends", arguments: [160_000, 190_000, 250_000])
  func ends(addresses: Int) throws {
    let place = try Workplace()
    let begin = ContinuousClock.now
    let outcome = try rnn(place, addresses: addresses, ["--version"])
    #expect(outcome.status == 0 || outcome.errors.contains("shared librar"), "\(outcome.errors)")
    #expect(ContinuousClock.now - begin < .seconds(20))
  }
}
