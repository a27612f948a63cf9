import Foundation
import Storage
import Recurrent
import Testing
import TestSupport

/// Which files a store keeps, which it removes and when, and whom it lets write them. Files are texts here.
@Suite("Checkpoint store")
struct CheckpointStoreTests {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory() }

  private var path: String { directory.file("m.safetensors") }

  private static func write(_ text: String, _ path: String) throws(CheckpointError) {
    do {
      try DurableFile.replace(path) { (file) throws(FileError) in try file.write([UInt8](text.utf8).span) }
    } catch {
      throw .io(file: path, reason: error.description)
    }
  }

  private static func read(_ path: String) throws(CheckpointError) -> String {
    guard let bytes = try? readFile(path) else { throw .missingFile(path) }
    let text = String(decoding: bytes, as: UTF8.self)
    if text.contains("damaged") { throw .checksumMismatch(file: path, expected: "good", actual: "bad") }
    return text
  }

  private static func save(
    _ store: inout CheckpointStore, _ steps: Int..., text: String = "step"
  ) throws(CheckpointError) {
    for step in steps {
      try store.save(step: step) { (path) throws(CheckpointError) in try write("\(text) \(step)", path) }
    }
  }

  private static func failingSave(_ store: inout CheckpointStore, _ step: Int) -> CheckpointError? {
    do {
      try store.save(step: step) { (path) throws(CheckpointError) in throw .io(file: path, reason: "made up") }
      return nil
    } catch {
      return error
    }
  }

  /// Name and content of all files but the lock.
  private func files() throws -> [String: String] {
    var files: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) where !name.hasSuffix(".lock") {
      files[name] = String(decoding: try readFile(directory.file(name)), as: UTF8.self)
    }
    return files
  }

  private func make(_ files: [String: String]) throws {
    for (name, text) in files { try directory.makeFile(name, Array(text.utf8)) }
  }

  // MARK: Generations

  @Test("The last file and the newest generations before it stay")
  func generations() throws {
    var store = try CheckpointStore(path: path, keeping: 2)
    #expect(store.step == nil)
    try Self.save(&store, 10)
    #expect(try files() == ["m.safetensors": "step 10"])
    try Self.save(&store, 20, 30)
    let three = ["m.safetensors": "step 30", "m-step-20.safetensors": "step 20", "m-step-10.safetensors": "step 10"]
    #expect(try files() == three)
    try Self.save(&store, 100)
    let four = ["m.safetensors": "step 100", "m-step-30.safetensors": "step 30", "m-step-20.safetensors": "step 20"]
    #expect(try files() == four)
    #expect(store.step == 100)
    #expect(store.generationPath(step: 30) == directory.file("m-step-30.safetensors"))
    #expect(CheckpointStore.generationPaths(of: path) == [30, 20].map { store.generationPath(step: $0) })
  }

  @Test("Without generations there is the last file only")
  func noGenerations() throws {
    var store = try CheckpointStore(path: path, keeping: 0)
    try Self.save(&store, 1, 2, 3)
    #expect(try files() == ["m.safetensors": "step 3"])
  }

  @Test("A second save of a step replaces the first and makes no generation of it")
  func sameStep() throws {
    var store = try CheckpointStore(path: path)
    try Self.save(&store, 1, 2)
    try Self.save(&store, 2, text: "again")
    #expect(try files() == ["m.safetensors": "again 2", "m-step-1.safetensors": "step 1"])
    try Self.save(&store, 3)
    let expected = ["m.safetensors": "step 3", "m-step-2.safetensors": "again 2", "m-step-1.safetensors": "step 1"]
    #expect(try files() == expected)
  }

  @Test("A failed save leaves everything as it was, and the next one goes on from there")
  func failure() throws {
    var store = try CheckpointStore(path: path, keeping: 1)
    try Self.save(&store, 1, 2)
    let before = try files()
    let error = Self.failingSave(&store, 3)
    #expect(error == .io(file: path, reason: "made up"))
    #expect(try files() == before)
    #expect(store.step == 2)
    try Self.save(&store, 4)
    #expect(try files() == ["m.safetensors": "step 4", "m-step-2.safetensors": "step 2"])
  }

  @Test("A last file that someone has taken away is not missed")
  func removedLast() throws {
    var store = try CheckpointStore(path: path)
    try Self.save(&store, 1, 2)
    try FileManager.default.removeItem(atPath: path)
    try Self.save(&store, 3)
    #expect(try files() == ["m.safetensors": "step 3", "m-step-1.safetensors": "step 1"])
  }

  @Test("Where the name of a generation is another file, it is replaced, and the last file always stands")
  func occupiedName() throws {
    var store = try CheckpointStore(path: path)
    try Self.save(&store, 1)
    try make(["m-step-1.safetensors": "a stranger"])
    try Self.save(&store, 2)
    #expect(try files() == ["m.safetensors": "step 2", "m-step-1.safetensors": "step 1"])
  }

  @Test("Files put beside the checkpoint while it is written are left alone")
  func strangers() throws {
    var store = try CheckpointStore(path: path, keeping: 1)
    try Self.save(&store, 1)
    let others = [
      "m-step-7.safetensors": "came later", "m-step-07.safetensors": "", "m-step--7.safetensors": "",
      "m-step-x.safetensors": "", "mm-step-1.safetensors": "", "m-step-1.npz": "", "m-step-.safetensors": "",
    ]
    try make(others)
    try Self.save(&store, 2, 3)
    let own = ["m.safetensors": "step 3", "m-step-2.safetensors": "step 2"]
    #expect(try files() == others.merging(own) { $1 })
  }

  // MARK: Beginning and going on

  private static let old = [
    "m.safetensors": "old 50", "m-step-40.safetensors": "old 40", "m-step-30.safetensors": "old 30",
    "m-best.safetensors": "old best",
  ]

  @Test("What an earlier training left stays until the first save has succeeded")
  func freshStart() throws {
    try make(Self.old)
    var store = try CheckpointStore(path: path)
    let abandoned = [30, 40].map { store.generationPath(step: $0) }
    #expect(store.abandonedPaths == abandoned)
    _ = Self.failingSave(&store, 10)
    #expect(try files() == Self.old)
    try Self.save(&store, 10)
    #expect(try files() == ["m.safetensors": "step 10", "m-best.safetensors": "old best"])
    #expect(store.abandonedPaths.isEmpty)
  }

  @Test("Gone on from the last file, a training keeps the generations before it")
  func resumedFromLast() throws {
    try make(Self.old)
    // Left by a training that was killed before it could remove them.
    try make(["m-step-60.safetensors": "older run", "m-step-50.safetensors": "older run"])
    var store = try CheckpointStore(path: path)
    store.resume(from: path, step: 50)
    #expect(store.step == 50)
    let abandoned = [50, 60].map { store.generationPath(step: $0) }
    #expect(store.abandonedPaths == abandoned)
    _ = Self.failingSave(&store, 55)
    #expect(try files()["m.safetensors"] == "old 50")
    try Self.save(&store, 55)
    let expected = [
      "m.safetensors": "step 55", "m-step-50.safetensors": "old 50", "m-step-40.safetensors": "old 40",
      "m-best.safetensors": "old best",
    ]
    #expect(try files() == expected)
  }

  @Test("Gone on from a generation or the best, a training replaces what came after it")
  func resumedFromGeneration() throws {
    for file in ["m-step-40.safetensors", "m-best.safetensors"] {
      let directory = try ScratchDirectory()
      for (name, text) in Self.old { try directory.makeFile(name, Array(text.utf8)) }
      var store = try CheckpointStore(path: directory.file("m.safetensors"), keeping: 3)
      let step = file.contains("best") ? 35 : 40
      store.resume(from: directory.file(file), step: step)
      #expect(store.step == nil)
      try Self.save(&store, 45)
      let names = Set(try FileManager.default.contentsOfDirectory(atPath: directory.path))
      let kept = step == 40 ? ["m-step-40.safetensors"] : []
      let expected = ["m.safetensors", "m-best.safetensors", "m-step-30.safetensors", ".m.safetensors.lock"] + kept
      #expect(names == Set(expected), "\(file)")
    }
  }

  @Test("Gone on from a file elsewhere, a training begins anew here")
  func resumedFromElsewhere() throws {
    try make(Self.old)
    let other = try ScratchDirectory()
    try other.makeFile("m-step-40.safetensors", Array("other".utf8))
    var store = try CheckpointStore(path: path)
    store.resume(from: other.file("m-step-40.safetensors"), step: 40)
    try Self.save(&store, 41)
    #expect(try files() == ["m.safetensors": "step 41", "m-best.safetensors": "old best"])
  }

  @Test("A generation and the last file may be one file with two names, after a kill between two calls")
  func killedBetween() throws {
    try make(["m.safetensors": "step 2", "m-step-1.safetensors": "step 1"])
    try FileManager.default.linkItem(atPath: path, toPath: directory.file("m-step-2.safetensors"))
    var store = try CheckpointStore(path: path)
    store.resume(from: directory.file("m-step-2.safetensors"), step: 2)
    #expect(store.step == 2)
    _ = Self.failingSave(&store, 3)
    #expect(try files()["m-step-2.safetensors"] == "step 2")
    try Self.save(&store, 3)
    let expected = ["m.safetensors": "step 3", "m-step-2.safetensors": "step 2", "m-step-1.safetensors": "step 1"]
    #expect(try files() == expected)
  }

  @Test("A step before the last gives up the steps from there on")
  func stepBack() throws {
    var store = try CheckpointStore(path: path, keeping: 3)
    try Self.save(&store, 1, 2, 3, 4, 2)
    #expect(try files() == ["m.safetensors": "step 2", "m-step-1.safetensors": "step 1"])
  }

  // MARK: The newest valid file

  private func newest() throws(CheckpointError) -> (value: String, file: String, skipped: [CheckpointError]) {
    try CheckpointStore.newestValid(of: path, load: Self.read)
  }

  @Test("The newest file that can be loaded is found, by its step and not by its name")
  func newestValid() throws {
    try make(["m-step-9.safetensors": "nine", "m-step-100.safetensors": "hundred", "m.safetensors": "last"])
    let last = try newest()
    #expect(last.value == "last" && last.file == path && last.skipped.isEmpty)
    try make(["m.safetensors": "damaged"])
    let hundred = try newest()
    #expect(hundred.value == "hundred" && hundred.file == directory.file("m-step-100.safetensors"))
    #expect(hundred.skipped == [.checksumMismatch(file: path, expected: "good", actual: "bad")])
    try make(["m-step-100.safetensors": "damaged"])
    #expect(try newest().value == "nine")
    try FileManager.default.removeItem(atPath: path)
    let nine = try newest()
    #expect(
      nine.skipped == [
        .missingFile(path),
        .checksumMismatch(file: directory.file("m-step-100.safetensors"), expected: "good", actual: "bad"),
      ])
    try make(["m-step-9.safetensors": "damaged"])
    #expect(throws: CheckpointError.missingFile(path)) { try newest() }
  }

  @Test("A generation given by its own path is loaded or not")
  func explicitGeneration() throws {
    try make(["m.safetensors": "last", "m-step-9.safetensors": "damaged", "m-step-8.safetensors": "eight"])
    let nine = directory.file("m-step-9.safetensors")
    #expect(throws: CheckpointError.checksumMismatch(file: nine, expected: "good", actual: "bad")) {
      try CheckpointStore.newestValid(of: nine, load: Self.read)
    }
  }

  // MARK: Who may write

  @Test("A second writer is refused, under whatever name it finds the file")
  func secondWriter() throws {
    try make(["m.safetensors": "old"])
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("latest.safetensors"), withDestinationPath: "m.safetensors")
    try FileManager.default.createDirectory(atPath: directory.file("sub"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: directory.file("here"), withDestinationPath: ".")
    let names = [
      "m.safetensors", "latest.safetensors", "./m.safetensors", "sub/../m.safetensors", "here/latest.safetensors",
      // Names that the first one's files may have.
      "m-best.safetensors", "m-step-12.safetensors", "m-best-step-3.safetensors",
    ]
    for holder in names {
      let store = try CheckpointStore(path: directory.file(holder))
      for name in names {
        let path = directory.file(name)
        #expect(throws: CheckpointError.locked(file: path, process: Int(getpid())), "\(holder), \(name)") {
          _ = try CheckpointStore(path: path)
        }
      }
      #expect(try readFile(path) == Array("old".utf8))
      _ = consume store
    }
    let message = CheckpointError.locked(file: "m.safetensors", process: 12).description
    #expect(message == "m.safetensors is being written by process 12")
    // The lock's file goes with the store.
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: directory.path)) == [
        "m.safetensors", "latest.safetensors", "sub", "here",
      ])
  }

  @Test("Trainings of different names share a directory")
  func differentNames() throws {
    var first = try CheckpointStore(path: path)
    var second = try CheckpointStore(path: directory.file("m2.safetensors"))
    var third = try CheckpointStore(path: directory.file("m"))
    for step in 1...3 {
      try Self.save(&first, step, text: "a")
      try Self.save(&second, step, text: "b")
      try Self.save(&third, step, text: "c")
    }
    let all = try files()
    #expect(all.count == 9)
    #expect(all["m-step-2.safetensors"] == "a 2" && all["m2-step-2.safetensors"] == "b 2" && all["m-step-2"] == "c 2")
  }

  @Test("Where a link leads, there are the files, and the link stays one")
  func symbolicLink() throws {
    try FileManager.default.createDirectory(atPath: directory.file("run"), withIntermediateDirectories: false)
    let link = directory.file("latest.safetensors")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "run/m.safetensors")
    var store = try CheckpointStore(path: link)
    try Self.save(&store, 1, 2)
    #expect(store.path == link && store.bestPath == directory.file("run/m-best.safetensors"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "run/m.safetensors")
    let names = Set(try FileManager.default.contentsOfDirectory(atPath: directory.file("run")))
    #expect(names == ["m.safetensors", "m-step-1.safetensors", ".m.safetensors.lock"])
    try FileManager.default.removeItem(atPath: directory.file("run/m.safetensors"))
    let newest = try CheckpointStore.newestValid(of: link, load: Self.read)
    #expect(newest.value == "step 1")
  }

  @Test("Only temporary files of these very files are removed")
  func temporaries() throws {
    let long = String(repeating: "a", count: 40)
    let other = ["m2.safetensors", "m", "m.safetensors.x", "\(long)b"].map { ".\($0).1f.tmp" }
    let kept =
      other + [".m.safetensors.1f.tm", ".m.safetensors.xyz.tmp", ".m.safetensors..tmp", "m.safetensors.1f.tmp", ".m"]
    let removed = [".m.safetensors.1f.tmp", ".m-best.safetensors.0123456789abcdef.tmp"]
    try make(Dictionary(uniqueKeysWithValues: (kept + removed).map { ($0, "") }))
    _ = try CheckpointStore(path: path)
    #expect(Set(try files().keys) == Set(kept))
  }

  @Test("A file whose files cannot be written is refused at once, and is not locked")
  func refused() throws {
    let places = [directory.path, directory.file("no/m.safetensors"), ""]
    for place in places {
      let error = #expect(throws: CheckpointError.self) { _ = try CheckpointStore(path: place) }
      guard case .io = error else {
        Issue.record("\(place): \(String(describing: error))")
        continue
      }
    }
    // So long that the last file has a name, but no generation.
    let name = String(repeating: "n", count: 240)
    #expect(throws: CheckpointError.self) { _ = try CheckpointStore(path: directory.file(name)) }
    _ = try CheckpointStore(path: directory.file(name), keeping: 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
  }

  @Test(
    "Names",
    arguments: [
      ("m.safetensors", "m-best.safetensors", "m-step-5.safetensors"), ("m", "m-best", "m-step-5"),
      (".hidden", ".hidden-best", ".hidden-step-5"), ("a.b.c", "a.b-best.c", "a.b-step-5.c"),
      ("x.\u{301}y", "x-best.\u{301}y", "x-step-5.\u{301}y"),
    ])
  func names(last: String, best: String, generation: String) throws {
    let store = try CheckpointStore(path: directory.file(last))
    #expect(store.bestPath == directory.file(best))
    #expect(CheckpointStore.bestPath(of: directory.file(last)) == directory.file(best))
    #expect(CheckpointStore.bestPath(of: "no/such.d/\(last)") == "no/such.d/\(best)")
    #expect(CheckpointStore.bestPath(of: last) == best)
    #expect(store.generationPath(step: 5) == directory.file(generation))
  }
}
