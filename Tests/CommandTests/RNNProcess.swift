import Foundation
import Testing

/// What a run of `rnn` left.
struct Outcome {
  let status: Int32
  let output: Data
  let errors: String
  var text: String { String(decoding: output, as: UTF8.self) }

  /// The object on standard output.
  func json() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
  }
}

/// A directory of its own for each test, and the command run in it.
final class Workplace {
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "rnn-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  /// The built commands, which lie beside the test bundle.
  static let command = built("rnn")
  static let benchmark = built("rnn-bench")

  private static func built(_ name: String) -> URL {
    let bundles = [Bundle.main.bundleURL] + Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    let places = bundles.map { $0.appending(path: name) }
    return places.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? places[0]
  }

  func url(_ name: String) -> URL { directory.appending(path: name) }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: url(name))
    return name
  }

  func data(_ name: String) throws -> Data { try Data(contentsOf: url(name)) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url(name).path) }

  /// Runs `rnn` to its end.
  func rnn(_ arguments: String...) throws -> Outcome { try rnn(arguments) }

  func rnn(_ arguments: [String]) throws -> Outcome { try run(Self.command.path, arguments) }

  /// Runs `rnn-bench` to its end, with `input` on standard input.
  func bench(_ arguments: [String], input: String = "") throws -> Outcome {
    try write(input, to: ".input")
    let process = try start(
      Self.benchmark.path, arguments, input: FileHandle(forReadingFrom: url(".input")))
    return try finish(process)
  }

  func run(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    let process = try start(path, arguments, environment: environment)
    return try finish(process)
  }

  /// Runs a script for `sh`, in which `$RNN` is the command: for what Foundation's processes cannot be given.
  func shell(_ script: String) throws -> Outcome {
    try run("/bin/sh", ["-c", script], environment: ["RNN": Self.command.path, "BENCH": Self.benchmark.path])
  }

  /// Starts `rnn`; `finish` waits for it.
  func start(
    _ path: String, _ arguments: [String], environment: [String: String] = [:], input: FileHandle = .nullDevice
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    // Files, not pipes: nothing can fill up while nobody reads.
    process.standardOutput = try handle(".output")
    process.standardError = try handle(".errors")
    try process.run()
    return process
  }

  func finish(_ process: Process) throws -> Outcome {
    process.waitUntilExit()
    let errors = String(decoding: try data(".errors"), as: UTF8.self)
    #expect(process.terminationReason == .exit, "ended by a signal: \(errors)")
    return Outcome(status: process.terminationStatus, output: try data(".output"), errors: errors)
  }

  private func handle(_ name: String) throws -> FileHandle {
    try Data().write(to: url(name))
    return try FileHandle(forWritingTo: url(name))
  }
}

/// A text with something to learn in it: about 6 characters a word.
func sampleText(words: Int = 800) -> String {
  let choice = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "sleeps.\n"]
  var state: UInt32 = 1
  return (0..<words).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return choice[Int(state >> 16) % choice.count]
  }.joined(separator: " ")
}

/// Options of a model that trains in no time.
let tiny = ["--hidden-size", "12", "--layers", "1", "--batch-size", "8", "--sequence-length", "16", "--threads", "1"]

/// Checks that a command failed as it should: the code, and one line that says all of `parts`.
func expectFailure(
  _ outcome: Outcome, _ status: Int32, _ parts: String..., command: String = "rnn",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
  let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("\(command): error: ") }
  #expect(lines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.errors.hasSuffix("\n"), sourceLocation: sourceLocation)
  for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: sourceLocation) }
}
