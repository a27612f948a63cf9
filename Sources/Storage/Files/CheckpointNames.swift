/// The names of a checkpoint's files, all beside the file to which its path leads.
package struct CheckpointNames: Sendable {
  /// With its final slash.
  package let directory: String
  package let name: String
  private let stem: String
  /// With its dot; empty where the name has none.
  private let suffix: String

  package init(_ path: String) {
    // A link that leads nowhere is found out when the file is to be written.
    let resolved = (try? FileTarget.followLinks(path)) ?? path
    let (directory, name) = FileTarget.split(resolved)
    self.init(directory: directory, name: name)
  }

  private init(directory: String, name: String) {
    self.directory = directory
    self.name = name
    // By bytes, as the file system has them: a dot and what combines with it would be another character.
    let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > name.startIndex ? $0 : nil } ?? name.endIndex
    stem = String(name[..<dot])
    suffix = String(name[dot...])
  }

  private static let bestMark = "-best"
  private static let stepMark = "-step-"

  package var bestName: String { stem + Self.bestMark + suffix }
  package var best: String { path(bestName) }

  package func generation(_ step: Int) -> String { path(stem + Self.stepMark + String(step) + suffix) }

  /// The current directory is not named: users see these paths.
  private func path(_ name: String) -> String { directory == "./" ? name : directory + name }

  /// Of the checkpoint whose generation has this name; nil where this is no generation's name.
  package var last: String? {
    guard let root = withoutStep() else { return nil }
    return path(root.name)
  }

  /// The step for which `name` is a generation's name, compared by bytes; nil for any other name.
  package func step(ofGeneration name: String) -> Int? {
    let (bytes, start, end) = (name.utf8, (stem + Self.stepMark).utf8, suffix.utf8)
    guard bytes.count > start.count + end.count, bytes.starts(with: start), bytes.suffix(end.count).elementsEqual(end)
    else { return nil }
    let digits = String(decoding: bytes.dropFirst(start.count).dropLast(end.count), as: UTF8.self)
    // The one spelling that `generation` gives.
    guard let step = Int(digits), step >= 0, String(step) == digits else { return nil }
    return step
  }

  /// Steps of the generations that are there, ascending.
  package func generationsOnDisk() throws(FileError) -> [Int] {
    var steps: [Int] = []
    for entry in try listDirectory(directory) {
      guard entry.status?.kind == .regular, let step = step(ofGeneration: entry.name) else {
        continue
      }
      steps.append(step)
    }
    return steps.sorted()
  }

  /// One for all checkpoints whose files could have the same name: model-best.safetensors is the best one of
  /// model.safetensors, or a checkpoint of its own.
  package var lock: String {
    var root = self
    while let next = root.withoutMark() { root = next }
    return directory + "." + DurableFile.stem(root.name) + ".lock"
  }

  /// - Throws: `FileError` of kind `locked` where another process keeps a checkpoint under one of these names.
  func refuseIfLocked(_ path: String) throws(FileError) { try FileLock.refuseIfHeld(lock, for: path) }

  /// Whether a file of this name beside them is one that whoever keeps the checkpoint writes or removes.
  func own(_ name: String) -> Bool {
    // Most files of a directory are others.
    guard name.utf8.starts(with: stem.utf8) || name.utf8.first == UInt8(ascii: ".") else { return false }
    let files = [self.name, bestName, FileTarget.split(lock).name]
    return files.contains { $0.utf8.elementsEqual(name.utf8) } || step(ofGeneration: name) != nil
      || [self.name, bestName].contains { DurableFile.isTemporary(name, of: $0) }
  }

  private func withoutMark() -> CheckpointNames? {
    if stem.hasSuffix(Self.bestMark), stem.utf8.count > Self.bestMark.utf8.count {
      return CheckpointNames(directory: directory, name: String(stem.dropLast(Self.bestMark.count)) + suffix)
    }
    return withoutStep()
  }

  private func withoutStep() -> CheckpointNames? {
    let digits = stem.reversed().prefix { $0.isASCII && $0.isNumber }.count
    let rest = stem.dropLast(digits)
    guard digits > 0, rest.hasSuffix(Self.stepMark), rest.utf8.count > Self.stepMark.utf8.count else { return nil }
    return CheckpointNames(directory: directory, name: String(rest.dropLast(Self.stepMark.count)) + suffix)
  }
}
