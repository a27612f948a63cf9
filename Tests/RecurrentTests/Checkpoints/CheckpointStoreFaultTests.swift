import FaultInjector
import Foundation
import Storage
import Recurrent
import Testing

import Glibc
import TestSupport

/// A system call of those that write files.
private struct Call: Sendable, CustomTestStringConvertible {
  let name: String
  let call: FaultCall

  static let all = [
    Call(name: "open", call: FAULT_CALL_OPEN), Call(name: "write", call: FAULT_CALL_WRITE),
    Call(name: "pwrite", call: FAULT_CALL_PWRITE), Call(name: "fsync", call: FAULT_CALL_FSYNC),
    Call(name: "close", call: FAULT_CALL_CLOSE), Call(name: "rename", call: FAULT_CALL_RENAME),
    Call(name: "link", call: FAULT_CALL_LINK), Call(name: "unlink", call: FAULT_CALL_UNLINK),
  ]

  var testDescription: String { name }
  var count: Int { fault_injector_count(call) }
  /// A file that may stay behind for want of this call is no fault of ours.
  var removes: Bool { call == FAULT_CALL_UNLINK }
}

/// What a call meets, once or from its position on.
private struct Fault: Sendable, CustomStringConvertible {
  let kind: FaultKind
  let error: Int32
  let stays: Bool

  static func all(for call: Call) -> [Fault] {
    var faults = [ENOSPC, EIO].flatMap { error in
      [false, true].map { Fault(kind: FAULT_ERROR, error: error, stays: $0) }
    }
    // The others are never interrupted.
    if ![FAULT_CALL_RENAME, FAULT_CALL_LINK, FAULT_CALL_UNLINK].contains(call.call) {
      faults.append(Fault(kind: FAULT_ERROR, error: EINTR, stays: false))
    }
    if [FAULT_CALL_WRITE, FAULT_CALL_PWRITE].contains(call.call) {
      faults += [false, true].map { Fault(kind: FAULT_SHORT, error: 0, stays: $0) }
    }
    return faults
  }

  /// Whether it means no harm: to be tried again, or gone on with.
  var isSurvivable: Bool { kind == FAULT_SHORT || error == EINTR }

  var description: String {
    (kind == FAULT_SHORT ? "short" : error == ENOSPC ? "ENOSPC" : error == EIO ? "EIO" : "EINTR")
      + (stays ? " from there on" : "")
  }
}

/// One call, the fault it meets, and its position.
private struct Attempt: CustomStringConvertible {
  let call: Call
  let fault: Fault
  let position: Int
  var withoutLinks = false

  var description: String { "\(call.name) \(position): \(fault)" }

  /// - Returns: the error, and whether the fault was met.
  func run(_ body: () throws(CheckpointError) -> Void) -> (error: CheckpointError?, wasMet: Bool) {
    fault_injector_add(call.call, position, fault.kind, fault.error, fault.stays)
    if withoutLinks { fault_injector_add(FAULT_CALL_LINK, 0, FAULT_ERROR, EPERM, true) }
    fault_injector_arm()
    defer { fault_injector_disarm() }
    do {
      try body()
      return (nil, call.count > position)
    } catch {
      return (error, call.count > position)
    }
  }

  /// Runs `body` for each fault at every position, until a run has passed without meeting it. Returns how many did.
  static func sweep(_ call: Call, withoutLinks: Bool = false, _ body: (Attempt) throws -> Bool) throws -> Int {
    var total = 0
    for fault in Fault.all(for: call) {
      var position = 0
      while try body(Attempt(call: call, fault: fault, position: position, withoutLinks: withoutLinks)) {
        position += 1
        try #require(position < 1000, "the calls never end")
      }
      total += position
    }
    return total
  }
}

