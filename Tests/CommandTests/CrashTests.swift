import Foundation
import Testing

/// A training that is killed, and one that runs beside another. `scripts/check-crashes` does this hundreds of times, and
/// makes system calls fail too.
@Suite(.serialized)
struct CrashTests {
  private static let options =
    ["--text", "text.txt", "--steps", "120", "--save-every", "3", "--seed", "3", "--head-dropout", "0.2"] + tiny

  /// Kills itself a little later each time; what goes on from there ends with the very bytes of a training that was never
  /// killed.
  @Test func killedAtManyMoments() async throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let began = ContinuousClock.now
    let whole = try place.rnn(["train", "--checkpoint", "whole.safetensors"] + Self.options)
    #expect(whole.status == 0, "\(whole.errors)")
    let duration = ContinuousClock.now - began

    var killed = 0
    for moment in 1...10 {
      let name = "model\(moment).safetensors"
      let process = try place.start(
        Workplace.command.path, ["train", "--checkpoint", name] + Self.options)
      try await Task.sleep(for: duration * moment / 11)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      // It may have been faster this time, or not have begun to save.
      guard process.terminationReason == .uncaughtSignal, place.exists(name) else { continue }
      killed += 1
      #expect(try place.rnn("inspect", name).status == 0)
      let rest = try place.rnn("train", "--resume", name)
      #expect(rest.status == 0, "\(rest.errors)")
      #expect(try place.data(name) == place.data("whole.safetensors"), "killed after \(duration * moment / 11)")
      let best = "model\(moment)-best.safetensors"
      #expect(try place.data(best) == place.data("whole-best.safetensors"))
      // What the killed one left is gone.
      let hidden = try FileManager.default.contentsOfDirectory(atPath: place.directory.path).filter {
        $0.hasPrefix(".model\(moment)")
      }
      #expect(hidden.isEmpty, "\(hidden)")
    }
    #expect(killed > 0, "no training was killed between its first save and its end")
  }

  @Test func secondWriterIsRefused() async throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let endless = ["train", "--text", "text.txt", "--epochs", "1000000"] + tiny
    let first = try place.start(Workplace.command.path, endless)
    let deadline = ContinuousClock.now + .seconds(60)
    while !place.exists("model.safetensors"), ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    try FileManager.default.createSymbolicLink(atPath: place.url("link").path, withDestinationPath: "model.safetensors")
    for name in ["model.safetensors", "./model.safetensors", "link"] {
      let second = try place.other(endless + ["--checkpoint", name])
      expectFailure(second, 1, "\(name) is being written by process \(first.processIdentifier)")
    }
    // Another name in the same directory is nobody's business.
    let third = try place.other(
      ["train", "--text", "text.txt", "--steps", "3", "--checkpoint", "other.safetensors"] + tiny)
    #expect(third.status == 0, "\(third.errors)")
    kill(first.processIdentifier, SIGTERM)
    first.waitUntilExit()
    #expect(first.terminationStatus == 143)
    #expect(!place.exists(".model.safetensors.lock"))
  }

  /// The signal that would end the process is ignored: the save fails, and what was there stays.
  @Test func fileSizeLimit() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let train = ["train", "--text", "text.txt", "--steps", "2"] + tiny
    #expect(try place.rnn(train).status == 0)
    let before = try place.data("model.safetensors")
    let limited = "ulimit -f 2; exec \"$0\" \"$@\""
    let outcome = try place.run("/bin/bash", ["-c", limited, Workplace.command.path] + train + ["--seed", "9"])
    expectFailure(outcome, 1, "the last checkpoint could not be saved")
    #expect(outcome.errors.contains("File too large"))
    #expect(try place.data("model.safetensors") == before)
    let hidden = try FileManager.default.contentsOfDirectory(atPath: place.directory.path).filter {
      $0.hasPrefix(".model")
    }
    #expect(hidden.isEmpty, "\(hidden)")
  }
}

extension Workplace {
  /// Runs `rnn` while another process of this place writes its own output.
  func other(_ arguments: [String]) throws -> Outcome {
    let process = Process()
    process.executableURL = Self.command
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try Data().write(to: url(".others"))
    process.standardError = try FileHandle(forWritingTo: url(".others"))
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: Data(), errors: String(decoding: try data(".others"), as: UTF8.self))
  }
}
