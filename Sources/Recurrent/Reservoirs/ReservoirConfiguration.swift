internal import Kernels

/// What a reservoir is: a recurrent network whose recurrent weights are drawn once and stay, and whose head alone is
/// fitted, by least squares (echo state network, Jaeger 2001; Lukoševičius 2012 says how to choose the numbers).
///
///     h ← (1 − a)·h + a·tanh(Wᵢ·x + W·h + b)
///
/// It becomes a model of the built-in cell `leaky` by `Model(_:seed:)`, and so runs, streams, is saved and trained on
/// as all others are.
public struct ReservoirConfiguration: Sendable, Hashable {
  /// Where the recurrent matrix has its entries.
  public enum Connections: Sendable, Hashable {
    /// Every unit reads every other.
    case dense
    /// Each unit reads others chosen at random, the share `density` of all.
    case sparse(density: Double)
    /// 16 neighbouring units read the same others, chosen at random, the share `density` of all: almost as good from
    /// 500 units on, and many times as fast, as the products skip what is zero.
    case blockSparse(density: Double)
    /// This matrix, row-major [N, N], in every layer and direction.
    case given([Double])
  }

  /// Features of a step.
  public var inputSize: Int
  /// Values of an output.
  public var outputSize: Int
  /// N, of every layer and direction.
  public var unitCount: Int
  /// Layers, one upon the other; the head reads all of them where it gives an output at every step.
  public var layerCount = 1
  /// Whether the layers run forward only, or both ways.
  public var directions = Directions.forward
  /// Where the head reads.
  public var head = ModelConfiguration.Head.everyStep
  /// Where the recurrent matrix has its entries.
  public var connections = Connections.dense
  /// The largest magnitude of an eigenvalue of the recurrent matrix; nil leaves the given matrix as it is.
  public var spectralRadius: Double? = 0.9
  /// a, above 0 and at most 1.
  public var leakRate = 1.0
  /// The input's weights are uniform in ± this. Layers above the first read the one below by weights in ± this over the
  /// root of its width.
  public var inputScaling = 1.0
  /// Where the outputs of the step before are read, too: their weights are uniform in ± this; nil: not. The model then
  /// takes steps of `inputSize` + `outputSize` features: see `Model.teacherForced(_:_:)`.
  public var feedbackScaling: Double?
  /// The share of a unit's inputs that are there, above 0 and at most 1; at least one is.
  public var inputDensity = 1.0
  /// The biases are uniform in ± this.
  public var biasScaling = 0.0

  /// A reservoir with the usual numbers; what is not an argument is a property to set.
  public init(inputSize: Int, outputSize: Int, unitCount: Int) {
    (self.inputSize, self.outputSize, self.unitCount) = (inputSize, outputSize, unitCount)
  }

  /// Stops where a number is out of its range.
  func validate() {
    require(
      inputSize >= 1 && outputSize >= 1 && unitCount >= 1 && layerCount >= 1,
      "a reservoir needs inputs, outputs, units and layers, got \(inputSize), \(outputSize), \(unitCount), \(layerCount)"
    )
    require(head != .none, "a reservoir needs a head to be fitted")
    require(
      feedbackScaling == nil || head == .everyStep && directions == .forward,
      "outputs are fed back from a head at every step of layers that run forward")
    require(leakRate > 0 && leakRate <= 1, "a leak rate is above 0 and at most 1, got \(leakRate)")
    require(inputDensity > 0 && inputDensity <= 1, "a density is above 0 and at most 1, got \(inputDensity)")
    for (name, value) in [
      ("spectral radius", spectralRadius ?? 0), ("input scaling", inputScaling), ("bias scaling", biasScaling),
      ("feedback scaling", feedbackScaling ?? 0),
    ] {
      require(value >= 0 && value.isFinite, "a \(name) is a number of 0 or more, got \(value)")
    }
    switch connections {
    case .sparse(let density), .blockSparse(let density):
      require(density > 0 && density <= 1, "a density is above 0 and at most 1, got \(density)")
    case .given(let matrix):
      require(
        matrix.count == unitCount * unitCount,
        "expected a matrix of \(unitCount) × \(unitCount) numbers, got \(matrix.count)")
      require(matrix.allSatisfy(\.isFinite), "the recurrent matrix has entries that are NaN or infinite")
    case .dense: break
    }
  }

  /// The model's configuration.
  var model: ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: .leaky, input: .vectors(size: inputSize + (feedbackScaling == nil ? 0 : outputSize)), hiddenSize: unitCount,
      layerCount: layerCount,
      directions: directions, outputSize: outputSize, head: head)
    configuration.headReadsAllLayers = layerCount > 1 && head == .everyStep
    if case .blockSparse = connections { configuration.hasSparseRecurrence = true }
    return configuration
  }
}
