internal import Foundation
internal import Kernels

/// How the parameters of a new model are drawn. Weights are drawn gate by gate.
public struct Initialization: Sendable, Hashable {
  /// How a matrix is drawn, and what its bias is.
  public enum Weights: String, Sendable, Hashable, CaseIterable {
    /// Recurrent layers: everything, biases too, uniform in ±1/√H. Head: uniform in ±1/√H. Embedding: normal.
    case pytorch
    /// Uniform in ±√(6/(fan-in + fan-out)) (Glorot & Bengio 2010); biases 0.
    case xavier
    /// Normal with variance 2/fan-in (He et al. 2015), meant for max(·, 0); biases 0.
    case kaiming
    /// Orthonormal rows or columns (Saxe et al. 2014); biases 0.
    case orthogonal
    /// Ones on the diagonal (Le et al. 2015), meant for max(·, 0) and for gates that let the state through; biases 0.
    case identity
    /// Normal with variance 1/fan-in: a large square matrix then has a spectral radius of 1, and a tanh network without input stands
    /// between forgetting and chaos (Sompolinsky et al. 1988); biases 0.
    case critical
  }

  /// What the recurrent matrices are scaled to, gate by gate.
  public enum RecurrentScale: Sendable, Hashable {
    /// The largest magnitude of an eigenvalue, exact to rounding (a relative error of about H·ε for matrices far from defective). Of
    /// square matrices: not with a projection. The time grows with H³: 0.4 s for 1000 units.
    case spectralRadius(Double)
    /// The largest singular value: below 1 no step of a tanh network can stretch anything.
    case norm(Double)

    var value: Double {
      switch self {
      case .spectralRadius(let value), .norm(let value): value
      }
    }
  }

  /// For Wᵢ of every layer, the head and the embedding, and feed-forward layers (where what goes back to the layer's width is
  /// then divided by √(2L); the gains of norms start from 1).
  public var input: Weights
  /// For Wₕ of every layer.
  public var recurrent: Weights
  /// Value of the forget gate's bias at the start (the sum of its two biases); nil leaves what the scheme gives.
  public var forgetGateBias: Double?
  /// What each gate's Wₕ is scaled to after it was drawn; nil: it stays as it was drawn. A matrix of zeros, or (for the radius) one whose
  /// eigenvalues all are 0, stays too.
  public var recurrentScale: RecurrentScale?

  /// A scheme for each kind of weights.
  public init(input: Weights = .pytorch, recurrent: Weights = .pytorch, forgetGateBias: Double? = nil) {
    self.input = input
    self.recurrent = recurrent
    self.forgetGateBias = forgetGateBias
  }

  /// As a module of PyTorch's is: the default.
  public static let pytorch = Initialization()
  /// Xavier for all weights.
  public static let xavier = Initialization(input: .xavier, recurrent: .xavier)
  /// Kaiming for all weights.
  public static let kaiming = Initialization(input: .kaiming, recurrent: .kaiming)
  /// Xavier for the inputs, orthogonal for the recurrence: the usual pair (Keras's default).
  public static let orthogonal = Initialization(input: .xavier, recurrent: .orthogonal)

  /// Fills a flat block laid out by `table`.
  func fill<S: Scalar>(
    _ block: inout [S], _ table: ParameterTable, _ configuration: ModelConfiguration,
    using generator: inout SeededGenerator
  ) throws(PlanError) {
    let structure = configuration.cell.structure
    if let forgetGateBias {
      require(
        structure.forgetGate != nil,
        "a forget-gate bias of \(forgetGateBias) was asked of \(configuration.cell.name), which has no such gate")
    }
    if let letters = configuration.input.letters, let first = table.letters {
      let own = try ParameterTable(letters.configuration)
      var values = [S](repeating: 0, count: own.blockCount)
      try Initialization(input: input, recurrent: recurrent).fill(
        &values, own, letters.configuration, using: &generator)
      block.replaceSubrange(first..<first + own.blockCount, with: values)
    }
    for entry in table.entries where !entry.name.hasPrefix(ParameterTable.lettersPrefix) {
      let values: [Double]
      if let own = try blockValues(entry, configuration, &generator) {
        values = own
      } else if entry.name.hasPrefix("rnn.") {
        values = try recurrentValues(entry, structure, configuration, &generator)
      } else {
        values = try self.values(entry, configuration, &generator)
      }
      for (index, value) in values.enumerated() { block[entry.offset + index] = S(value) }
    }
    if let forgetGateBias, let gate = structure.forgetGate {
      for (index, places) in table.recurrences.enumerated() {
        let hidden = configuration.hiddenSize(ofLayer: index / configuration.directions.count)
        for unit in gate * hidden..<(gate + 1) * hidden {
          block[places.inputBias + unit] = S(forgetGateBias)
          if structure.recurrentProduct != .none { block[places.hiddenBias + unit] = 0 }
        }
      }
    }
  }

