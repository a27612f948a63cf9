internal import Kernels
internal import Recurrent
internal import Storage
internal import Synchronization

/// Jobs that threads take one after the other. What each gives does not depend on who did it.
final class SharedJobs<Result: Sendable>: PoolTask {
  private let count: Int
  private let body: @Sendable (Int) throws(ForecastingError) -> Result
  private let next = Atomic<Int>(0)
  private let results: Mutex<[Int: Swift.Result<Result, ForecastingError>]> = Mutex([:])

  private init(_ count: Int, _ body: @escaping @Sendable (Int) throws(ForecastingError) -> Result) {
    (self.count, self.body) = (count, body)
  }

  func run(worker: Int) {
    while true {
      let job = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard job < count else { return }
      let result = Swift.Result { () throws(ForecastingError) in try body(job) }
      results.withLock { $0[job] = result }
    }
  }

  /// The results in the order of the jobs.
  /// - Parameter threads: 0: one for each processor.
  /// - Throws: the error of the first job that has one.
  static func run(
    _ count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws(ForecastingError) -> Result
  ) throws(ForecastingError) -> [Result] {
    let processors = SystemProcessors.usable()
    let wanted = min(count, OpenBLAS.workers(requested: threads, processors: processors))
    let jobs = SharedJobs(count, body)
    // Without another thread the caller does them all, with the same results.
    let pool = (try? WorkerPool(count: max(1, wanted))) ?? (try? WorkerPool(count: 1))
    if let pool { pool.run(jobs) } else { jobs.run(worker: 0) }
    let results = jobs.results.withLock { $0 }
    var values: [Result] = []
    for job in 0..<count {
      guard let result = results[job] else { stop("job \(job) of \(count) was not done") }
      values.append(try result.get())
    }
    return values
  }
}
