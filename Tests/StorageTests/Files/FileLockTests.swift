import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("File locks")
struct FileLockTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  private func isLocked(_ path: String) throws -> Bool {
    do throws(FileError) {
      _ = try FileLock(path, for: "model")
      return false
    } catch {
      #expect(error.kind == .locked(process: Int(getpid())))
      #expect(error.description == "cannot lock model: another part of this program has locked it")
      return true
    }
  }

  @Test("Held once, it is refused; given back, its file is gone")
  func exclusion() throws {
    let path = directory.file(".lock")
    let lock = try FileLock(path, for: "model")
    let isExclusive = lock.isExclusive
    #expect(isExclusive)
    #expect(try isLocked(path))
    // The refused one has changed nothing.
    #expect(try isLocked(path))
    _ = consume lock
    #expect(try directory.names == [])
    #expect(try !isLocked(path))
  }

  @Test("What a killed process left stands in nobody's way")
  func leftBehind() throws {
    let path = try directory.makeFile(".lock", "99999999\n and more")
    let lock = try FileLock(path, for: "model")
    #expect(try readFile(path) == Array("\(getpid())\n".utf8))
    _ = consume lock
    #expect(try directory.names == [])
  }

  @Test("A lock whose file was taken away does not remove the next one's")
  func removedFile() throws {
    let path = directory.file(".lock")
    let first = try FileLock(path, for: "model")
    try FileManager.default.removeItem(atPath: path)
    let second = try FileLock(path, for: "model")
    _ = consume first
    #expect(try directory.names == [".lock"])
    #expect(try isLocked(path))
    _ = consume second
    #expect(try directory.names == [])
  }

  @Test("Whatever stands there instead of a lock is refused")
  func unusable() throws {
    let link = try directory.makeLink("link", to: "elsewhere")
    for path in [directory.path, link, directory.file("no/lock"), ""] {
      let error = #expect(throws: FileError.self) { _ = try FileLock(path, for: "model") }
      #expect(error?.operation == .lock)
      // It is hidden: the message has to name it.
      if !path.isEmpty { #expect(error?.description.contains(path) == true) }
    }
    #expect(try directory.names == ["link"])
  }

  /// Each holder removes the file as it goes, while others open it: who then locks a file without a name has nothing.
  @Test("Never two at a time, however often it is taken and given back")
  func contention() async throws {
    let path = directory.file(".lock")
    let holders = Atomic(0)
    let most = Atomic(0)
    let taken = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<2000 {
        guard let lock = try? FileLock(path, for: "model") else { continue }
        let now = holders.add(1, ordering: .sequentiallyConsistent).newValue
        _ = most.max(now, ordering: .sequentiallyConsistent)
        taken.add(1, ordering: .relaxed)
        holders.subtract(1, ordering: .sequentiallyConsistent)
        _ = consume lock
      }
    }
    #expect(most.load(ordering: .relaxed) == 1)
    #expect(taken.load(ordering: .relaxed) > 100)
    #expect(try directory.names == [])
  }
}
