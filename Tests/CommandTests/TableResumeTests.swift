import Foundation
import Testing

/// `rnn forecast train`, `rnn classify train`, `rnn tag train` and `rnn translate train`: stopped, they save; resumed, they end with the bytes of a training that was
/// not stopped.
@Suite(.serialized)
struct TableResumeTests {
  /// A command, and a table that it trains on.
  enum Kind: String, CaseIterable, Sendable {
    case forecast, classify, texts, translate, tag

    var command: String { self == .texts ? "classify" : rawValue }

    var options: [String] {
      switch self {
      case .forecast: ["--method", "network", "--window", "8", "--head-dropout", "0.2"]
      case .classify: ["--sequence-column", "who", "--label-column", "kind", "--head-dropout", "0.2"]
      case .texts:
        ["--text-column", "word", "--label-column", "language", "--embedding-size", "4", "--head-dropout", "0.2"]
      case .tag: ["--embedding-size", "4", "--affix-size", "2", "--letter-size", "3", "--head-dropout", "0.2"]
      case .translate: ["--dropout", "0.2", "--scheduled-sampling", "0.2", "--recurrent-dropout", "0.1"]
      }
    }

    func prepare(_ place: Workplace) throws {
      try place.write(data(1), to: "t.csv")
    }

    /// Others for another seed.
    func data(_ seed: UInt64) -> String {
      switch self {
      case .forecast: ForecastTests.table(79 + Int(seed))
      case .classify: Waves(60, seed: seed).csv
      case .texts: Words(60, seed: seed).csv
      case .tag: TaggedText(60, seed: seed).columns
      case .translate: TranslateTests.reversals(60, seed: seed)
      }
    }

    func begin(_ own: [String]) -> [String] {
      [command, "train", "t.csv", "--hidden-size", "6", "--threads", "1"] + options + own
    }

    func resume(_ own: [String]) -> [String] { [command, "train", "t.csv"] + own }
  }

  /// A training that would take hours, once its log shows that it runs.
  private func endless(_ kind: Kind, _ place: Workplace, checkpoint: String) async throws -> Process {
    let process = try place.start(
      Workplace.command.path,
      kind.begin([
        "--epochs", "1000000", "--patience", "1000000", "--schedule", "constant", "--log", "log.jsonl", "--checkpoint",
        checkpoint,
      ]))
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? place.data("log.jsonl").count) ?? 0 < 6_000, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    return process
  }

  @Test(arguments: Kind.allCases, [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
  func sameBytesAsWithoutTheStop(kind: Kind, signal: (number: Int32, status: Int32)) async throws {
    // As a child inherits it: nohup, and shells for what runs in the background, ignore some.
    for number in [SIGINT, SIGHUP] { _ = Foundation.signal(number, SIG_DFL) }
    let place = try Workplace()
    try kind.prepare(place)
    let process = try await endless(kind, place, checkpoint: "part.safetensors")
    kill(process.processIdentifier, signal.number)
    let stopped = try place.finish(process)
    #expect(stopped.status == signal.status, "\(stopped.errors)")
    #expect(stopped.errors.contains("saved part.safetensors") && stopped.errors.contains("--resume part.safetensors"))
    let log = try place.log("log.jsonl")
    let step = try #require(log.last?["step"] as? Int)
    let epoch = try #require(log.last?["epoch"] as? Int)
    // On to the end of the next epoch but one, and all of it in one go.
    let length = ["--epochs", "\(epoch + 2)"]
    let resumed = try place.rnn(
      kind.resume(["--resume", "part.safetensors", "--log", "log.jsonl", "--patience", "1000001"] + length))
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed   part.safetensors, after step "))
    let whole = try place.rnn(
      kind.begin(
        length + [
          "--patience", "1000001", "--schedule", "constant", "--log", "whole.jsonl", "--checkpoint",
          "whole.safetensors",
        ]))
    #expect(whole.status == 0 && whole.output == resumed.output, "\(whole.errors)")
    func losses(_ name: String) throws -> [[Double?]] {
      try place.log(name).map { [$0["training_loss"] as? Double, $0["validation_loss"] as? Double] }
    }
    let lines = try losses("log.jsonl")
    #expect(lines == (try losses("whole.jsonl")) && lines.count > step)
    // All but the command lines that stand in the notes.
    #expect(try tensors(place.data("part.safetensors")) == tensors(place.data("whole.safetensors")))
  }

  /// The bytes after the header.
  private func tensors(_ file: Data) -> Data {
    let length = (0..<8).reduce(0) { $0 | Int(file[file.startIndex + $1]) << (8 * $1) }
    return Data(file.dropFirst(8 + length))
  }

  @Test(arguments: Kind.allCases) func secondWriterIsRefused(kind: Kind) async throws {
    _ = Foundation.signal(SIGINT, SIG_DFL)
    let place = try Workplace()
    try kind.prepare(place)
    let first = try await endless(kind, place, checkpoint: "model.safetensors")
    let second = try place.other(kind.begin(["--epochs", "1"]))
    expectFailure(second, 1, "model.safetensors is being written by process \(first.processIdentifier)")
    kill(first.processIdentifier, SIGINT)
    #expect(try place.finish(first).status == 130)
    #expect(!place.exists(".model.safetensors.lock"))
  }

  @Test(arguments: Kind.allCases) func refusesWhatIsNotItsOwn(kind: Kind) throws {
    let place = try Workplace()
    try kind.prepare(place)
    #expect(try place.rnn(kind.begin(["--epochs", "2"])).status == 0)
    let before = try place.data("model.safetensors")
    let resume = ["--resume", "model.safetensors"]
    let done = try place.rnn(kind.resume(resume))
    #expect(done.status == 0 && done.errors.contains("is complete after step"), "\(done.errors)")
    expectFailure(try place.rnn(kind.resume(resume + ["--hidden-size", "3"])), 64, "--hidden-size", "--resume")
    expectFailure(try place.rnn(kind.resume(["--resume", "none.safetensors"])), 1, "no file none.safetensors")
    let other: Kind = kind == .forecast ? .classify : .forecast
    expectFailure(
      try place.rnn(other.resume(resume)), 1,
      kind == .translate ? "model.safetensors" : "is a checkpoint of 'rnn \(kind.command) train'")
    try place.write(kind.data(2), to: "t.csv")
    expectFailure(
      try place.rnn(kind.resume(resume)), 1,
      "t.csv does not hold the \(kind == .translate ? "pairs" : "data") that model.safetensors was trained on")
    #expect(try place.data("model.safetensors") == before)
  }

  /// A process that was told to ignore a signal does so.
  @Test func ignoredSignalsStayIgnored() async throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let command = "trap '' HUP; exec \"$0\" \"$@\""
    let train = ["train", "--text", "text.txt", "--epochs", "1000000", "--log", "log.jsonl"] + tiny
    let process = try place.start("/bin/bash", ["-c", command, Workplace.command.path] + train)
    func size() -> Int { (try? place.data("log.jsonl").count) ?? 0 }
    let deadline = ContinuousClock.now + .seconds(60)
    while size() < 3_000, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
    kill(process.processIdentifier, SIGHUP)
    let before = size()
    while size() < before + 3_000, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
    #expect(process.isRunning)
    kill(process.processIdentifier, SIGTERM)
    #expect(try place.finish(process).status == 143)
  }
}
