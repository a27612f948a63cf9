import Glibc
import Kernels
import Storage
import Testing

/// A process that may have no more memory: in a process of its own each, as a limit cannot be taken back.
@Suite("Limits of the process")
struct LimitTests {
  /// Leaves the process so many bytes of addresses.
  private static func leave(_ bytes: Int) throws {
    let pages = try #require(readFile("/proc/self/statm").split(separator: UInt8(ascii: " ")).first)
    let used = try #require(Int(String(decoding: pages, as: UTF8.self))) * sysconf(Int32(_SC_PAGESIZE))
    var limit = rlimit(rlim_cur: rlim_t(used + bytes), rlim_max: rlim_t(used + bytes))
    try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
  }

  @Test("Threads that cannot be had are an error, and those that were started end")
  func threads() async {
    await #expect(processExitsWith: .success) {
      try Self.leave(100 << 20)
      let error = try #require(throws: WorkerError.self) { _ = try WorkerPool(count: 1001) }
      #expect(error.wanted == 1000 && error.started < 1000 && error.code == EAGAIN)
      // What they had is free again.
      for _ in 0..<20 { _ = try WorkerPool(count: 3) }
    }
  }

  @Test("OpenBLAS is not asked where it could not have its buffer")
  func buffers() async {
    await #expect(processExitsWith: .success) {
      try Self.leave(100 << 20)
      #expect(SystemMemory.isLimited)
      let shortage = try #require(throws: MemoryShortage.self) { try OpenBLAS.admit(callers: 1) }
      #expect(shortage.needed == 128 << 20 && shortage.available <= 100 << 20)
      var matrix = [Double](repeating: 1, count: 9)
      #expect(throws: FactorizationError.self) { try Orthogonal.orthonormalize(&matrix, rows: 3, columns: 3) }
      #expect(throws: FactorizationError.self) {
        _ = try LeastSquares.solve(matrix, rows: 3, columns: 3, targets: [1, 2, 3])
      }
    }
    await #expect(processExitsWith: .success) {
      try Self.leave(200 << 20)
      try OpenBLAS.admit(callers: 1)
      // Once let in is let in for good.
      try OpenBLAS.admit(callers: 1)
      #expect(throws: MemoryShortage.self) { try OpenBLAS.admit(callers: 3) }
      var matrix: [Double] = [2, 0, 0, 2]
      try Orthogonal.orthonormalize(&matrix, rows: 2, columns: 2)
      #expect(matrix == [1, 0, 0, 1])
    }
  }
}
