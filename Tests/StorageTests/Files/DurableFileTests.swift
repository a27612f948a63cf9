import Foundation
import Glibc
import Storage
import TestSupport
import Testing

private func replace(_ path: String, with text: String) throws(FileError) {
  try DurableFile.replace(path) { (file) throws(FileError) in try file.write(Array(text.utf8).span) }
}

private func replace(_ path: String, with values: [Float]) throws(FileError) {
  try DurableFile.replace(path) { (file) throws(FileError) in try file.write(values.span) }
}

private func content(_ path: String) throws -> String { String(decoding: try readFile(path), as: UTF8.self) }

private func permissions(_ path: String) throws -> Int {
  let value = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
  return try #require(value as? Int)
}

@Suite("Durable files")
struct DurableFileTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  @Test("Pieces of several kinds are written one after the other, and nothing else is left")
  func pieces() throws {
    let path = directory.file("model")
    let floats: [Float] = [1, -0.0, .infinity, .pi]
    let doubles: [Double] = [2, .leastNonzeroMagnitude]
    try DurableFile.replace(path) { (file) throws(FileError) in
      try file.write([UInt8]("head".utf8).span)
      try file.write([UInt8]().span)
      try file.write(floats.span)
      try file.write(doubles.span)
      #expect(file.byteCount == 36)
      #expect(!FileManager.default.fileExists(atPath: path), "the file appeared before it was whole")
    }
    let expected =
      Array("head".utf8) + floats.flatMap { littleEndianBytes($0.bitPattern) }
      + doubles.flatMap { littleEndianBytes($0.bitPattern) }
    #expect(try readFile(path) == expected)
    #expect(try directory.names == ["model"])
  }

  @Test("Bytes are replaced where they were written; the checksum is of what was appended")
  func overwriting() async throws {
    let path = directory.file("model")
    try DurableFile.replace(path) { (file) throws(FileError) in
      try file.write(Array("12345".utf8).span)
      try file.write(Array("6789".utf8).span)
      // The catalogue's check value.
      #expect(file.checksum.value == 0xE306_9283)
      try file.overwrite(at: 7, with: Array("xy".utf8).span)
      try file.overwrite(at: 0, with: Array("ab".utf8).span)
      #expect(file.byteCount == 9 && file.checksum.value == 0xE306_9283)
      try file.write(Array("!".utf8).span)
    }
    #expect(try content(path) == "ab34567xy!")
    await #expect(processExitsWith: .failure) { [path = path as String] in
      try DurableFile.replace(path) { (file) throws(FileError) in
        try file.write(Array("12".utf8).span)
        try file.overwrite(at: 1, with: Array("34".utf8).span)
      }
    }
  }

  @Test("A large region arrives whole")
  func large() throws {
    let values = (0..<5_000_000).map { Float($0) }
    try replace(directory.file("large"), with: values)
    let bytes = try readFile(directory.file("large"))
    #expect(floats(littleEndian: bytes.span) == values)
  }

  @Test("A new file gets the permissions of the mask, a replaced one keeps its own")
  func permissionBits() throws {
    let mask = umask(0o022)
    umask(mask)
    try replace(directory.file("new"), with: "x")
    #expect(try permissions(directory.file("new")) == Int(0o666 & ~mask))

    // One that the mask leaves alone, one that most masks would narrow.
    for kept in [0o600, 0o666] {
      let old = try directory.makeFile("old", "old")
      try FileManager.default.setAttributes([.posixPermissions: kept], ofItemAtPath: old)
      try replace(old, with: "new")
      #expect(try permissions(old) == kept)
      #expect(try content(old) == "new")
    }
  }

  @Test("Given up half-way, it leaves the old file and nothing of its own")
  func givenUp() throws {
    let path = try directory.makeFile("model", "old")
    let reason = FileError(.write, path, kind: .other, reason: "given up")
    #expect(throws: reason) {
      try DurableFile.replace(path) { (file) throws(FileError) in
        try file.write([UInt8]("half".utf8).span)
        #expect((try? directory.names.count) == 2, "the temporary file is not beside the target")
        throw reason
      }
    }
    #expect(try content(path) == "old")
    #expect(try directory.names == ["model"])
  }

  @Test("A rename that fails leaves no temporary file")
  func failedRename() throws {
    let path = directory.file("model")
    let error = #expect(throws: FileError.self) {
      try DurableFile.replace(path) { (_) throws(FileError) in
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      }
    }
    #expect(error?.operation == .rename)
    #expect(error?.path == path)
    #expect(try directory.names == ["model"])
  }

  @Test("A symbolic link stays a link; the file it leads to is replaced", arguments: [true, false])
  func links(targetExists: Bool) throws {
    try FileManager.default.createDirectory(atPath: directory.file("run"), withIntermediateDirectories: false)
    if targetExists { _ = try directory.makeFile("run/model", "old") }
    _ = try directory.makeLink("run/second", to: "model")
    let link = try directory.makeLink("latest", to: "run/second")
    try replace(link, with: "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "run/second")
    #expect(try content(directory.file("run/model")) == "new")
    #expect(try directory.names == ["latest", "run"])
  }

  @Test("A name of the greatest length can be written")
  func longName() throws {
    let name = String(repeating: "é", count: 127)
    try replace(directory.file(name), with: "x")
    #expect(try directory.names == [name])
  }

  @Test("What cannot be a target is refused, and says why")
  func refusedTargets() throws {
    let file = try directory.makeFile("file", "x")
    let loop = try directory.makeLink("loop", to: "loop")
    try #require(unsafe mkfifo(directory.file("pipe"), 0o600) == 0)
    let cases: [(path: String, kind: FileError.Kind)] = [
      (directory.path, .isDirectory), (directory.path + "/", .isDirectory),
      (directory.file("."), .isDirectory),
      (directory.file("new/"), .isDirectory), (directory.file("no/such/model"), .missing),
      (file + "/model", .missing), (loop, .other), ("", .missing), (file + "\0.bak", .missing),
    ]
    for (path, kind) in cases {
      let checked = #expect(throws: FileError.self, "\(path)") { try DurableFile.verifyWritable(path) }
      let written = #expect(throws: FileError.self, "\(path)") { try replace(path, with: "y") }
      #expect(checked == written)
      #expect(checked?.kind == kind, "\(path): \(checked?.description ?? "no error")")
    }
    for path in [directory.file("pipe"), "/dev/null"] {
      let error = #expect(throws: FileError.self, "\(path)") { try DurableFile.verifyReplaceable(path) }
      #expect(error?.kind == .notRegularFile)
    }
    #expect(try content(file) == "x")
    #expect(try directory.names == ["file", "loop", "pipe"])
  }

  @Test("Standard output is no file to be replaced, wherever it leads")
  func standardOutput() {
    let error = #expect(throws: FileError.self) { try DurableFile.verifyReplaceable("/dev/stdout") }
    #expect(error?.kind == .notRegularFile)
  }

  @Test("The check before training changes nothing")
  func verification() throws {
    try DurableFile.verifyWritable(directory.file("new"))
    #expect(try directory.names == [])
    let path = try directory.makeFile("old", "old")
    let before = try FileStatus(of: path).identity
    try DurableFile.verifyWritable(path)
    #expect(try FileStatus(of: path).identity == before)
    #expect(try directory.names == ["old"])
  }

  @Test(
    "A directory or file without write permission is refused",
    .enabled(if: geteuid() != 0, "root may write everywhere"))
  func noPermission() throws {
    let path = try directory.makeFile("model", "old")
    try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    #expect(throws: FileError.self) { try replace(path, with: "new") }
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: directory.path)
    for path in [path, directory.file("new")] {
      let error = #expect(throws: FileError.self) { try replace(path, with: "new") }
      #expect(error?.kind == .permissionDenied)
      #expect(throws: FileError.self) { try DurableFile.verifyWritable(path) }
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
    #expect(try content(path) == "old")
    #expect(try directory.names == ["model"])
  }

  @Test("A reader sees the old file or the new one, never a part")
  func readersDuringReplacement() async throws {
    let path = directory.file("model")
    let versions = ["a", "b"].map { String(repeating: $0, count: 300_000) }
    try replace(path, with: versions[0])
    async let torn: Int = Task.detached {
      var torn = 0
      for _ in 0..<200 where !versions.contains(try content(path)) { torn += 1 }
      return torn
    }.value
    for round in 0..<40 { try replace(path, with: versions[round % 2]) }
    #expect(try await torn == 0)
  }
}

