import Kernels

/// Measures how many multiply-adds a number of threads can do at most.
final class PeakMeter<S: KernelScalar> {
  private let pool: WorkerPool
  private let task: MultiplyAdds<S>

  init(threads: Int, _ scalar: S.Type = S.self) throws {
    let pool = try WorkerPool(count: threads)
    let trial = MultiplyAdds<S>(iterations: 100_000)
    pool.run(trial)
    let once = seconds { pool.run(trial) }
    // Long enough for waking the workers to be no part of it to speak of.
    task = MultiplyAdds(iterations: Int(100_000 * max(1, 0.005 / max(once, 1e-6))))
    self.pool = pool
  }

  /// 10⁹ floating-point operations a second, at this moment: the best of a few runs, as a peak is what can be reached, and
  /// as a worker that was just woken may share the caller's processor for some milliseconds.
  func gigaflops() -> Double {
    let time = (0..<4 * pool.count).map { _ in seconds { pool.run(task) } }.min()!
    return Double(pool.count) * Double(task.iterations) * Double(Processor.flops(S.self)) / time * 1e-9
  }
}

private final class MultiplyAdds<S: KernelScalar>: PoolTask {
  /// Of each worker.
  let iterations: Int

  init(iterations: Int) { self.iterations = iterations }

  func run(worker: Int) {
    let result = Processor.multiplyAdd(iterations: iterations, S.self)
    precondition(result.isFinite)
  }
}
