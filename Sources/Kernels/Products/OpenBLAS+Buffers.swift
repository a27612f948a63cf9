import COpenBLAS
import Storage
import Synchronization

/// The memory that OpenBLAS takes by itself.
extension OpenBLAS {
  /// Of each thread that calls it at the same time as others: BUFFER_SIZE of its x86-64 builds, the largest of all.
  private static let bufferBytes = 128 << 20

  /// Threads that have been let in: OpenBLAS keeps their buffers.
  private static let admitted = Mutex(0)

  /// Looks, where the process has a limit on its memory, whether OpenBLAS will have its buffers. Where it cannot have one it asks
  /// again and again, without end.
  /// - Parameter callers: threads that call it at once.
  package static func admit(callers: Int) throws(MemoryShortage) {
    guard SystemMemory.isLimited else { return }
    let shortage = admitted.withLock { (admitted) -> MemoryShortage? in
      let (needed, available) = ((callers - admitted) * bufferBytes, SystemMemory.available())
      if needed > available { return MemoryShortage(needed: needed, available: available) }
      admitted = max(admitted, callers)
      return nil
    }
    if let shortage { throw shortage }
  }

  /// Lets one caller in and has the buffer taken at once, while there is room for it: for calls whose own memory comes later.
  /// Sets OpenBLAS to one thread, too: what LAPACK computes depends on how many there are.
  package static func warmUp() throws(MemoryShortage) {
    _ = allowsConcurrentCalls
    guard SystemMemory.isLimited else { return }
    try admit(callers: 1)
    // A product may be too small for OpenBLAS to take a buffer; this takes one at any size.
    let identity: [Double] = [1, 0, 0, 1]
    var solution = identity
    unsafe cblas_dtrsm(
      CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, 2, 2, 1, identity, 2, &solution, 2)
  }
}

/// More bytes are needed than there are.
package struct MemoryShortage: Error, Hashable {
  package let needed: Int
  package let available: Int

  package init(needed: Int, available: Int) { (self.needed, self.available) = (needed, available) }
}
