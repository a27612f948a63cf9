internal import Kernels

extension RidgeError {
  /// - Parameter penalty: of the matrix that was factorized.
  init(_ error: FactorizationError, penalty: Double = 0) {
    switch error {
    case .notFinite: self = .notFinite
    case .notPositiveDefinite: self = .notPositiveDefinite(penalty: penalty)
    case .notConverged(let what, _, _): self = .notConverged(what)
    case .tooLarge, .outOfMemory: self = .memory(PlanError(error, for: "a fit by least squares"))
    }
  }

  /// Refuses a fit before anything of it is allocated, and gets OpenBLAS ready.
  static func admit(numbers: Int) throws(RidgeError) {
    do throws(PlanError) {
      try PlanError.refuse(bytesOver: numbers * MemoryLayout<Double>.stride, for: "the sums of a fit by least squares")
    } catch { throw .memory(error) }
    do throws(MemoryShortage) { try OpenBLAS.warmUp() } catch {
      throw .memory(PlanError(error, for: "what OpenBLAS works in"))
    }
  }
}
