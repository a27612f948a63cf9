import Glibc

/// The files of one piece of work, what it reads and what it writes: none that is read may be written, and none be written
/// twice.
///
///     var files = FileUse()
///     files.reads(table, as: "<table>")
///     files.writes(log, as: "--log", over: logs)
///     files.keeps(checkpoint, as: "--checkpoint", resuming: nil)
///     try files.check()
///
/// Files are told apart by device and inode, so by whatever links and spellings they are named; those that are not there yet
/// by their directory and name. Standard output and error belong to what is written where they lead to files.
///
/// An output replaces files of its own kind alone, and empty ones.
package struct FileUse: Sendable {
  private struct File: Sendable {
    let path: String
    let role: String
    let place: FilePlace
    var kind = ReplaceableFiles.any

    init(_ path: String, _ role: String) { (self.path, self.role, place) = (path, role, FilePlace(path)) }

    var text: String { "\(role) \(printable(path))" }
  }

  /// A checkpoint and all files that go with it, those included that are yet to come.
  private struct Checkpoint: Sendable {
    let file: File
    let names: CheckpointNames
    private let directory: FileStatus.Identity?
    private let existing: Set<FileStatus.Identity>

    init(_ path: String, _ role: String) {
      file = File(path, role)
      let names = CheckpointNames(path)
      self.names = names
      directory = (try? FileStatus(of: names.directory))?.identity
      let entries = (try? listDirectory(names.directory)) ?? []
      existing = Set(entries.filter { names.own($0.name) }.compactMap { $0.status?.identity })
    }

    func has(_ place: FilePlace) -> Bool {
      if place.isStream { return false }
      if let status = place.status, existing.contains(status.identity) { return true }
      guard let name = place.name, name.directory == directory else { return false }
      return names.own(PathBytes.text(name.bytes))
    }
  }

  /// A directory whose files are read, and those in it.
  private struct Tree: Sendable {
    let path: String
    let role: String
    let directories: Set<FileStatus.Identity>
    let takes: @Sendable (String) -> Bool
  }

  private var inputs: [File] = []
  private var outputs: [File] = []
  private var kept: [Checkpoint] = []
  private var resumed: [Checkpoint] = []
  private var trees: [Tree] = []

  package init() {}

  /// Notes a file that is read; nil: none.
  package mutating func reads(_ path: String?, as role: String) {
    if let path { inputs.append(File(path, role)) }
  }

  /// Notes the files of a directory; a new one there would be read the next time.
  /// - Parameter takes: whether a file of a name is read.
  package mutating func reads(
    tree path: String, files: [String], directories: Set<FileStatus.Identity>, as role: String,
    takes: @escaping @Sendable (String) -> Bool
  ) {
    for file in files { reads(file, as: role) }
    trees.append(Tree(path: path, role: role, directories: directories, takes: takes))
  }

  /// Notes a file that is written; nil: none.
  /// - Parameter kind: which files it may replace.
  package mutating func writes(_ path: String?, as role: String, over kind: ReplaceableFiles) {
    guard let path else { return }
    var file = File(path, role)
    file.kind = kind
    outputs.append(file)
  }

  /// Notes a checkpoint that is kept, with its best model, its generations, its lock and its temporary files.
  /// - Parameter resumed: a checkpoint that is read to go on from it, which this one may replace; with the files beside it.
  package mutating func keeps(_ path: String, as role: String, resuming resumed: String?) {
    kept.append(Checkpoint(path, role))
    if let resumed { self.resumed.append(Checkpoint(resumed, "--resume")) }
  }

  /// - Throws: `FileConflict`.
  package func check() throws(FileConflict) {
    try checkPlaces()
    try checkKinds()
  }

  private func checkPlaces() throws(FileConflict) {
    try checkInputs()
    try checkOutputs()
    for output in outputs + kept.map(\.file) { try checkInputs(against: output) }
    for checkpoint in kept { try checkInputs(against: checkpoint) }
    try checkStandardStreams()
    // A log is locked itself, and is nothing for others to replace either.
    for output in outputs + kept.map(\.file) where !output.place.isStream {
      do { try FileLock.refuseIfHeld(output.path, for: output.path) } catch {
        throw .locked(path: output.path, process: error.lockingProcess)
      }
    }
    for output in outputs where !output.place.isStream {
      do { try CheckpointNames(output.path).refuseIfLocked(output.path) } catch {
        throw .locked(path: output.path, process: error.lockingProcess)
      }
    }
  }

  /// Checks the same, and locks the outputs. (A checkpoint is locked by whoever keeps it, a log by whoever appends to it.)
  /// - Throws: `FileConflict`.
  package func hold() throws(FileConflict) -> OutputLocks {
    try checkPlaces()
    let paths = outputs.filter { !$0.place.isStream }.map(\.path)
    let locks: OutputLocks
    do { locks = try OutputLocks(paths) } catch { throw .locked(path: error.path, process: error.lockingProcess) }
    try checkKinds()
    return locks
  }

  // MARK: One by one

  private func checkKinds() throws(FileConflict) {
    for output in outputs {
      // What is appended to says so itself when it is opened.
      if !output.kind.areAppendedTo {
        do { try DurableFile.verifyWritable(output.path) } catch { throw .unwritable(error) }
      }
      guard !output.place.isStream, let status = try? FileStatus(of: output.path),
        status.kind == .regular, status.size > 0,
        let kind = output.kind.obstacle(at: output.path)
      else { continue }
      throw .otherKind(path: output.path, kind: kind, writing: output.role)
    }
  }

  private func checkInputs() throws(FileConflict) {
    for (index, input) in inputs.enumerated() {
      if let other = inputs[..<index].first(where: { $0.place.isSameStream(as: input.place) }) {
        throw .readTwice(path: input.path, roles: [other.role, input.role])
      }
    }
  }

  private func checkOutputs() throws(FileConflict) {
    for (index, output) in outputs.enumerated() {
      let others = outputs[..<index]
      if let other = others.first(where: {
        $0.place.isSameFile(as: output.place) || $0.place.isSameStream(as: output.place)
      }) {
        throw .writtenTwice(other.text, output.text)
      }
      if let other = kept.first(where: { $0.has(output.place) }) { throw .writtenTwice(output.text, other.file.text) }
      if let other = resumed.first(where: { $0.has(output.place) }) {
        throw .overwritten(path: other.file.path, reading: other.file.text, writing: output.text)
      }
    }
  }

  private func checkInputs(against output: File) throws(FileConflict) {
    if let input = inputs.first(where: { $0.place.isSameFile(as: output.place) }) {
      throw .overwritten(path: input.path, reading: input.text, writing: output.text)
    }
    guard let name = output.place.name, !output.place.isStream else { return }
    let last = PathBytes.text(name.bytes)
    if let tree = trees.first(where: { $0.directories.contains(name.directory) && $0.takes(last) }) {
      throw .readNextTime(tree: "\(tree.role) \(printable(tree.path))", writing: output.text)
    }
  }

  private func checkInputs(against checkpoint: Checkpoint) throws(FileConflict) {
    if let input = inputs.first(where: { checkpoint.has($0.place) }) {
      throw .overwritten(path: input.path, reading: input.text, writing: checkpoint.file.text)
    }
    // A checkpoint may be replaced by what goes on from it, but not what is kept beside it.
    let place = checkpoint.file.place
    if let other = resumed.first(where: { $0.has(place) && !$0.file.place.isSameFile(as: place) }) {
      throw .overwritten(path: checkpoint.file.path, reading: other.file.text, writing: checkpoint.file.text)
    }
  }

  private func checkStandardStreams() throws(FileConflict) {
    for (number, role) in [(STDOUT_FILENO, "standard output"), (STDERR_FILENO, "standard error")] {
      let place = FilePlace("/dev/fd/\(number)")
      guard place.status?.kind == .regular else { continue }
      if let input = inputs.first(where: { $0.place.isSameFile(as: place) }) {
        throw .overwritten(path: input.path, reading: input.text, writing: role)
      }
      // One that was named as such is meant.
      if let other = outputs.first(where: { $0.place.descriptor == nil && $0.place.isSameFile(as: place) }) {
        throw .writtenTwice(other.text, role)
      }
      if let other = (kept + resumed).first(where: { $0.has(FilePlace(place.status)) }) {
        throw .writtenTwice(other.file.text, role)
      }
    }
  }
}
