import Foundation
import Testing

import Storage
import Recurrent
import TestSupport

@Suite("Safetensors files on disk")
struct SafetensorsWritingTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  /// Tensors of counting numbers, of the given types.
  private func write(
    _ path: String, _ tensors: [(name: String, dtype: Safetensors.DType, shape: [Int])],
    metadata: [(key: String, value: String)] = []
  ) throws(CheckpointError) {
    try Safetensors.write(to: path, tensors: tensors, metadata: metadata) {
      (tensor, file) throws(FileError) in
      if tensor.dtype == .F64 {
        let values = (0..<tensor.elementCount).map { Double($0) }
        try file.write(values.span)
      } else {
        let values = (0..<tensor.elementCount).map { Float($0) }
        try file.write(values.span)
      }
    }
  }

  @Test("What is written is read back, sorted by type and then by name, data at a multiple of 8 bytes")
  func roundTrip() throws {
    let path = directory.file("model")
    let metadata = [(key: "é\"\n\u{0}", value: "\\ \u{7F} 日本"), (key: "", value: "")]
    try write(
      path,
      [
        ("b", .F32, [2, 3]), ("a", .F32, []), ("e\u{301}", .F32, [1]), ("\u{E9}", .F32, [1]),
        ("z", .F64, [2]),
        ("none", .F32, [0, 7]),
      ], metadata: metadata)
    let file = try SafetensorsFile(path: path)
    #expect(file.tensors.map(\.name) == ["z", "a", "b", "e\u{301}", "none", "\u{E9}"])
    #expect(try file.floats("b", shape: [2, 3]) == [0, 1, 2, 3, 4, 5])
    #expect(try file.doubles("z", shape: [2]) == [0, 1])
    #expect(try file.floats("a", shape: []) == [0])
    #expect(try file.floats("none", shape: [0, 7]) == [])
    #expect(file.metadata.map(\.key) == metadata.map(\.key))
    #expect(file.metadata.map(\.value) == metadata.map(\.value))
    let headerLength = try readFile(path)[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(headerLength.isMultiple(of: 8))
    #expect(try directory.names == ["model"])
  }

  @Test("No tensors make a file too")
  func empty() throws {
    try write(directory.file("empty"), [])
    #expect(try SafetensorsFile(path: directory.file("empty")).tensors.isEmpty)
    #expect(try readFile(directory.file("empty")) == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
  }

  @Test("The reference writer's files are written again byte for byte")
  func reference() throws {
    let fixtures = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures").path
    let names = try FileManager.default.contentsOfDirectory(atPath: fixtures).filter {
      $0.hasSuffix(".safetensors")
    }
    try #require(!names.isEmpty)
    for name in names {
      let file = try SafetensorsFile(path: "\(fixtures)/\(name)")
      let path = directory.file(name)
      try Safetensors.write(
        to: path, tensors: file.tensors.reversed().map { ($0.name, $0.dtype, $0.shape) },
        metadata: file.metadata
      ) { (tensor, target) throws(FileError) in
        guard let bytes = try? file.bytes(of: tensor) else {
          throw FileError(.read, name, kind: .other, reason: "no bytes")
        }
        try target.write(bytes.span)
      }
      let (written, reference) = (try readFile(path), try readFile("\(fixtures)/\(name)"))
      #expect(written == reference, "\(name)")
    }
  }

  @Test("A failure leaves the old file")
  func failure() throws {
    let path = try directory.makeFile("model", "old")
    let reason = FileError(.write, path, kind: .noSpace, reason: "disk full")
    #expect(throws: CheckpointError.io(file: path, reason: "cannot write: disk full")) {
      try Safetensors.write(to: path, tensors: [("w", .F32, [4])]) { (_, file) throws(FileError) in
        try file.write([Float](repeating: 1, count: 2).span)
        throw reason
      }
    }
    #expect(try readFile(path) == Array("old".utf8))
    #expect(try directory.names == ["model"])
    let error = #expect(throws: CheckpointError.self) { try write(directory.file("no/model"), []) }
    #expect(error?.description.contains("does not exist") == true)
  }

  @Test("A path that cannot be read says so")
  func paths() throws {
    #expect(throws: CheckpointError.missingFile(directory.file("no"))) {
      try SafetensorsFile(path: directory.file("no"))
    }
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(path: directory.path) }
    #expect(error?.description == "\(directory.path): cannot read: it is a directory")
  }

  @Test("Too few values, a name twice and the reserved name are mistakes of the program")
  func mistakes() async {
    let path = directory.file("never")
    await #expect(processExitsWith: .failure) { [path = path as String] in
      try Safetensors.write(to: path, tensors: [("w", .F32, [4])]) { (_, file) throws(FileError) in
        try file.write([Float](repeating: 1, count: 3).span)
      }
    }
    await #expect(processExitsWith: .failure) { [path = path as String] in
      try Safetensors.write(to: path, tensors: [("w", .F32, []), ("w", .F64, [])]) { _, _ in }
    }
    await #expect(processExitsWith: .failure) { [path = path as String] in
      try Safetensors.write(to: path, tensors: [("__metadata__", .F32, [])]) { _, _ in }
    }
  }
}
