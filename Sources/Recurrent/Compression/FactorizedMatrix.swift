internal import Kernels

/// A matrix of a model that may be cut, factorized for what it is multiplied by.
struct FactorizedMatrix {
  /// Of the whole matrix.
  let name: String
  /// Of the bias of the same product.
  let biasName: String
  let layer: Int
  /// Whether it is Wᵢ, and not Wₕ.
  let isInput: Bool
  let factorization: MatrixFactorization
  private let matrix: [Double]
  /// Of what it is multiplied by.
  private let mean: [Double]

  /// - Parameter model: of whole matrices.
  static func all<S: Scalar>(
    _ model: Model<S>, _ covariances: StateCovariances<S>
  ) throws(CompressionError) -> [FactorizedMatrix] {
    let directions = model.configuration.directions.count
    var matrices: [FactorizedMatrix] = []
    for layer in 0..<model.configuration.layerCount {
      // What both directions read is the same.
      let inputRoot = try covariances.inputs[layer].map { covariance throws(CompressionError) in
        (covariance, try Self.root(covariance, "what layer \(layer) reads"))
      }
      for direction in 0..<directions {
        let suffix = "_l\(layer)" + (direction == 0 ? "" : "_reverse")
        if let (covariance, root) = inputRoot {
          matrices.append(try FactorizedMatrix(model, "ih", suffix, layer: layer, isInput: true, covariance, root))
        }
        let outputs = covariances.outputs[layer * directions + direction]
        let root = try Self.root(outputs, "the states of layer \(layer)")
        matrices.append(try FactorizedMatrix(model, "hh", suffix, layer: layer, isInput: false, outputs, root))
      }
    }
    return matrices
  }

  private static func root(_ covariance: Covariance, _ what: String) throws(CompressionError) -> [Double] {
    do throws(FactorizationError) { return try covariance.root() } catch { throw CompressionError(error, for: what) }
  }

  private init<S: Scalar>(
    _ model: Model<S>, _ kind: String, _ suffix: String, layer: Int, isInput: Bool, _ covariance: Covariance,
    _ root: [Double]
  ) throws(CompressionError) {
    (name, biasName) = ("rnn.weight_" + kind + suffix, "rnn.bias_" + kind + suffix)
    (self.layer, self.isInput, mean) = (layer, isInput, covariance.mean)
    matrix = model[parameter: name].map { Double($0) }
    let columns = covariance.size
    do throws(FactorizationError) {
      factorization = try MatrixFactorization(matrix, rows: matrix.count / columns, columns: columns, root: root)
    } catch { throw CompressionError(error, for: name) }
  }

  /// (W − A·B)·mean
  func meanError(_ factors: (left: [Double], right: [Double]), rank: Int) -> [Double] {
    let rows = factorization.rows
    func product(_ a: [Double], _ x: [Double], _ rows: Int) -> [Double] {
      DoubleProducts.product(a, x, rows: rows, inner: x.count, columns: 1)
    }
    let kept = product(factors.left, product(factors.right, mean, rank), rows)
    return zip(product(matrix, mean, rows), kept).map { $0 - $1 }
  }

  func compressed(rank: Int?) -> CompressedMatrix {
    CompressedMatrix(
      name: name, rows: factorization.rows, columns: factorization.columns, rank: rank,
      keptEnergy: rank.map { factorization.keptEnergy(rank: $0) } ?? 1,
      error: rank.map { factorization.error(rank: $0) } ?? 0)
  }
}

extension CompressionError {
  init(_ error: FactorizationError, for what: String) {
    switch error {
    case .notFinite: self = .notFinite(what: what)
    case .notConverged: self = .notConverged(what: what)
    case .tooLarge, .outOfMemory: self = .memory(PlanError(error, for: "the singular values of \(what)"))
    case .notPositiveDefinite: stop("\(what): \(error)")
    }
  }
}
