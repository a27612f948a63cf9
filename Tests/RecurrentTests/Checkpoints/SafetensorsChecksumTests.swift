import Foundation
import Storage
import Recurrent
import Testing
import TestSupport

@Suite("Checksums of safetensors")
struct SafetensorsChecksumTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  private func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// CRC-32C by its definition, bit by bit.
  private func reference(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    return ~crc
  }

  private func write(
    _ path: String, count: Int = 5, metadata: [(key: String, value: String)] = [], checksum: Bool = true
  ) throws(CheckpointError) {
    let tensors: [(name: String, dtype: Safetensors.DType, shape: [Int])] = [
      ("w", .F32, [count]), ("none", .F64, [0]), ("s", .F32, []),
    ]
    try Safetensors.write(to: path, tensors: tensors, metadata: metadata, checksum: checksum) {
      (tensor, file) throws(FileError) in
      let values = (0..<tensor.elementCount).map { Float($0) }
      try file.write(values.span)
    }
  }

  @Test("It is that of the file with zeros for its digits, and the last entry of the metadata")
  func value() throws {
    let path = directory.file("file")
    // Texts that look like the checksum's own.
    let metadata = [
      (key: "note", value: #","checksum":"crc32c:00000000"}"#), (key: "checksum2", value: "crc32c:00000000"),
      (key: "", value: "é\u{0}"),
    ]
    for metadata in [[], metadata] {
      try write(path, metadata: metadata)
      let file = try SafetensorsFile(path: path)
      #expect(file.hasChecksum)
      try file.verifyChecksum()
      #expect(file.metadata.dropLast().map(\.key) == metadata.map(\.key))
      #expect(file.metadata.dropLast().map(\.value) == metadata.map(\.value))
      let last = try #require(file.metadata.last)
      #expect(last.key == "checksum" && last.value.utf8.count == 15)
      var bytes = try bytes(of: path)
      let place = try #require(Data(bytes).range(of: Data(last.value.utf8), options: .backwards))
      bytes.replaceSubrange(place.dropFirst(7), with: Array("00000000".utf8))
      let digits = String(reference(bytes), radix: 16)
      #expect(last.value == "crc32c:" + String(repeating: "0", count: 8 - digits.count) + digits)
    }
  }

  @Test("A damaged file says which checksum it has and should have")
  func mismatch() throws {
    let path = directory.file("file")
    // Longer than a piece.
    try write(path, count: 300_000)
    var bytes = try bytes(of: path)
    try SafetensorsFile(path: path).verifyChecksum()
    let expected = try #require(try SafetensorsFile(path: path).metadata("checksum"))
    for index in [bytes.count - 1, bytes.count - 1_100_000, bytes.count / 2] {
      bytes[index] ^= 0x10
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let file = try SafetensorsFile(path: path)
      let error = #expect(throws: CheckpointError.self) { try file.verifyChecksum() }
      guard case .checksumMismatch(path, expected, let actual) = error else {
        Issue.record("\(error?.description ?? "no error")")
        continue
      }
      #expect(actual != expected && error?.description.contains(actual) == true)
      #expect(error?.description.contains(expected) == true)
      bytes[index] ^= 0x10
    }
  }

  @Test("Without a checksum there is none to verify; what is none is named")
  func others() throws {
    try write(directory.file("bare"), checksum: false)
    let bare = try SafetensorsFile(path: directory.file("bare"))
    #expect(!bare.hasChecksum)
    #expect(throws: CheckpointError.invalidMetadata(file: bare.file, key: "checksum", reason: "it is missing")) {
      try bare.verifyChecksum()
    }
    for text in [
      "", "sha256:00", "crc32c:", "crc32c:0123456", "crc32c:012345678", "crc32c:0123456F", "crc32c:0123456g",
    ] {
      let path = directory.file("other")
      try write(path, metadata: [(key: "checksum", value: text)], checksum: false)
      let file = try SafetensorsFile(path: path)
      #expect(file.hasChecksum == text.hasPrefix("crc32c:"))
      let error = #expect(throws: CheckpointError.self, "\(text)") { try file.verifyChecksum() }
      #expect(error?.description.contains("expected crc32c: and 8 hexadecimal digits") == true, "\(text)")
    }
    // Its digits in escapes, of which there would be more than one spelling.
    let header = Array(#"{"__metadata__":{"checksum":"crc32c:0000000\u0030"}}"#.utf8)
    let escaped = try SafetensorsFile(bytes: [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header, file: "it")
    #expect(escaped.metadata("checksum") == "crc32c:00000000")
    #expect(throws: CheckpointError.self) { try escaped.verifyChecksum() }
  }

  @Test("The same content has the same checksum and bytes")
  func determinism() throws {
    try write(directory.file("a"))
    try write(directory.file("b"))
    #expect(try bytes(of: directory.file("a")) == bytes(of: directory.file("b")))
  }
}
