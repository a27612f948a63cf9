internal import Kernels

/// What a diagnosis looks at, and how closely.
public struct DiagnosisOptions: Sendable, Hashable {
  /// Lyapunov exponents of each recurrence, the largest; no more than its state has numbers.
  public var exponentCount = 32
  /// Steps back to which the gradient is followed, and delays of the memory capacity.
  public var delayCount = 100
  /// Steps that are followed in all for the Lyapunov exponents. They scatter by about 1 in the root of it.
  public var exponentSteps = 1000
  /// Steps at which the whole Jacobian of a step is taken.
  public var jacobianCount = 6
  /// Steps that the task looks back on: gradients that vanish sooner are a finding.
  public var wantedReach = 20
  /// Steps that a model of vectors runs freely, each output its next input, from the end of the first sequence on, for the
  /// exponents of that; 0: none. All their states are kept.
  public var closedLoopSteps = 0
  /// Decides the directions from which gradients start.
  public var seed: UInt64 = 1
  /// Workers; 0: one for each processor. No result depends on it.
  public var threads = 0

  /// The usual.
  public init() {}

  func validate() {
    for (name, value) in [
      ("exponents", exponentCount), ("delays", delayCount), ("steps for exponents", exponentSteps),
      ("Jacobians", jacobianCount), ("steps of wanted reach", wantedReach),
    ] { require(value >= 1, "a diagnosis needs 1 or more \(name), got \(value)") }
    require(closedLoopSteps >= 0, "a loop is followed for 0 steps or more, got \(closedLoopSteps)")
  }
}

/// Why a model could not be diagnosed.
public enum DiagnosisError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no sequence of two steps.
  case tooShort
  /// A weight, an input or a state is NaN or infinite.
  case notFinite(what: String)
  /// A factorization did not come to an end, or had no memory.
  case factorization(what: String, reason: String)
  /// The pass does not fit into memory.
  case plan(PlanError)

  public var description: String {
    switch self {
    case .tooShort: "a diagnosis needs a sequence of 2 steps or more"
    case .notFinite(let what): "\(what) is NaN or infinite: nothing can be diagnosed with it"
    case .factorization(let what, let reason): "\(what): \(reason)"
    case .plan(let error): error.description
    }
  }
}

extension DiagnosisError {
  init(_ error: FactorizationError, for what: String) {
    if case .notFinite = error {
      self = .notFinite(what: what)
    } else {
      self = .factorization(what: what, reason: error.description)
    }
  }
}
