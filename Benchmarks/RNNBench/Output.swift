import Foundation
import Storage

/// Writes a line to standard output at once, also into a pipe.
func say(_ line: String) throws { try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) }

/// Writes `results` as JSON, with keys in snake_case; the file appears whole or not at all.
func writeJSON(_ results: some Encodable, to path: String) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  let bytes = [UInt8](try encoder.encode(results)) + [UInt8(ascii: "\n")]
  try DurableFile.replace(path) { (file) throws(FileError) in try file.write(bytes.span) }
}

/// To be asked before anything is measured.
func verifyWritable(_ path: String?) throws {
  if let path { try DurableFile.verifyWritable(path) }
}
