import CKernels
import Glibc

/// What the processor is, and what it can do at most.
package enum Processor {
  /// "avx512", "avx2+fma", "neon" or "baseline": the instruction set of the kernels in use.
  package static var instructionSet: String { unsafe String(cString: rk_instruction_set()) }

  /// "vnni", "avx2" or "baseline": how products of whole numbers of 8 bits are made.
  package static var integerInstructions: String { unsafe String(cString: rk_integers().pointee.name) }

  /// "avx512-bf16", "avx512", "avx2" or "baseline": how products of pairs of bfloat16 are made; all but the first widen them.
  package static var pairInstructions: String { unsafe String(cString: rk_pairs().pointee.name) }

  /// Bytes of a core's second-level cache; 512 KiB where the system does not say.
  package static let secondLevelCache: Int = {
    let bytes = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
    return bytes > 0 ? bytes : 512 << 10
  }()

  /// Multiply-adds in registers and nothing else, `flops` of `S` for each iteration. The result is of no interest.
  package static func multiplyAdd<S: KernelScalar>(iterations: Int, _ scalar: S.Type) -> S {
    unsafe S(S.kernels.pointee.peak(iterations, 0.5, 0.25))
  }

  /// Floating-point operations of one iteration of `multiplyAdd`.
  package static func flops<S: KernelScalar>(_ scalar: S.Type) -> Int { unsafe S.kernels.pointee.peak_flops() }
}
