import COpenBLAS

/// What the process needs of the OpenBLAS it loaded.
package enum OpenBLAS {
  /// Sets OpenBLAS to one thread, once for the process (the setting is global), and says whether several of our
  /// workers may call it at once.
  ///
  /// Its own threads lose on products of this size, and the engine's workers share the work above it. A build
  /// without thread support may lack the locks that concurrent calls need (OpenBLAS#1755), and an OpenMP build may
  /// ignore the setting (OpenBLAS#5806): with those the engine uses one worker.
  package static let allowsConcurrentCalls: Bool = {
    openblas_set_num_threads(1)
    let pthreads: Int32 = 1
    return openblas_get_parallel() == pthreads
  }()

  /// For example `OpenBLAS 0.3.21 DYNAMIC_ARCH … Zen MAX_THREADS=64`.
  ///
  /// Asked once: it writes the text anew at each call, into memory that all threads share.
  package static let description: String = unsafe String(cString: openblas_get_config())

  /// The processor whose kernels OpenBLAS runs, such as `Haswell` or `SkylakeX`: what it took this one for, or what
  /// OPENBLAS_CORETYPE told it.
  package static var coreName: String { unsafe String(cString: openblas_get_corename()) }

  /// Whether it holds the kernels of all processors, and chooses when the program starts.
  package static var hasAllKernels: Bool { description.contains("DYNAMIC_ARCH") }

  /// Whether its kernels use narrower vectors than those of an instruction set of ours. On processors that it does not
  /// know it is not asked.
  package static func isNarrower(than instructionSet: String) -> Bool {
    let wide: Set = ["SkylakeX", "Cooperlake", "SapphireRapids"]
    let middle: Set = ["Haswell", "Zen"]
    return switch instructionSet {
    case "avx512": !wide.contains(coreName)
    case "avx2+fma": !wide.contains(coreName) && !middle.contains(coreName)
    default: false
    }
  }

  /// Number of workers to use where `requested` (0: one for each processor) are wanted.
  package static func workers(requested: Int, processors: Int) -> Int {
    guard allowsConcurrentCalls else { return 1 }
    return requested > 0 ? requested : max(1, processors)
  }
}
