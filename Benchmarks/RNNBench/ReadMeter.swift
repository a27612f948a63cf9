import Kernels

/// Measures how fast a number of threads can read an array, each its own part of it, again and again.
final class ReadMeter {
  private let arena: Arena<Float>
  private let pool: WorkerPool
  private let task: Reads
  private let bytes: Int

  /// - Parameter bytes: of all parts together.
  init(bytes: Int, threads: Int) throws {
    let count = max(threads, bytes / MemoryLayout<Float>.stride)
    self.bytes = count * MemoryLayout<Float>.stride
    arena = Arena(count: count, filledWith: 1)
    let pool = try WorkerPool(count: threads)
    let trial = Reads(arena.memory, pool, passes: 1)
    pool.run(trial)
    let once = seconds { pool.run(trial) }
    task = Reads(arena.memory, pool, passes: max(1, Int(0.005 / max(once, 1e-7))))
    self.pool = pool
  }

  /// 10⁹ bytes a second, at this moment.
  func gigabytesPerSecond() -> Double {
    let time = seconds { pool.run(task) }
    return Double(bytes) * Double(task.passes) / time * 1e-9
  }
}

private final class Reads: PoolTask {
  let passes: Int
  private let memory: Memory<Float>
  private let pool: WorkerPool

  init(_ memory: Memory<Float>, _ pool: WorkerPool, passes: Int) {
    (self.memory, self.pool, self.passes) = (memory, pool, passes)
  }

  func run(worker: Int) {
    let share = pool.share(of: memory.count, worker: worker)
    for _ in 0..<passes {
      // Of ones; a sum of Floats stays finite.
      precondition(memory.readSum(share.lowerBound, count: share.count) > 0)
    }
  }
}
