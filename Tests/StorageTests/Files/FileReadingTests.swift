import Foundation
import Storage
import TestSupport
import Testing

@Suite("Reading files and directories")
struct FileReadingTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  @Test("All bytes are read, whatever the size", arguments: [0, 1, 65_535, 65_536, 65_537, 3_000_000])
  func sizes(_ size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try Data(bytes).write(to: URL(fileURLWithPath: directory.file("data")))
    #expect(try readFile(directory.file("data")) == bytes)
  }

  @Test("A file whose size the system does not tell is read to its end")
  func unknownSize() throws {
    #expect(try readFile("/proc/self/status").starts(with: "Name:".utf8))
  }

  @Test("A pipe is read until it is closed")
  func pipe() async throws {
    let path = directory.file("pipe")
    try #require(unsafe mkfifo(path, 0o600) == 0)
    let text = String(repeating: "0123456789", count: 30_000)
    let writer = Task.detached { FileHandle(forWritingAtPath: path)?.write(Data(text.utf8)) }
    let bytes = try await Task.detached { try readFile(path) }.value
    await writer.value
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test("What cannot be read says why")
  func failures() throws {
    let file = try directory.makeFile("file", "x")
    let cases: [(path: String, kind: FileError.Kind)] = [
      (directory.file("no"), .missing), (file + "/x", .missing), (directory.path, .isDirectory),
      ("", .missing),
      (file + "\0", .missing), ("/dev/zero", .notRegularFile),
    ]
    for (path, kind) in cases {
      let error = #expect(throws: FileError.self, "\(path)") { try readFile(path) }
      #expect(error?.kind == kind, "\(path): \(error?.description ?? "no error")")
    }
    #expect(
      throws: FileError(.open, directory.file("no"), kind: .missing, reason: "No such file or directory")
    ) {
      try readFile(directory.file("no"))
    }
  }

  @Test("A file without read permission says so", .enabled(if: geteuid() != 0, "root may read everything"))
  func noPermission() throws {
    let path = try directory.makeFile("file", "x")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    let error = #expect(throws: FileError.self) { try readFile(path) }
    #expect(error?.kind == .permissionDenied)
  }

  @Test("A file larger than memory is refused before anything is allocated")
  func tooLarge() throws {
    let path = try directory.makeFile("sparse", "")
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 1 << 43)
    try handle.close()
    let error = #expect(throws: FileError.self) { try readFile(path) }
    #expect(error?.kind == .notEnoughMemory)
  }

  @Test("A directory's entries: hidden ones, links that lead somewhere and links that do not")
  func listing() throws {
    _ = try directory.makeFile("file", "12345")
    _ = try directory.makeFile(".hidden", "")
    _ = try directory.makeLink("link", to: "file")
    _ = try directory.makeLink("dangling", to: "nowhere")
    try FileManager.default.createDirectory(atPath: directory.file("sub"), withIntermediateDirectories: false)
    let long = String(repeating: "n", count: 255)
    _ = try directory.makeFile(long, "")
    let entries = try listDirectory(directory.path).sorted { $0.name < $1.name }
    #expect(entries.map(\.name) == [".hidden", "dangling", "file", "link", long, "sub"])
    #expect(entries.map { $0.status?.kind } == [.regular, nil, .regular, .regular, .regular, .directory])
    #expect(entries[2].status?.identity == entries[3].status?.identity)
    #expect(entries[2].status?.identity != entries[0].status?.identity)
    #expect(entries[2].status?.size == 5)
    let error = #expect(throws: FileError.self) { try listDirectory(directory.file("no")) }
    #expect(error?.kind == .missing)
  }

  @Test("A name that is no UTF-8 is listed, and leads to its file")
  func inexactName() throws {
    // Not through Foundation, which cannot say such a name.
    let path = Array(directory.file("f").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
    let descriptor = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
    try #require(descriptor >= 0)
    close(descriptor)
    defer { _ = unsafe unlink(path) }
    let entry = try #require(try listDirectory(directory.path).first)
    #expect(PathBytes.bytes(entry.name) == Array("f".utf8) + [0xFF])
    #expect(try readFile(directory.file(entry.name)) == [])
    #expect(entry.status?.kind == .regular)
  }

  @Test("Messages stay one line and carry no terminal escapes")
  func printableText() {
    #expect(printable("run/modèle 日本") == "run/modèle 日本")
    #expect(printable("a\nb\u{1B}[31m\u{202E}") == "a\\u{A}b\\u{1B}[31m\\u{202E}")
    #expect(printable(String(repeating: "x", count: 1000), limit: 10) == "xxxxxxxxxx…")
    #expect(printable("0123456789", limit: 10) == "0123456789")
  }
}
