internal import Kernels

extension Model {
  /// A reservoir as a model, its head still 0: `fittingHead(to:_:_:)` fits it. The same seed gives the same weights.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(_ reservoir: ReservoirConfiguration, seed: UInt64) throws(PlanError) {
    reservoir.validate()
    try self.init(zeros: reservoir.model, vocabulary: nil)
    var generator = SeededGenerator(seed: seed)
    for layer in 0..<reservoir.layerCount {
      for suffix in ["_l\(layer)", "_l\(layer)_reverse"].prefix(configuration.directions.count) {
        try draw(reservoir, layer: layer, suffix, &generator)
      }
    }
  }

  private mutating func draw(
    _ reservoir: ReservoirConfiguration, layer: Int, _ suffix: String, _ generator: inout SeededGenerator
  ) throws(PlanError) {
    let (units, inputs) = (reservoir.unitCount, configuration.inputSize(ofLayer: layer))
    let scaling = layer == 0 ? reservoir.inputScaling : reservoir.inputScaling / Double(inputs).squareRoot()
    // What is fed back stands behind the inputs, and is read by all units.
    let own = layer == 0 ? reservoir.inputSize : inputs
    let read = min(own, max(1, Int((reservoir.inputDensity * Double(own)).rounded())))
    var weights = [Double](repeating: 0, count: units * inputs)
    var places = Array(0..<own)
    for unit in 0..<units {
      for place in 0..<read {
        if read < own { places.swapAt(place, Int.random(in: place..<own, using: &generator)) }
        weights[unit * inputs + places[place]] = generator.uniform(-scaling, scaling)
      }
      for place in own..<inputs {
        let scaling = reservoir.feedbackScaling ?? 0
        weights[unit * inputs + place] = generator.uniform(-scaling, scaling)
      }
    }
    var matrix = RecurrentMatrix(reservoir.connections, order: units, using: &generator)
    if let radius = reservoir.spectralRadius { try matrix.scale(toRadius: radius) }
    self[parameter: "rnn.weight_ih" + suffix] = weights.map { S($0) }
    self[parameter: "rnn.weight_hh" + suffix] = matrix.values.map { S($0) }
    self[parameter: "rnn.bias_ih" + suffix] = (0..<units).map { _ in
      S(generator.uniform(-reservoir.biasScaling, reservoir.biasScaling))
    }
    self[parameter: "rnn.vectors" + suffix] = [S](repeating: S(reservoir.leakRate), count: units)
  }
}
