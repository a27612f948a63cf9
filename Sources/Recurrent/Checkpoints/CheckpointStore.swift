internal import Storage

/// The files of one checkpoint: the last one at its path, the best one, and generations, the ones before the last.
///
///     model.safetensors              the last
///     model-best.safetensors         the best, written by whoever knows which that is
///     model-step-1200.safetensors    generations
///     model-step-1100.safetensors
///
/// However a process ends, at every moment there is a whole last file, if there ever was one; `newestValid` finds it, or
/// the newest generation where it was damaged since. As long as the store lives no other can be made for these files, in
/// this process or in another.
///
///     var store = try CheckpointStore(path: "model.safetensors")
///     try store.save(step: 100) { (path) throws(CheckpointError) in try model.save(to: path) }
///
/// Generations are steps of one training. What stands under their names when a training starts belongs to an earlier
/// one: it stays until the first save has succeeded and is then removed, together with the earlier last file, which that
/// save replaces, and the earlier best one; `existing(at:)` tells of it. A training that goes on from one of these files says so with `resume`: then the generations up to its
/// step stay, and those beyond it, of a future that was given up, are removed after the first save.
///
/// **From tasks.** `Sendable`: it may be sent on to another task, or be kept by an actor.
public struct CheckpointStore: ~Copyable, Sendable {
  /// Of the last checkpoint, as it was given.
  public let path: String
  /// How many generations are kept beside the last checkpoint.
  public let generationLimit: Int
  /// Step of the last checkpoint; nil before the first save, unless `resume` told it.
  public private(set) var step: Int?

  private let names: CheckpointNames
  private let lock: FileLock
  /// Steps of this training's generations, ascending.
  private var generations: [Int] = []
  /// Steps of generations that the next save removes.
  private var abandoned: [Int]
  /// The best model of an earlier training, which the next save removes unless this training has written its own by then.
  private var abandonedBest: FileStatus.Identity?

  /// Locks the files, checks that they can be written, and removes the temporary files that killed writers of them left.
  ///
  /// - Parameters:
  ///   - path: of the last checkpoint. A symbolic link stays one: all files are where it leads.
  ///   - count: generations to keep beside the last checkpoint, 0 or more.
  ///   - keepsBest: whether `bestPath` is going to be written.
  /// - Throws: `CheckpointError.locked` where another store has the files; `CheckpointError.io` where they cannot be
  ///   written.
  public init(path: String, keeping count: Int = 2, keepsBest: Bool = true) throws(CheckpointError) {
    require(count >= 0, "expected 0 generations or more, got \(count)")
    self.path = path
    generationLimit = count
    let names = CheckpointNames(path)
    self.names = names
    do throws(FileError) {
      // First: it says best what is wrong with a path.
      try DurableFile.verifyReplaceable(path)
      if keepsBest { try DurableFile.verifyReplaceable(names.best) }
      if count > 0 { try DurableFile.verifyReplaceable(names.generation(.max), owner: names.name) }
      lock = try FileLock(names.lock, for: path)
      // A directory that cannot be listed can be written all the same.
      abandoned = (try? names.generationsOnDisk()) ?? []
    } catch {
      throw CheckpointError(error)
    }
    abandonedBest = Self.identity(path) == nil ? nil : Self.identityOfModel(names.best)
    if lock.isExclusive {
      for name in [names.name, names.bestName] { DurableFile.removeTemporaries(of: name, in: names.directory) }
    }
  }

  /// Of the best checkpoint: model-best.safetensors beside model.safetensors.
  public var bestPath: String { names.best }

  /// Of the checkpoint of a step, once it is no longer the last: model-step-1200.safetensors beside model.safetensors.
  public func generationPath(step: Int) -> String { names.generation(step) }

  /// Where a store for `path` keeps the best checkpoint.
  public static func bestPath(of path: String) -> String { CheckpointNames(path).best }

  /// The path of the last checkpoint where `path` is that of a generation; else `path`.
  public static func lastPath(of path: String) -> String { CheckpointNames(path).last ?? path }

  /// Files of an earlier training, or of a given up future, that the next save is going to remove.
  public var abandonedPaths: [String] {
    abandoned.map { names.generation($0) } + (hasAbandonedBest ? [names.best] : [])
  }

  private var hasAbandonedBest: Bool { abandonedBest.map { $0 == Self.identity(names.best) } ?? false }

  // MARK: Saving

