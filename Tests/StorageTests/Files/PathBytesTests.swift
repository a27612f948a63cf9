import Foundation
import Glibc
import Storage
import TestSupport
import Testing

@Suite("Paths as bytes")
struct PathBytesTests {
  @Test("Every sequence of bytes is a text of its own, and comes back")
  func oneToOne() {
    var generator = SystemRandomNumberGenerator()
    var cases: [[UInt8]] = [
      [], Array("run/modèle 日本 👩‍👩‍👧".utf8), Array("e\u{301}".utf8), [0xFF], Array("caf".utf8) + [0xE9],
    ]
    // Cut short, overlong, surrogates, too large.
    cases += [[0xE2, 0x82], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F, 0x91]]
    // The escapes themselves, and their neighbours.
    for scalar in ["\u{10FF7F}", "\u{10FF80}", "\u{10FFE9}", "\u{10FFFF}", "\u{100000}"] {
      cases.append(Array(scalar.utf8))
    }
    for _ in 0..<2000 {
      cases.append((0..<Int.random(in: 1...6)).map { _ in UInt8.random(in: 0x7E...0xFF, using: &generator) })
    }
    var texts: [ExactString: [UInt8]] = [:]
    for bytes in cases {
      let text = PathBytes.text(bytes)
      #expect(PathBytes.bytes(text) == bytes)
      let other = texts.updateValue(bytes, forKey: ExactString(text))
      #expect(other == nil || other == bytes)
    }
    #expect(PathBytes.text(Array("modèle".utf8)) == "modèle")
    #expect(printable(PathBytes.text(Array("caf".utf8) + [0xE9] + Array(".txt".utf8))) == "caf\\xe9.txt")
  }

  @Test("Files of such names are written, read, listed, locked, kept and removed")
  func files() throws {
    let directory = try ScratchDirectory()
    for name in [[0xFF], Array("caf".utf8) + [0xE9], Array("\u{10FFE9}".utf8)] as [[UInt8]] {
      let path = directory.file(PathBytes.text(name))
      try DurableFile.replace(path) { (file) throws(FileError) in try file.write([1, 2].span) }
      let raw =
        Array(directory.path.utf8).map { CChar(bitPattern: $0) } + [0x2F] + name.map { CChar(bitPattern: $0) } + [0]
      #expect(unsafe access(raw, F_OK) == 0)
      #expect(try readFile(path) == [1, 2])
      #expect(try listDirectory(directory.path).map { PathBytes.bytes($0.name) } == [name])
      _ = try DurableFile.keep(path, as: path + ".kept", owner: "x")
      #expect(try FileStatus(of: path + ".kept").identity == FileStatus(of: path).identity)
      let link = try directory.makeLink("link", to: "there")
      try FileManager.default.removeItem(atPath: link)
      try #require(unsafe symlink(raw, link) == 0)
      #expect(try FileTarget.followLinks(link) == path)
      do {
        let lock = try FileLock(path + ".lock", for: path)
        #expect(throws: FileError.self) { _ = try FileLock(path + ".lock", for: path) }
        _ = consume lock
      }
      try FileManager.default.removeItem(atPath: link)
      try DurableFile.remove(path)
      try DurableFile.remove(path + ".kept")
      #expect(try listDirectory(directory.path).isEmpty)
    }
  }
}
