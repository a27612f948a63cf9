import Glibc

/// Memory for the engine's blocks.
enum LargePages {
  private static let size = 1 << 21

  /// Allocates `byteCount` bytes on a cache line or, from a few large pages on, on a large page, and asks Linux to back
  /// them with large pages: the products walk over rows that lie far apart, and few of the usual 4 KiB pages fit into
  /// the processor's table of pages. To be freed with `deallocate()`.
  static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= 2 * size else { return .allocate(byteCount: byteCount, alignment: 64) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: size)
    // Advice only: without large pages the memory is the same.
    unsafe _ = madvise(memory, byteCount, MADV_HUGEPAGE)
    return unsafe memory
  }
}