  /// Before the first save: the training goes on from `file`, the checkpoint of `step`. If that is one of this store's
  /// files, the generations of earlier steps are this training's; no file changes.
  public mutating func resume(from file: String, step: Int) {
    require(step >= 0, "expected step 0 or later, got \(step)")
    let listed = generations + abandoned
    let resumed = CheckpointNames(file)
    let identity = Self.identity(file)
    let isLast = identity != nil && identity == Self.identity(path)
    let isBeside = Self.identity(resumed.directory) == Self.identity(names.directory)
    let isOurs =
      isLast
      || isBeside
        && (ExactString(resumed.name) == ExactString(names.bestName) || names.step(ofGeneration: resumed.name) != nil)
    self.step = isLast ? step : nil
    // The last checkpoint itself can have a generation's name too: a process was killed while it saved the next one.
    generations = isOurs ? listed.filter { $0 < step || $0 == step && !isLast }.sorted() : []
    abandoned = listed.filter { !generations.contains($0) }.sorted()
    if isOurs { abandonedBest = nil }
  }

  /// Replaces the last checkpoint by that of `step`, which `write` writes durably to the path it is given.
  ///
  /// First the file that was the last becomes a generation, then it is replaced, then generations beyond the limit are
  /// removed: killed at any point, this leaves a whole last file, the old or the new one. What cannot be removed is tried
  /// again at the next save. A second save of the same step replaces the first.
  ///
  /// - Throws: what `write` throws, or `CheckpointError.io`; then the files are as they were. But for one case: where
  ///   the last step of writing failed, the sync of the directory, the new file is in place and counts as the last.
  public mutating func save(
    step: Int, _ write: (String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    require(step >= 0, "expected step 0 or later, got \(step)")
    let before = Self.identity(path)
    let kept = try keepLast(before: step)
    do {
      try write(path)
    } catch {
      if Self.identity(path) == before {
        if let kept, kept.isNew { try? DurableFile.remove(names.generation(kept.step)) }
      } else {
        note(step, kept: kept?.step)
      }
      throw error
    }
    note(step, kept: kept?.step)
    prune()
  }

  /// Replaces the best model by what `write` writes durably to the path it is given.
  /// - Throws: what `write` throws.
  public mutating func saveBest(_ write: (String) throws(CheckpointError) -> Void) throws(CheckpointError) {
    try write(bestPath)
    abandonedBest = nil
  }

  /// Makes the last file a generation.
  /// - Returns: its step, and whether there was no such generation; nil where it does not become one.
  private func keepLast(before step: Int) throws(CheckpointError) -> (step: Int, isNew: Bool)? {
    guard let last = self.step, last < step, generationLimit > 0 else { return nil }
    do throws(FileError) {
      switch try DurableFile.keep(path, as: names.generation(last), owner: names.name) {
      case .added: return (last, true)
      case .replaced, .stood: return (last, false)
      case .missing: return nil
      }
    } catch {
      throw CheckpointError(error)
    }
  }

  private mutating func note(_ step: Int, kept: Int?) {
    self.step = step
    if let kept {
      abandoned.removeAll { $0 == kept }
      if !generations.contains(kept) { generations.append(kept) }
    }
    // Steps from here on are ahead of the last one: of a future that was given up.
    abandoned += generations.filter { $0 >= step }
    generations = generations.filter { $0 < step }.sorted()
  }

  private mutating func prune() {
    let excess = generations.dropLast(generationLimit)
    generations.removeFirst(excess.count)
    abandoned = (abandoned + excess).filter { step in
      (try? DurableFile.remove(names.generation(step))) == nil
    }
    if !hasAbandonedBest || (try? DurableFile.remove(names.best)) != nil { abandonedBest = nil }
  }

  private static func identity(_ path: String) -> FileStatus.Identity? { (try? FileStatus(of: path))?.identity }
}

// MARK: Reading

extension CheckpointStore {
  /// The paths of the generations of `path` that are there, newest first.
  public static func generationPaths(of path: String) -> [String] {
    let names = CheckpointNames(path)
    return ((try? names.generationsOnDisk()) ?? []).reversed().map { names.generation($0) }
  }

  /// The newest checkpoint that can be loaded: the file at `path`, or else the newest of its generations that can.
  ///
  /// A path that is itself a generation's has no generations: it is loaded or not.
  ///
  /// - Parameters:
  ///   - path: of the last checkpoint, or of a generation.
  ///   - load: loads one file, and throws where it is missing, damaged or unfit.
  /// - Returns: what was loaded, from which file, and what was wrong with the newer ones.
  /// - Throws: where none can be loaded, what was wrong with `path` itself.
  public static func newestValid<Value>(
    of path: String, load: (String) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> (value: Value, file: String, skipped: [CheckpointError]) {
    let first: CheckpointError
    do { return (try load(path), path, []) } catch { first = error }
    var skipped = [first]
    for file in generationPaths(of: path) {
      do { return (try load(file), file, skipped) } catch { skipped.append(error) }
    }
    throw first
  }
}
