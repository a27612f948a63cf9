import Glibc
import Storage

/// A process that may not have much memory (`ulimit -v`).
enum MemoryLimit {
  /// At the start of the process. OpenBLAS's own threads, which it has by then, ask for memory again and again where they cannot
  /// have it, and the end of the process would wait for them: it ends without, then.
  static func prepare() {
    guard SystemMemory.isLimited else { return }
    _ = unsafe on_exit(
      { status, _ in
        fflush(nil)
        _exit(status)
      }, nil)
  }
}
