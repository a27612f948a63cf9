internal import Synchronization

/// A number that several threads change, alone in its cache line: threads that work on its neighbours do not wait for it.
@safe struct CacheLine: ~Copyable, @unchecked Sendable {
  /// Two lines, as processors fetch a line's neighbour along with it.
  private static let size = 128

  private let line: UnsafeMutablePointer<Atomic<UInt32>>

  init() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.size, alignment: Self.size)
    unsafe line = memory.bindMemory(to: Atomic<UInt32>.self, capacity: 1)
    unsafe line.initialize(to: Atomic(0))
  }

  deinit {
    unsafe line.deinitialize(count: 1)
    unsafe UnsafeMutableRawPointer(line).deallocate()
  }

  /// What was written before the number that is read is seen afterwards: all accesses are sequentially consistent.
  var value: UInt32 {
    get { unsafe line.pointee.load(ordering: .sequentiallyConsistent) }
    nonmutating set { unsafe line.pointee.store(newValue, ordering: .sequentiallyConsistent) }
  }

  /// Adds, modulo 2³², and returns the sum.
  @discardableResult
  func add(_ number: UInt32) -> UInt32 {
    unsafe line.pointee.wrappingAdd(number, ordering: .sequentiallyConsistent).newValue
  }

  /// Where the system looks at the number.
  @unsafe var address: UnsafePointer<UInt32> {
    unsafe UnsafeRawPointer(line).assumingMemoryBound(to: UInt32.self)
  }
}
