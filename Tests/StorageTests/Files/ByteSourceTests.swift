import Foundation
import Storage
import TestSupport
import Testing

@Suite("Bytes read at any place")
struct ByteSourceTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  @Test("File and memory give the same, also at their ends")
  func places() throws {
    let bytes = (0..<100).map { UInt8($0) }
    try Data(bytes).write(to: URL(fileURLWithPath: directory.file("data")))
    let file = try ByteSource(path: directory.file("data"))
    guard case .file = file else {
      Issue.record("the file was read at once")
      return
    }
    for source in [file, .memory(bytes)] {
      #expect(source.count == 100)
      for (offset, count) in [(0, 100), (0, 0), (7, 13), (99, 1), (100, 0), (100, 5), (90, 20)] {
        var target = [UInt8](repeating: 0xFF, count: count + 4)
        var span = target.mutableSpan
        let read = try source.read(at: offset, into: &span, 2..<2 + count)
        #expect(read == min(count, 100 - offset))
        #expect(Array(target[2..<2 + read]) == Array(bytes[offset..<offset + read]))
        #expect(target.prefix(2) == [0xFF, 0xFF] && target.suffix(2) == [0xFF, 0xFF])
      }
      var words = [UInt32](repeating: 0, count: 2)
      var span = words.mutableSpan
      let read = try source.read(at: 3, into: &span)
      #expect(read == 8 && words == [0x0605_0403, 0x0A09_0807])
    }
  }

  @Test("What has no size, or cannot be opened")
  func others() throws {
    _ = try directory.makeFile("empty", "")
    #expect(try ByteSource(path: directory.file("empty")).count == 0)
    guard case .memory(let status) = try ByteSource(path: "/proc/self/status") else {
      Issue.record("a made-up file was not read")
      return
    }
    #expect(status.starts(with: "Name:".utf8))
    for path in [directory.file("no"), directory.path, "/dev/zero", ""] {
      let opened = #expect(throws: FileError.self, "\(path)") { try ByteSource(path: path) }
      let read = #expect(throws: FileError.self, "\(path)") { try readFile(path) }
      #expect(opened == read)
    }
  }

  @Test("A file is closed with its last reader")
  func closing() throws {
    let path = try directory.makeFile("data", "x")
    func isOpen() throws -> Bool {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
      }
    }
    var source: ByteSource? = try ByteSource(path: path)
    #expect(try isOpen())
    #expect(source?.count == 1)
    source = nil
    #expect(try !isOpen())
  }
}