  /// Of the embedding, the attentional layer or the head.
  private func values(
    _ entry: ParameterTable.Entry, _ configuration: ModelConfiguration, _ generator: inout SeededGenerator
  ) throws(PlanError) -> [Double] {
    // A lookup has no fan-in to scale by; unit variance, as PyTorch's nn.Embedding.
    if entry.name == "embedding.weight", !configuration.tiesEmbedding {
      return (0..<entry.count).map { _ in generator.normal() }
    }
    // They stand side by side: vectors of length 1, as taggers have them (Ma & Hovy 2016, §3.2).
    if entry.name.hasPrefix("embeddings.") {
      let bound = (3 / Double(entry.shape[1])).squareRoot()
      return (0..<entry.count).map { _ in generator.uniform(-bound, bound) }
    }
    // As pytorch-crf.
    if entry.name.hasPrefix("crf.") { return (0..<entry.count).map { _ in generator.uniform(-0.1, 0.1) } }
    let isJoined = entry.name == "attention.weight" || entry.name == "attention.bias"
    let fanIn = configuration.headInputSize * (isJoined ? 2 : 1)
    let bound = 1 / Double(fanIn).squareRoot()
    return try Self.values(input, entry.shape, bound: bound, &generator)
  }

  /// Of what residual blocks have besides their recurrences: gains are 1; matrices are drawn as the head's, and W_down is then
  /// divided by √(2L), so that what L layers add to the input does not grow with L (GPT-2: Radford et al. 2019, §2.3). nil
  /// for other parameters.
  private func blockValues(
    _ entry: ParameterTable.Entry, _ configuration: ModelConfiguration, _ generator: inout SeededGenerator
  ) throws(PlanError) -> [Double]? {
    guard configuration.blocks != nil else { return nil }
    if ParameterTable.isGain(entry.name) { return [Double](repeating: 1, count: entry.count) }
    guard entry.name.hasPrefix(ParameterTable.feedForwardPrefix) else { return nil }
    let values = try Self.values(input, entry.shape, bound: 1 / Double(entry.shape[1]).squareRoot(), &generator)
    guard entry.name.hasPrefix(ParameterTable.feedForwardPrefix + "down") else { return values }
    let scale = 1 / Double(2 * configuration.layerCount).squareRoot()
    return values.map { scale * $0 }
  }

  /// Of a recurrent layer: weights and biases gate by gate.
  private func recurrentValues(
    _ entry: ParameterTable.Entry, _ structure: CellStructure, _ configuration: ModelConfiguration,
    _ generator: inout SeededGenerator
  ) throws(PlanError) -> [Double] {
    if entry.name.hasPrefix("rnn.initial_state") { return [Double](repeating: 0, count: entry.count) }
    if entry.name.hasPrefix("rnn.vectors") {
      return structure.vectors.flatMap { $0.start.values(count: entry.shape[1], using: &generator) }
    }
    let isProjection = entry.name.hasPrefix("rnn.weight_hr")
    let gates = isProjection ? 1 : structure.gateCount
    let hidden = isProjection ? entry.shape[1] : entry.shape[0] / gates
    let scheme = entry.name.hasPrefix("rnn.weight_hh") || entry.name.hasPrefix("rnn.bias_hh") ? recurrent : input
    var shape = entry.shape
    shape[0] /= gates
    var values: [Double] = []
    values.reserveCapacity(entry.count)
    for _ in 0..<gates {
      var gate = try Self.values(scheme, shape, bound: 1 / Double(hidden).squareRoot(), &generator)
      if let recurrentScale, entry.name.hasPrefix("rnn.weight_hh") {
        try recurrentScale.apply(to: &gate, rows: shape[0], columns: shape[1])
      }
      values += gate
    }
    return values
  }

  /// Of a weight [rows, columns] or a bias [rows].
  private static func values(
    _ scheme: Weights, _ shape: [Int], bound: Double, _ generator: inout SeededGenerator
  ) throws(PlanError) -> [Double] {
    if shape.count == 2 { return try matrix(scheme, shape[0], shape[1], bound: bound, &generator) }
    return (0..<shape[0]).map { _ in scheme == .pytorch ? generator.uniform(-bound, bound) : 0 }
  }

  /// A matrix [rows, columns] that multiplies vectors of `columns` (fan-in) into `rows` (fan-out).
  private static func matrix(
    _ scheme: Weights, _ rows: Int, _ columns: Int, bound: Double, _ generator: inout SeededGenerator
  ) throws(PlanError) -> [Double] {
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
    case .critical:
      let deviation = 1 / Double(columns).squareRoot()
      return (0..<count).map { _ in deviation * generator.normal() }
    case .identity:
      return (0..<count).map { $0 / columns == $0 % columns ? 1 : 0 }
    case .orthogonal:
      // LAPACK makes orthonormal columns of a tall matrix; a wide one is the transpose of a tall one.
      let (tall, narrow) = (max(rows, columns), min(rows, columns))
      var values = (0..<count).map { _ in generator.normal() }
      do throws(FactorizationError) { try Orthogonal.orthonormalize(&values, rows: tall, columns: narrow) } catch {
        throw PlanError(error, for: "the orthogonal start of a [\(rows), \(columns)] matrix")
      }
      if rows >= columns { return values }
      return (0..<count).map { values[$0 % columns * narrow + $0 / columns] }
    }
  }
}

extension CellVector.Start {
  func values(count: Int, using generator: inout SeededGenerator) -> [Double] {
    switch self {
    case .constant(let value): [Double](repeating: value, count: count)
    case .uniform(let lower, let upper): (0..<count).map { _ in generator.uniform(lower, upper) }
    case .decay(let lower, let upper, let power):
      // softplus(x) = −log(decay)/power
      (0..<count).map { _ in log(expm1(-log(generator.uniform(lower, upper)) / power)) }
    }
  }
}
