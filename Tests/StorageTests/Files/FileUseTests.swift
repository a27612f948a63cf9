import Foundation
import Glibc
import Storage
import TestSupport
import Testing

@Suite("Files of one piece of work")
struct FileUseTests {
  let directory: ScratchDirectory

  init() throws {
    directory = try ScratchDirectory()
    try directory.makeFile("data", "x")
    try directory.makeFile("sub/other", "y")
    try directory.makeLink("link", to: "data")
    try directory.makeLink("dangling", to: "sub/new")
    try directory.makeLink("folder", to: "sub")
    try #require(unsafe link(directory.file("data"), directory.file("hard")) == 0)
  }

  private func conflict(reading: [String] = [], writing: [String] = [], keeping: String? = nil, resuming: String? = nil)
    -> FileConflict?
  {
    var files = FileUse()
    for path in reading { files.reads(path, as: "in") }
    for path in writing { files.writes(path, as: "out", over: .any) }
    if let keeping { files.keeps(keeping, as: "kept", resuming: resuming) }
    do {
      try files.check()
      return nil
    } catch { return error }
  }

  @Test("Whatever a file is called, it is not read and written")
  func spellings() throws {
    let data = directory.file("data")
    for spelling in [
      data, directory.file("./data"), directory.file("sub/../data"), directory.file("folder/../data"),
      directory.file("link"),
      directory.file("hard"), directory.path + "//data",
    ] {
      guard case .overwritten? = conflict(reading: [data], writing: [spelling]) else {
        Issue.record("\(spelling)")
        continue
      }
      #expect(conflict(writing: [spelling, data])?.isUsage == true, "\(spelling)")
      #expect(conflict(reading: [spelling], keeping: data) != nil, "\(spelling)")
    }
    #expect(conflict(reading: [data], writing: [directory.file("sub/other")]) == nil)
    #expect(conflict(reading: [data, data]) == nil)
  }

  @Test("An output is its writer's until that has done, whatever it is called")
  func held() throws {
    var files = FileUse()
    files.writes(directory.file("out"), as: "out", over: .any)
    files.writes(directory.file("out-best"), as: "best", over: .any)
    files.writes("/dev/stdout", as: "stream", over: .any)
    let locks = try files.hold()
    for name in ["out", "out-best", "sub/../out", "folder/../out"] {
      var others = FileUse()
      others.writes(directory.file(name), as: "other", over: .any)
      #expect(throws: FileConflict.self) { try others.hold() }
    }
    // Its writer may write.
    try DurableFile.replace(directory.file("out")) { (file) throws(FileError) in try file.write([1, 2].span) }
    locks.release()
    var others = FileUse()
    others.writes(directory.file("out"), as: "other", over: .any)
    try others.hold().release()
    #expect(try directory.names.allSatisfy { !$0.hasSuffix(".lock") })
  }

  @Test("A log that is being written is no place for a checkpoint")
  func logs() throws {
    let log = try AppendedFile(directory.file("log"))
    guard case .locked? = conflict(keeping: directory.file("log")) else {
      Issue.record("the log would be replaced")
      return
    }
    _ = log.isFile
  }

  @Test("Nor two outputs that are not there yet")
  func newFiles() {
    let new = directory.file("sub/new")
    for spelling in [new, directory.file("folder/new"), directory.file("dangling"), directory.file("sub/./new")] {
      #expect(conflict(writing: [spelling, new])?.isUsage == true, "\(spelling)")
    }
    #expect(conflict(writing: [new, directory.file("new")]) == nil)
    #expect(conflict(writing: [new, directory.file("sub/NEW")]) == nil)
  }

  @Test(
    "All that goes with a checkpoint belongs to it",
    arguments: [
      "m.st", "m-best.st", "m-step-7.st", ".m.st.lock", ".m.st.1f.tmp", ".m-best.st.0.tmp", "sub/../m-best.st",
    ])
  func checkpoints(name: String) throws {
    let path = directory.file("m.st")
    for exists in [false, true] {
      if exists { try directory.makeFile(name, "z") }
      #expect(conflict(writing: [directory.file(name)], keeping: path)?.isUsage == true)
      #expect(conflict(reading: [directory.file(name)], keeping: path)?.isUsage == false)
    }
  }

  @Test("A checkpoint goes on in its place, and in another, but not over what lies beside it")
  func resuming() throws {
    for name in ["m.st", "m-best.st", "m-step-3.st", "n.st"] { try directory.makeFile(name, name) }
    let m = directory.file("m.st")
    #expect(conflict(keeping: m, resuming: m) == nil)
    #expect(conflict(keeping: m, resuming: directory.file("m-step-3.st")) == nil)
    #expect(conflict(keeping: directory.file("n.st"), resuming: m) == nil)
    #expect(conflict(keeping: directory.file("m-best.st"), resuming: m) != nil)
    #expect(conflict(writing: [m], keeping: directory.file("n.st"), resuming: m)?.isUsage == false)
    #expect(conflict(writing: [directory.file("m-best.st")], keeping: directory.file("n.st"), resuming: m) != nil)
    #expect(conflict(reading: [m], keeping: m, resuming: m) != nil)
  }

  @Test("A pipe is read once and written once; devices take anything")
  func streams() throws {
    let pipe = directory.file("pipe")
    try #require(unsafe mkfifo(pipe, 0o600) == 0)
    #expect(conflict(reading: [pipe, pipe])?.isUsage == true)
    #expect(conflict(writing: [pipe, pipe])?.isUsage == true)
    #expect(conflict(reading: ["/dev/stdin", "/dev/fd/0"])?.isUsage == true)
    #expect(conflict(writing: ["/dev/stdout", "/proc/self/fd/1"])?.isUsage == true)
    #expect(conflict(reading: ["/dev/null"], writing: ["/dev/null", "/dev/null"]) == nil)
  }

  @Test("What another process writes is left to it")
  func locked() throws {
    let path = directory.file("data")
    let log = try AppendedFile(path)
    #expect(conflict(writing: [path]) == .locked(path: path, process: nil))
    _ = consume log
    #expect(conflict(writing: [path]) == nil)
  }
}