/// A file system of one MiB in memory, which only root can make.
private struct TinyFileSystem {
  let directory: ScratchDirectory

  init?() {
    guard geteuid() == 0, let directory = try? ScratchDirectory(),
      unsafe mount("none", directory.path, "tmpfs", 0, "size=1m") == 0
    else { return nil }
    self.directory = directory
  }

  func makeReadOnly() -> Bool {
    unsafe mount("none", directory.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
  }

  func unmount() { _ = unsafe umount2(directory.path, Int32(MNT_DETACH)) }

  static let isAvailable: Bool = {
    guard let system = TinyFileSystem() else { return false }
    system.unmount()
    return true
  }()
}

@Suite(
  "Durable files on a failing file system",
  .enabled(if: TinyFileSystem.isAvailable, "needs root and the right to mount"))
struct FailingFileSystemTests {
  @Test("A full disk leaves the old file and no temporary one, and a failed write is never committed")
  func diskFull() throws {
    let system = try #require(TinyFileSystem())
    defer { system.unmount() }
    let path = system.directory.file("model")
    try replace(path, with: "old")
    let values = [Float](repeating: 1, count: 1 << 20)
    let error = #expect(throws: FileError.self) { try replace(path, with: values) }
    #expect(error?.kind == .noSpace)
    #expect(error?.operation == .write)
    #expect(throws: FileError.self) {
      try DurableFile.replace(path) { (file) throws(FileError) in try? file.write(values.span) }
    }
    #expect(try content(path) == "old")
    #expect(try system.directory.names == ["model"])
  }

  @Test("A read-only file system is refused before training")
  func readOnly() throws {
    let system = try #require(TinyFileSystem())
    defer { system.unmount() }
    let path = system.directory.file("model")
    try replace(path, with: "old")
    try #require(system.makeReadOnly())
    for path in [path, system.directory.file("new")] {
      let error = #expect(throws: FileError.self) { try DurableFile.verifyWritable(path) }
      #expect(error?.kind == .permissionDenied)
    }
    #expect(try content(path) == "old")
  }
}
