internal import Storage

/// How a head is fitted by ridge regression.
public struct RidgeOptions: Sendable, Hashable {
  /// How the penalty is chosen: λ of Σ‖y − Wx − b‖² + λ·‖W‖².
  public enum Penalty: Sendable, Hashable {
    /// This one.
    case fixed(Double)
    /// That of these whose exact leave-one-out error is the least. Of a series it is too good, as neighbours are almost
    /// copies, but orders penalties as new data do.
    case leaveOneOut([Double])
    /// That of these with the least error on parts that were left out: so many blocks of neighbouring rows, each in
    /// turn.
    case folds(Int, [Double])
  }

  /// What is factorized.
  public enum Method: Sendable, Hashable {
    /// The Gram matrix (Cholesky, or its eigenvalues), and where that is not exact enough the triangle.
    case automatic
    /// The Gram matrix, whatever comes of it.
    case gram
    /// The triangle of the rows themselves, by QR block by block: exact down to a penalty of 0, and slower.
    case triangle
  }

  /// How the penalty is chosen.
  public var penalty: Penalty
  /// Steps at the beginning of each sequence that are not fitted to, as the state still remembers where it started. Not
  /// for heads with one output a sequence.
  public var washout: Int
  /// What is factorized.
  public var method: Method

  /// Decades from 10⁻¹² to 10².
  public static let penalties: [Double] = [
    1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100,
  ]

  /// Leave-one-out over all decades, unless something else is said.
  public init(
    penalty: Penalty = .leaveOneOut(RidgeOptions.penalties), washout: Int = 0, method: Method = .automatic
  ) {
    (self.penalty, self.washout, self.method) = (penalty, washout, method)
  }

  /// Those that are tried.
  var candidates: [Double] {
    switch penalty {
    case .fixed(let value): [value]
    case .leaveOneOut(let values), .folds(_, let values): values
    }
  }

  func validate() {
    require(washout >= 0, "expected a wash-out of 0 steps or more, got \(washout)")
    require(
      !candidates.isEmpty && candidates.allSatisfy { $0 >= 0 && $0.isFinite },
      "expected penalties of 0 or more, got \(candidates)")
    if case .folds(let count, _) = penalty { require(count >= 2, "expected 2 folds or more, got \(count)") }
  }
}

/// What a fit by ridge regression was.
public struct RidgeFit: Sendable, Hashable, CustomStringConvertible {
  /// What gave the weights.
  public enum Factorization: String, Sendable, Hashable {
    /// Of the Gram matrix.
    case cholesky = "Cholesky"
    /// Of the Gram matrix.
    case eigenvalues = "eigenvalues"
    /// Of the rows, by QR block by block, and the singular values of the triangle.
    case triangle = "QR"
  }

  /// A penalty, and the mean squared error of an output with it.
  public struct Score: Sendable, Hashable {
    /// λ.
    public let penalty: Double
    /// Left out one by one, or in folds.
    public let meanSquaredError: Double
  }

  /// λ.
  public let penalty: Double
  /// What gave the weights.
  public let factorization: Factorization
  /// Why the Gram matrix was not enough; nil where it was, or was not asked.
  public let reason: String?
  /// Rows that were fitted to.
  public let count: Int
  /// The whole path; empty for a fixed penalty.
  public let scores: [Score]

  public var description: String {
    "penalty \(penalty), by \(factorization.rawValue), on \(count) rows" + (reason.map { " (\($0))" } ?? "")
  }
}
