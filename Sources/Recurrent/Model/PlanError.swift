internal import Kernels
internal import Storage

/// A model or a pass that this machine cannot hold. Raised before anything is allocated.
public enum PlanError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A size does not fit into an address.
  case tooLarge(what: String)
  /// More bytes are needed than are available now.
  case exceedsMemory(what: String, needed: Int, available: Int)

  /// The system starts fewer threads than are wanted beside the caller's.
  case noThreads(wanted: Int, started: Int, reason: String)

  /// A weight is larger than the precision stores.
  case exceedsPrecision(parameter: String, value: Double, precision: WeightPrecision)

  public var description: String {
    switch self {
    case .tooLarge(let what):
      "\(what) would need more memory than any machine has"
    case .exceedsMemory(let what, let needed, let available):
      "\(what) would need \(ByteCount(needed)), but only \(ByteCount(available)) of memory are available"
    case .noThreads(let wanted, let started, let reason):
      "cannot start \(wanted) worker threads, only \(started) (\(reason)): ask for fewer threads, or raise the limit on "
        + "processes or memory"
    case .exceedsPrecision(let parameter, let value, let precision):
      "\"\(parameter)\" has a weight of \(value), and \(precision) stores none beyond \(precision.largest): take bfloat16"
    }
  }

  /// - Parameter copies: bytes that are asked for later, where nothing can be refused: a checkpoint's copy of all.
  static func refuse(bytesOver needed: Int, copies: Int = 0, for what: String) throws(PlanError) {
    let isLimited = SystemMemory.isLimited
    // Not worth asking the system for: files of small models are loaded often.
    guard needed > 64 << 20 || isLimited else { return }
    let available = max(0, SystemMemory.available() - (isLimited ? copies + margin : 0))
    if needed > available { throw .exceedsMemory(what: what, needed: needed, available: available) }
  }

  /// - Parameter callers: threads that call OpenBLAS at once.
  static func admitToOpenBLAS(callers: Int) throws(PlanError) {
    do throws(MemoryShortage) { try OpenBLAS.admit(callers: callers) } catch {
      throw PlanError(error, for: "what OpenBLAS works in")
    }
  }

  /// What a process with a limit on its addresses keeps for what nobody counts, such as the heaps that the C library makes for
  /// threads.
  private static let margin = 32 << 20
}

extension PlanError {
  init(_ shortage: MemoryShortage, for what: String) {
    self = .exceedsMemory(what: what, needed: shortage.needed, available: shortage.available)
  }

  /// - Parameter error: of a matrix of finite numbers, of a factorization that does not iterate.
  init(_ error: FactorizationError, for what: String) {
    switch error {
    case .outOfMemory(_, _, _, let shortage): self.init(shortage, for: what)
    case .tooLarge: self = .tooLarge(what: what)
    case .notFinite, .notPositiveDefinite, .notConverged: stop("\(what): \(error)")
    }
  }
}

extension WorkerPool {
  static func starting(_ count: Int, processors: Int) throws(PlanError) -> WorkerPool {
    do throws(WorkerError) { return try WorkerPool(count: count, processors: processors) } catch {
      throw .noThreads(wanted: error.wanted, started: error.started, reason: error.reason)
    }
  }
}
