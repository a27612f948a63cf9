/// The locks of files that a piece of work is going to write, for as long as it lasts: another that names one of them, as its
/// output or as its checkpoint, is refused.
package final class OutputLocks {
  private final class Held {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }

  private var locks: [Held] = []

  /// - Throws: `FileError` of kind `locked` where another holds one of them.
  init(_ paths: [String]) throws(FileError) {
    var taken: [FilePlace] = []
    for path in paths {
      let lock = CheckpointNames(path).lock
      let place = FilePlace(lock)
      if taken.contains(where: { $0.isSameFile(as: place) }) { continue }
      do throws(FileError) {
        // What cannot be written at all whoever writes it says best.
        try DurableFile.verifyReplaceable(path)
        locks.append(Held(try FileLock(lock, for: path)))
        taken.append(FilePlace(lock))
      } catch {
        if error.isLocked { throw error }
      }
    }
  }

  /// Gives them back.
  package func release() { locks = [] }
}
