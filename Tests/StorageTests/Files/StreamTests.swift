import Foundation
import Glibc
import Storage
import TestSupport
import Testing

/// Files that only grow, and what is no file.
@Suite("Streams")
struct StreamTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  @Test("What is appended comes after what is there, also if that was cut meanwhile; a second writer is refused")
  func appending() throws {
    let path = try directory.makeFile("log", "old\n")
    let file = try AppendedFile(path)
    try file.append(Array("1\n".utf8))
    #expect(try readFile(path) == Array("old\n1\n".utf8))
    let error = #expect(throws: FileError.self) { _ = try AppendedFile(path) }
    #expect(error?.kind == .locked(process: nil))
    try #require(unsafe truncate(path, 0) == 0)
    try file.append(Array("2\n".utf8))
    #expect(try readFile(path) == Array("2\n".utf8))
    try file.cut(to: 1)
    #expect(try readFile(path) == Array("2".utf8))
  }

  @Test("A pipe gets the bytes of a durable file once all are there, a device too")
  func durableStreams() throws {
    let path = directory.file("pipe")
    try #require(unsafe mkfifo(path, 0o600) == 0)
    try DurableFile.verifyWritable(path)
    let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try DurableFile.replace(path) { (file) throws(FileError) in
      try file.write(Array("hello".utf8).span)
      try file.overwrite(at: 0, with: Array("J".utf8).span)
      #expect(file.byteCount == 5)
    }
    #expect(readSome(from: reader, upTo: 100).bytes == Array("Jello".utf8))
    try DurableFile.replace("/dev/null") { (file) throws(FileError) in try file.write([1].span) }
    #expect(try FileStatus(of: "/dev/null").kind == .characterDevice)
    #expect(throws: FileError.self) { try DurableFile.verifyReplaceable("/dev/null") }
    #expect(throws: FileError.self) { try DurableFile.verifyReplaceable(path) }
    let full = #expect(throws: FileError.self) {
      try DurableFile.replace("/dev/full") { (file) throws(FileError) in try file.write([1].span) }
    }
    #expect(full?.kind == .noSpace)
    #expect(try directory.names == ["pipe"])
  }

  @Test("A descriptor that is not ready is waited for")
  func notReady() async throws {
    var ends: [CInt] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
    let writing = Task.detached {
      let code = writeAll(bytes, to: writer)
      close(writer)
      return code
    }
    try await Task.sleep(for: .milliseconds(50))
    var received: [UInt8] = []
    while true {
      let (piece, code) = readSome(from: reader, upTo: 70_000)
      try #require(code == 0)
      if piece.isEmpty { break }
      received += piece
    }
    close(reader)
    #expect(await writing.value == 0)
    #expect(received == bytes)
  }

  @Test("Paths of descriptors are those descriptors, from where they stand")
  func descriptorPaths() throws {
    #expect(DescriptorPath.number(of: "/dev/stdin") == 0 && DescriptorPath.number(of: "/dev/fd/17") == 17)
    #expect(DescriptorPath.number(of: "/proc/\(getpid())/fd/3") == 3)
    #expect(DescriptorPath.number(of: try directory.makeLink("out", to: "/dev/stdout")) == 1)
    for path in ["/dev/null", "/dev/fd/x", "/dev/fd/", "dev/stdin", directory.path] {
      #expect(DescriptorPath.number(of: path) == nil, "\(path)")
    }
    let file = unsafe open(try directory.makeFile("file", "one two"), O_RDONLY)
    defer { close(file) }
    #expect(readSome(from: file, upTo: 4).bytes == Array("one ".utf8))
    #expect(try readFile("/dev/fd/\(file)") == Array("two".utf8))
    #expect(throws: FileError.self) {
      try DurableFile.replace("/dev/fd/\(file)") { (file) throws(FileError) in try file.write([1].span) }
    }
  }
}
