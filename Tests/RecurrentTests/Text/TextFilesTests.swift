import Foundation
import Testing

import Recurrent
import TestSupport

@Suite("Finding text files")
struct TextFilesTests {
  let directory: ScratchDirectory

  init() throws {
    directory = try ScratchDirectory()
    for name in [
      "b.txt", "a/z.txt", "a.txt", "a/b/c.md", "a/b/C.TXT", ".git/x.txt", "a/.build/y.txt", ".hidden.txt",
    ] {
      try directory.makeFile(name, "x")
    }
  }

  /// Relative to the directory.
  private func gather(_ paths: [String], _ fileExtension: String? = nil) throws -> [String] {
    try TextFiles.gather(paths, fileExtension: fileExtension).map {
      $0.hasPrefix(directory.path + "/") ? String($0.dropFirst(directory.path.count + 1)) : $0
    }
  }

  @Test("A directory is read to its depths, in the order of the paths' bytes, without what is hidden")
  func recursive() throws {
    #expect(try gather([directory.path]) == ["a.txt", "a/b/C.TXT", "a/b/c.md", "a/z.txt", "b.txt"])
    #expect(try gather([directory.path + "/"]) == ["a.txt", "a/b/C.TXT", "a/b/c.md", "a/z.txt", "b.txt"])
  }

  @Test(
    "The extension is the end of the name after a dot, with or without the dot", arguments: ["txt", ".txt"])
  func filtered(_ fileExtension: String) throws {
    try directory.makeFile("mytxt", "x")
    try directory.makeFile("c.txt.bak", "x")
    #expect(try gather([directory.path], fileExtension) == ["a.txt", "a/z.txt", "b.txt"])
  }

  @Test("No extension is no filter", arguments: ["", "."])
  func emptyExtension(_ fileExtension: String) throws {
    #expect(try gather([directory.path], fileExtension).count == 5)
  }

  @Test("What is named is taken, hidden or of another extension, in the order given")
  func named() throws {
    let paths = ["b.txt", ".hidden.txt", "a/b/c.md"].map(directory.file)
    #expect(try gather(paths, "swift") == ["b.txt", ".hidden.txt", "a/b/c.md"])
    #expect(try gather([directory.file(".git")]) == [".git/x.txt"])
    #expect(
      try gather([directory.file("b.txt"), directory.file("a")]) == [
        "b.txt", "a/b/C.TXT", "a/b/c.md", "a/z.txt",
      ])
  }

  @Test("Each file is taken once, by however many ways")
  func once() throws {
    #expect(
      try gather([directory.file("a/z.txt"), directory.file("a"), directory.file("a")], "txt") == ["a/z.txt"])
    try directory.makeLink("link.txt", to: "b.txt")
    #expect(try gather([directory.path], "txt") == ["a.txt", "a/z.txt", "b.txt"])
  }

  @Test("Loops of links end, links to elsewhere are followed, links to nowhere are passed over")
  func links() throws {
    let elsewhere = try ScratchDirectory()
    try elsewhere.makeFile("far.txt", "x")
    try directory.makeLink("a/up", to: "..")
    try directory.makeLink("a/self", to: "self")
    try directory.makeLink("far", to: elsewhere.path)
    try directory.makeLink("gone.txt", to: "nowhere")
    #expect(try gather([directory.path], "txt") == ["a.txt", "a/z.txt", "b.txt", "far/far.txt"])
  }

  @Test("A directory without matching files says so")
  func noMatch() throws {
    let error = TextError.noMatchingFiles(directory: directory.path, fileExtension: "swift")
    #expect(throws: error) { try gather([directory.path], ".swift") }
    #expect(error.description.contains(".swift"))
    let empty = try ScratchDirectory()
    #expect(throws: TextError.noMatchingFiles(directory: empty.path, fileExtension: nil)) {
      try gather([empty.path])
    }
    #expect(throws: TextError.missing(path: directory.file("no"))) {
      try gather([directory.path, directory.file("no")])
    }
  }

  @Test("Pipes in a directory are passed over")
  func pipes() throws {
    try #require(unsafe mkfifo(directory.file("p.txt"), 0o600) == 0)
    #expect(try gather([directory.path], "txt") == ["a.txt", "a/z.txt", "b.txt"])
  }
}
