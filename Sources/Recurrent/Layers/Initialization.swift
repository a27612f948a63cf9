internal import Kernels

/// How the parameters of a new model are drawn. Weights are drawn gate by gate.
public struct Initialization: Sendable, Hashable {
  public enum Weights: String, Sendable, Hashable, CaseIterable {
    /// Recurrent layers: everything, biases too, uniform in ±1/√H. Head: uniform in ±1/√H. Embedding: normal.
    case pytorch
    /// Uniform in ±√(6/(fan-in + fan-out)) (Glorot & Bengio 2010); biases 0.
    case xavier
    /// Normal with variance 2/fan-in (He et al. 2015), meant for max(·, 0); biases 0.
    case kaiming
    /// Orthonormal rows or columns (Saxe et al. 2014); biases 0.
    case orthogonal
  }

  /// For Wᵢ of every layer, the head and the embedding.
  public var input: Weights
  /// For Wₕ of every layer.
  public var recurrent: Weights
  /// Value of the forget gate's bias at the start (the sum of its two biases); nil leaves what the scheme gives.
  public var forgetGateBias: Double?

  public init(input: Weights = .pytorch, recurrent: Weights = .pytorch, forgetGateBias: Double? = nil) {
    self.input = input
    self.recurrent = recurrent
    self.forgetGateBias = forgetGateBias
  }

  public static let pytorch = Initialization()
  public static let xavier = Initialization(input: .xavier, recurrent: .xavier)
  public static let kaiming = Initialization(input: .kaiming, recurrent: .kaiming)
  /// Xavier for the inputs, orthogonal for the recurrence: the usual pair (Keras's default).
  public static let orthogonal = Initialization(input: .xavier, recurrent: .orthogonal)

  /// Fills a flat block laid out by `table`.
  func fill<S: Scalar>(
    _ block: inout [S], _ table: ParameterTable, _ configuration: ModelConfiguration,
    using generator: inout SeededGenerator
  ) {
    let structure = configuration.cell.structure
    let hidden = configuration.hiddenSize
    let bound = 1 / Double(hidden).squareRoot()
    if let forgetGateBias {
      precondition(
        structure.forgetGate != nil,
        "a forget-gate bias of \(forgetGateBias) was asked of \(configuration.cell.name), which has no such gate")
    }
    for entry in table.entries {
      let isRecurrentMatrix = entry.name.contains("weight_hh")
      let scheme = isRecurrentMatrix || entry.name.contains("bias_hh") ? recurrent : input
      let gates = entry.name.hasPrefix("rnn.") ? structure.gateCount : 1
      for gate in 0..<gates {
        let rows = entry.shape[0] / gates
        let values: [Double]
        if entry.shape.count == 1 {
          values = (0..<rows).map { _ in scheme == .pytorch ? generator.uniform(-bound, bound) : 0 }
        } else if entry.name == "embedding.weight" {
          // A lookup has no fan-in to scale by; unit variance, as PyTorch's nn.Embedding.
          values = (0..<entry.count).map { _ in generator.normal() }
        } else {
          values = Self.matrix(scheme, rows, entry.shape[1], bound: bound, &generator)
        }
        let start = entry.offset + gate * values.count
        for (index, value) in values.enumerated() { block[start + index] = S(value) }
      }
    }
    if let forgetGateBias, let gate = structure.forgetGate {
      for places in table.layers {
        for unit in gate * hidden..<(gate + 1) * hidden {
          block[places.inputBias + unit] = S(forgetGateBias)
          block[places.hiddenBias + unit] = 0
        }
      }
    }
  }

  /// A matrix [rows, columns] that multiplies vectors of `columns` (fan-in) into `rows` (fan-out).
  private static func matrix(
    _ scheme: Weights, _ rows: Int, _ columns: Int, bound: Double, _ generator: inout SeededGenerator
  ) -> [Double] {
    let count = rows * columns
    switch scheme {
    case .pytorch:
      return (0..<count).map { _ in generator.uniform(-bound, bound) }
    case .xavier:
      let bound = (6 / Double(rows + columns)).squareRoot()
      return (0..<count).map { _ in generator.uniform(-bound, bound) }
    case .kaiming:
      let deviation = (2 / Double(columns)).squareRoot()
      return (0..<count).map { _ in deviation * generator.normal() }
    case .orthogonal:
      // LAPACK makes orthonormal columns of a tall matrix; a wide one is the transpose of a tall one.
      let (tall, narrow) = (max(rows, columns), min(rows, columns))
      var values = (0..<count).map { _ in generator.normal() }
      Orthogonal.orthonormalize(&values, rows: tall, columns: narrow)
      if rows >= columns { return values }
      return (0..<count).map { values[$0 % columns * narrow + $0 / columns] }
    }
  }
}