/// Every call that writes a checkpoint fails at every position, in every way. After each the newest valid file is the
/// old or the new one, byte for byte; nothing is left behind; and the next save succeeds.
@Suite("Checkpoints under faults", .enabled(if: fault_injector_works(), "glibc without a sanitizer"))
struct CheckpointStoreFaultTests {
  /// Models that differ in every parameter.
  private static let models = (0..<5).map { seed in
    try! Model<Float>(
      ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3),
      seed: UInt64(seed))
  }

  /// What `models` are as files.
  private static let images: [[UInt8]] = {
    let directory = try! ScratchDirectory()
    return models.map { model in
      try! model.save(to: directory.file("m"))
      return try! readFile(directory.file("m"))
    }
  }()

  private static func save(_ index: Int, _ path: String) throws(CheckpointError) { try models[index].save(to: path) }

  private func files(_ directory: ScratchDirectory) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
      files[name] = try readFile(directory.file(name))
    }
    return files
  }

  private func text(_ error: Int32) -> String { unsafe String(cString: strerror(error)) }

  @Test("The injector sees the calls that a save makes")
  func calls() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("m.safetensors")
    var store = try CheckpointStore(path: path, keeping: 1)
    for step in 1...2 {
      try store.save(step: step) { (path) throws(CheckpointError) in try Self.save(step, path) }
    }
    fault_injector_arm()
    try store.save(step: 3) { (path) throws(CheckpointError) in try Self.save(3, path) }
    fault_injector_disarm()
    let counts = Dictionary(uniqueKeysWithValues: Call.all.map { ($0.name, $0.count) })
    // The temporary file and its directory; the header and each tensor; the generation made and the one removed.
    #expect(counts["open"] == 2 && counts["fsync"] == 2 && counts["close"] == 2)
    // The checksum comes into the header last.
    #expect(counts["write"] == 1 + Self.models[3].table.entries.count && counts["pwrite"] == 1)
    #expect(counts["rename"] == 1 && counts["link"] == 1 && counts["unlink"] == 1)
    // Not armed, nothing is counted; armed again, it begins at 0.
    try Self.save(4, path)
    #expect(Call.all.map(\.count) == Call.all.map { counts[$0.name] })
    fault_injector_arm()
    fault_injector_disarm()
    #expect(Call.all.allSatisfy { $0.count == 0 })
  }

  @Test("A file is replaced", arguments: Call.all)
  private func replace(call: Call) throws {
    let (old, new) = ([UInt8](repeating: 1, count: 3000), [UInt8](repeating: 2, count: 5000))
    let tried = try Attempt.sweep(call) { attempt in
      let directory = try ScratchDirectory()
      let path = try directory.makeFile("file", old)
      let outcome = attempt.run { () throws(CheckpointError) in
        do throws(FileError) {
          try DurableFile.replace(path) { (file) throws(FileError) in
            for start in stride(from: 0, to: new.count, by: 1000) {
              try file.write(new.span.extracting(start..<start + 1000))
            }
          }
        } catch {
          throw .io(file: path, reason: error.description)
        }
      }
      try check(attempt, outcome, directory, "file", old: old, new: new)
      return outcome.wasMet
    }
    expectCount(tried, call, without: [FAULT_CALL_PWRITE, FAULT_CALL_LINK, FAULT_CALL_UNLINK])
  }

  @Test("A model is saved", arguments: Call.all)
  private func model(call: Call) throws {
    let tried = try Attempt.sweep(call) { attempt in
      let directory = try ScratchDirectory()
      let path = try directory.makeFile("m.safetensors", Self.images[0])
      let outcome = attempt.run { () throws(CheckpointError) in try Self.save(1, path) }
      try check(attempt, outcome, directory, "m.safetensors", old: Self.images[0], new: Self.images[1])
      _ = try Model<Float>(contentsOf: path)
      return outcome.wasMet
    }
    expectCount(tried, call, without: [FAULT_CALL_LINK, FAULT_CALL_UNLINK])
  }

  /// One file: `old` or, where the save has succeeded or only the sync of its directory failed, `new`; no other file.
  private func check(
    _ attempt: Attempt, _ outcome: (error: CheckpointError?, wasMet: Bool), _ directory: ScratchDirectory,
    _ name: String, old: [UInt8], new: [UInt8]
  ) throws {
    let left = try files(directory)
    expectError(attempt, outcome)
    if outcome.error == nil {
      #expect(left[name] == new, "\(attempt)")
    } else {
      #expect(left[name] == old || left[name] == new && attempt.concernsDirectory, "\(attempt)")
    }
    #expect(left.count == 1 || attempt.call.removes, "\(attempt): \(left.keys)")
    try Self.save(2, directory.file(name))
    #expect(try readFile(directory.file(name)) == Self.images[2], "\(attempt)")
  }

  /// What does no harm is survived; anything else has its reason in the message.
  private func expectError(_ attempt: Attempt, _ outcome: (error: CheckpointError?, wasMet: Bool)) {
    guard let error = outcome.error else {
      // Files that cannot be removed, and what was only read and cannot be closed, cost nothing.
      #expect(
        !outcome.wasMet || attempt.fault.isSurvivable || attempt.call.removes || attempt.isHarmlessClose,
        "\(attempt) was not noticed")
      return
    }
    #expect(outcome.wasMet && !attempt.fault.isSurvivable, "\(attempt): \(error)")
    guard case .io(_, let reason) = error else {
      Issue.record("\(attempt): \(error)")
      return
    }
    #expect(reason.contains(text(attempt.fault.error)), "\(attempt): \(reason)")
  }

  /// The sweep reached what the operation calls.
  private func expectCount(_ tried: Int, _ call: Call, without rest: [FaultCall]) {
    #expect(tried > 0 || rest.contains(call.call), "no \(call.name) was ever reached")
  }

  /// The third save of a store, which makes a generation and removes another.
  @Test("A store saves", arguments: Call.all, [false, true])
  private func store(call: Call, withoutLinks: Bool) throws {
    // The one fault would hide the other.
    if withoutLinks, call.call == FAULT_CALL_LINK { return }
    let images = Self.images
    let tried = try Attempt.sweep(call, withoutLinks: withoutLinks) { attempt in
      let directory = try ScratchDirectory()
      let path = directory.file("m.safetensors")
      var store = try CheckpointStore(path: path, keeping: 1)
      for step in 1...2 {
        try store.save(step: step) { (path) throws(CheckpointError) in try Self.save(step, path) }
      }
      let before = try files(directory)
      let outcome = attempt.run { () throws(CheckpointError) in
        try store.save(step: 3) { (path) throws(CheckpointError) in try Self.save(3, path) }
      }
      var left = try files(directory)
      expectError(attempt, outcome)
      let isNew = left["m.safetensors"] == images[3]
      if outcome.error == nil {
        #expect(isNew, "\(attempt)")
        #expect(left["m-step-2.safetensors"] == images[2], "\(attempt)")
      } else if isNew {
        #expect(attempt.concernsDirectory, "\(attempt)")
        #expect(left["m-step-2.safetensors"] == images[2] && left["m-step-1.safetensors"] == images[1], "\(attempt)")
      } else {
        #expect(left["m.safetensors"] == images[2] && left["m-step-1.safetensors"] == images[1], "\(attempt)")
        if !attempt.call.removes {
          // A copy of which only the directory's sync failed stays: it is a whole file under its own name.
          if withoutLinks, attempt.concernsDirectory { left["m-step-2.safetensors"] = nil }
          #expect(left == before, "\(attempt)")
        }
      }
      let newest = try CheckpointStore.newestValid(of: path) { (path) throws(CheckpointError) in
        try Model<Float>(contentsOf: path)
      }
      #expect(newest.file == path && newest.skipped.isEmpty, "\(attempt)")
      #expect(attempt.call.removes || !left.keys.contains { $0.hasSuffix(".tmp") }, "\(attempt)")

      // A save of the same step when the disk works again, and one of the next.
      try store.save(step: 3) { (path) throws(CheckpointError) in try Self.save(3, path) }
      #expect(try readFile(path) == images[3], "\(attempt)")
      #expect(try readFile(directory.file("m-step-2.safetensors")) == images[2], "\(attempt)")
      try store.save(step: 4) { (path) throws(CheckpointError) in try Self.save(4, path) }
      store = try Self.reopened(consume store, path)
      let expected = ["m.safetensors": images[4], "m-step-3.safetensors": images[3]]
      let rest = try files(directory).filter { $0.key != ".m.safetensors.lock" }
      #expect(rest == expected, "\(attempt): \(rest.keys)")
      return outcome.wasMet
    }
    expectCount(tried, call, without: [])
  }

  private static func reopened(_ store: consuming CheckpointStore, _ path: String) throws -> CheckpointStore {
    _ = consume store
    return try CheckpointStore(path: path, keeping: 1)
  }

  @Test("A store is opened", arguments: Call.all)
  private func opening(call: Call) throws {
    let tried = try Attempt.sweep(call) { attempt in
      let directory = try ScratchDirectory()
      let path = try directory.makeFile("m.safetensors", Self.images[0])
      try directory.makeFile("m-step-1.safetensors", Self.images[1])
      let before = try files(directory)
      let outcome = attempt.run { () throws(CheckpointError) in _ = try CheckpointStore(path: path) }
      if outcome.error != nil { expectError(attempt, outcome) }
      let left = try files(directory)
      #expect(left == before || attempt.call.removes, "\(attempt): \(left.keys)")
      // The lock is free again, whatever happened.
      var store = try CheckpointStore(path: path)
      try store.save(step: 2) { (path) throws(CheckpointError) in try Self.save(2, path) }
      #expect(Set(try files(directory).keys) == ["m.safetensors", ".m.safetensors.lock"], "\(attempt)")
      return outcome.wasMet
    }
    let unused = [FAULT_CALL_WRITE, FAULT_CALL_FSYNC, FAULT_CALL_RENAME, FAULT_CALL_LINK]
    expectCount(tried, call, without: unused)
  }
}

extension Attempt {
  /// Whether the directory's sync can be what failed: it, or the opening before it, comes after the file's own.
  fileprivate var concernsDirectory: Bool {
    [FAULT_CALL_OPEN, FAULT_CALL_FSYNC].contains(call.call) && position > 0
  }

  /// Every file's closing is followed by that of its directory; a copy's also by that of its source.
  fileprivate var isHarmlessClose: Bool {
    call.call == FAULT_CALL_CLOSE && (withoutLinks ? [1, 2, 4].contains(position) : position % 2 == 1)
  }
}
