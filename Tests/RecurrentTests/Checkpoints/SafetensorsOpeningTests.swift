import Foundation
import Storage
import Recurrent
import Testing

import Glibc
import TestSupport

/// Files that stay on the disk: what is read of them, and when.
@Suite("Opening safetensors")
struct SafetensorsOpeningTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  private func start(_ header: String) -> [UInt8] {
    let header = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: UInt64(header.count) >> (8 * $0)) } + header
  }

  @Test("A file of terabytes opens at once, and a tensor at its end is read alone")
  func large() throws {
    let count = 1 << 40
    let header = start(
      #"{"big":{"dtype":"F32","shape":[\#(count)],"data_offsets":[0,\#(4 * count)]},"#
        + #""end":{"dtype":"F32","shape":[2],"data_offsets":[\#(4 * count),\#(4 * count + 8)]}}"#)
    let path = try directory.makeFile("large", header)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    // The rest is a hole, which takes no place on the disk.
    try handle.seek(toOffset: UInt64(header.count + 4 * count))
    try handle.write(contentsOf: [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    try handle.close()

    let clock = ContinuousClock()
    var file: SafetensorsFile?
    let time = try clock.measure { file = try SafetensorsFile(path: path) }
    // Milliseconds, where the processor is not shared; reading it would take half an hour.
    #expect(time < .seconds(5))
    let opened = try #require(file)
    #expect(try opened.floats("end", shape: [2]) == [1, -2])
    #expect(try opened.doubles("end") == [1, -2])
    // Asked for as a whole it is refused before anything is allocated.
    let error = #expect(throws: CheckpointError.self) { try opened.floats("big") }
    #expect(error?.description.contains("do not fit in the memory available") == true)
    let tensor = try opened.tensor("big")
    #expect(throws: CheckpointError.self) { try opened.bytes(of: tensor) }
  }

  @Test("A file that is cut short after opening is an error, not a signal")
  func cutShort() throws {
    let header = start(#"{"w":{"dtype":"F32","shape":[1000],"data_offsets":[0,4000]}}"#)
    let size = header.count + 4000
    let path = try directory.makeFile("file", header + [UInt8](repeating: 0, count: 4000))
    let file = try SafetensorsFile(path: path)
    #expect(try file.floats("w") == [Float](repeating: 0, count: 1000))
    let left = header.count + 1234
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: UInt64(left))
    try handle.close()
    let expected = CheckpointError.truncated(file: path, expected: size, actual: left)
    #expect(throws: expected) { try file.floats("w") }
    #expect(throws: expected) { try file.doubles("w") }
    let tensor = try file.tensor("w")
    #expect(throws: expected) { try file.bytes(of: tensor) }
  }

  @Test("A file that is replaced after opening is read as it was")
  func replaced() throws {
    let path = directory.file("file")
    func write(_ value: Float) throws {
      try Safetensors.write(to: path, tensors: [("w", .F32, [3])]) { (_, file) throws(FileError) in
        try file.write([value, value, value].span)
      }
    }
    try write(1)
    let file = try SafetensorsFile(path: path)
    try write(2)
    #expect(try file.floats("w") == [1, 1, 1])
    #expect(try SafetensorsFile(path: path).floats("w") == [2, 2, 2])
  }

  @Test("A pipe is read whole")
  func pipe() async throws {
    let path = directory.file("pipe")
    try #require(unsafe mkfifo(path, 0o600) == 0)
    let bytes =
      start(#"{"w":{"dtype":"U8","shape":[300000],"data_offsets":[0,300000]}}"#)
      + (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    let writer = Task.detached { FileHandle(forWritingAtPath: path)?.write(Data(bytes)) }
    let file = try await Task.detached { try SafetensorsFile(path: path) }.value
    await writer.value
    #expect(try file.bytes(of: file.tensor("w")) == Array(bytes.suffix(300_000)))
  }

  @Test("Numbers longer than a piece, off their alignment, are converted to the last")
  func pieces() throws {
    let count = 150_001
    let values = (0..<count).map { Double($0) / 3 }
    let header = start(
      #"{"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
        + #""w":{"dtype":"F64","shape":[\#(count)],"data_offsets":[3,\#(3 + 8 * count)]}}"#)
    let data = unsafe values.withUnsafeBytes { unsafe Array($0) }
    let path = try directory.makeFile("file", header + [1, 2, 3] + data)
    let expected = values.map { Float($0) }
    for file in [try SafetensorsFile(path: path), try SafetensorsFile(bytes: header + [1, 2, 3] + data, file: "it")] {
      let (doubles, floats) = (try file.doubles("w"), try file.floats("w", shape: [count]))
      #expect(doubles == values)
      #expect(floats == expected)
      // Into a part of something larger.
      var target = [Float](repeating: -1, count: count + 5)
      var span = target.mutableSpan
      try file.read("w", shape: [count], into: &span, 2..<count + 2)
      #expect(target.prefix(2) == [-1, -1] && target.suffix(3) == [-1, -1, -1])
      #expect(Array(target[2..<count + 2]) == expected)
    }
  }

  @Test("Room for another number of values is refused; with the right shape it is a mistake of the program")
  func room() async throws {
    let bytes = start(#"{"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#) + [0, 0x3C, 0, 0xC0]
    let file = try SafetensorsFile(bytes: bytes, file: "it")
    var values: [Float] = [0, 0, 0]
    do {
      var span = values.mutableSpan
      try file.read("w", into: &span)
      Issue.record("three values of two")
    } catch {
      #expect(error == .shapeMismatch(file: "it", tensor: "w", expected: [3], actual: [2]))
    }
    var span = values.mutableSpan
    try file.read("w", into: &span, 1..<3)
    #expect(values == [0, 1, -2])
    await #expect(processExitsWith: .failure) { [bytes = bytes as [UInt8]] in
      let file = try SafetensorsFile(bytes: bytes, file: "it")
      var values: [Float] = [0, 0, 0]
      var span = values.mutableSpan
      try file.read("w", shape: [2], into: &span)
    }
  }
}
