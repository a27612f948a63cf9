import ArgumentParser
import Foundation
import Recurrent
import Storage
import Synchronization

/// Whether a file goes to standard output, which then has nothing else.
private let isOutputTaken = Atomic(false)

/// Writes a line to standard output at once, also into a pipe.
func say(_ line: String) throws(FileError) {
  let target = isOutputTaken.load(ordering: .relaxed) ? STDERR_FILENO : STDOUT_FILENO
  let code = writeAll(Array((line + "\n").utf8), to: target)
  guard code == 0 else { throw FileError(.write, DescriptorPath.standardOutput, errno: code) }
}

/// Writes a line to standard error.
func note(_ line: String) { _ = writeAll(Array("rnn-bench: \(line)\n".utf8), to: STDERR_FILENO) }

/// Writes `results` as JSON, with keys in snake_case; the file appears whole or not at all.
func writeJSON(_ results: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  let bytes = [UInt8](try encoder.encode(results)) + [UInt8(ascii: "\n")]
  try DurableFile.replace(path) { (file) throws(FileError) in try file.write(bytes.span) }
}

/// A transform for options: a file that is written, - for standard output.
@Sendable func outputPath(_ text: String) throws -> String {
  if text.isEmpty { throw ValidationError("expected a path") }
  return text == "-" ? DescriptorPath.standardOutput : text
}

/// What is written replaces what was written so before: JSON by `--json`, a file of arrays that is no model by `--dump`.
private func replaceable(by option: String) -> ReplaceableFiles {
  ReplaceableFiles { path in
    guard option == "--dump" else {
      let start = (try? readFile(path))?.first { !($0 == 0x20 || (0x09...0x0D).contains($0)) }
      return start == UInt8(ascii: "[") || start == UInt8(ascii: "{") ? nil : "no JSON"
    }
    return (try? SafetensorsFile(path: path)).map { $0.metadata("format") == nil } == true ? nil : "no file of arrays"
  }
}

/// To be asked before anything is measured: whether files can be written, and are different ones.
func verifyWritable(_ outputs: (path: String?, option: String)...) throws {
  var files = FileUse()
  for output in outputs { files.writes(output.path, as: output.option, over: replaceable(by: output.option)) }
  try files.check()
  for path in outputs.compactMap(\.path) where DescriptorPath.isStandardOutput(path) {
    isOutputTaken.store(true, ordering: .relaxed)
  }
}
