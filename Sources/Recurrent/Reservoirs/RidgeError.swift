/// Why a readout was not fitted.
public enum RidgeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The memory does not suffice.
  case memory(PlanError)
  /// A state or a target is NaN or infinite.
  case notFinite
  /// There are no rows to fit to, after what is washed out.
  case noRows(washout: Int)
  /// There are more folds than rows.
  case tooManyFolds(Int, rows: Int)
  /// LAPACK's iterations did not end.
  case notConverged(String)
  /// The Gram matrix with this penalty is not positive definite to rounding: a larger penalty, or a `RidgeTriangle`, is
  /// wanted.
  case notPositiveDefinite(penalty: Double)

  public var description: String {
    switch self {
    case .memory(let error): error.description
    case .notFinite: "a fit by least squares needs finite numbers: a state or a target is NaN or infinite"
    case .noRows(let washout):
      "there is nothing to fit to: no sequence is longer than the \(washout) steps that are washed out"
    case .tooManyFolds(let folds, let rows): "\(folds) folds need as many rows to fit to, and there are \(rows)"
    case .notConverged(let what): "\(what) did not converge"
    case .notPositiveDefinite(let penalty):
      "the Gram matrix is not positive definite to rounding with a penalty of \(penalty): raise it, or fit by a RidgeTriangle"
    }
  }
}
