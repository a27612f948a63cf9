/// Where the matrices of a model are cut.
public enum RankCut: Sendable, Hashable {
  /// All at this rank, those left whole that would not become smaller.
  case rank(Int)
  /// Each where this share of the energy is kept, Σ of the squares of the singular values after whitening; those left whole that
  /// would not become smaller. Both directions of a layer take the larger rank of the two.
  case energy(Double)
  /// As is said for each layer.
  case layers([LowRank])
}

/// A model whose matrices became products of two thin ones, and what that left out.
public struct ModelCompression<S: Scalar>: Sendable {
  /// The model, to be trained on or used as it is.
  public let model: Model<S>
  /// Every matrix that could have been cut, in the order of the parameters.
  public let matrices: [CompressedMatrix]
}

/// What became of a matrix.
public struct CompressedMatrix: Sendable, Hashable {
  /// Of the whole matrix, `rnn.weight_hh_l0`.
  public let name: String
  /// Of the whole matrix.
  public let rows: Int, columns: Int
  /// nil where it stays whole.
  public let rank: Int?
  /// The share of E‖W·(x − mean)‖² that is kept, over the x that the matrix is multiplied by.
  public let keptEnergy: Double
  /// E‖(W − A·B)·(x − mean)‖², the mean squared error of what the matrix gives: no matrix of this rank has less.
  public let error: Double
}

/// Why a model was not compressed.
public enum CompressionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No sequence has a step.
  case noSteps
  /// A weight, an input or a state is NaN or infinite.
  case notFinite(what: String)
  /// LAPACK's iterations did not end.
  case notConverged(what: String)
  /// The cell's recurrent matrix cannot be of low rank.
  case unsuitable(reason: String)
  /// The memory does not suffice.
  case memory(PlanError)

  public var description: String {
    switch self {
    case .noSteps: "a compression needs data: there is no sequence of 1 step or more"
    case .notFinite(let what): "\(what) is NaN or infinite: nothing can be compressed by it"
    case .notConverged(let what): "the singular values of \(what) did not converge"
    case .unsuitable(let reason): reason
    case .memory(let error): error.description
    }
  }
}
