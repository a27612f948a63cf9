internal import Foundation
internal import Kernels
internal import Storage

extension Model {
  /// The model with the input weights of each layer scaled, the lowest first, so that on some data what they give to the
  /// gates has this standard deviation over all units and steps: a start that suits the data, as Mishkin & Matas (2016)
  /// and Krähenbühl et al. (2016) make it for layers without recurrence. Nothing else changes.
  /// - Parameters:
  ///   - deviation: 1 lets sigmoids and tanhs use their range.
  ///   - input: some hundred steps like those to be trained on; flat arrays are one sequence.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Precondition: inputs and parameters that are finite.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func scalingInputs(
    toDeviation deviation: Double = 1, on input: ModelInput<S>, threads: Int = 0
  ) throws(PlanError) -> Model {
    require(deviation > 0 && deviation.isFinite, "a deviation is above 0, got \(deviation)")
    let (tokens, vectors): ([[Int32]]?, [[Double]])
    switch InputSequences(input, batchSize: 1, width: configuration.input.size) {
    case .tokens(let sequences): (tokens, vectors) = ((0..<sequences.count).map { Array(sequences[$0]) }, [])
    case .vectors(let sequences):
      (tokens, vectors) = (nil, (0..<sequences.count).map { sequences[$0].map { Double($0) } })
    }
    require(
      (tokens == nil) == (configuration.input.vocabularySize == nil),
      "expected what the model reads: \(configuration.input.vocabularySize == nil ? "vectors" : "tokens")")
    require((tokens?.joined().isEmpty ?? vectors.joined().isEmpty) == false, "expected steps to scale by, got none")
    var model = self
    for layer in 0..<configuration.layerCount {
      let recorder = try StateRecorder(
        model.part(layers: 0..<configuration.layerCount), tokens: tokens, vectors: vectors, threads: threads)
      for isReverse in configuration.directions.count == 2 ? [false, true] : [false] {
        let trajectory = try recorder.trajectory(layer: layer, isReverse: isReverse)
        let found = trajectory.inputDeviation
        require(found.isFinite, "the inputs of layer \(layer) give the gates what is not finite")
        // Inputs that never vary leave nothing to scale.
        guard found > 0 else { continue }
        let suffix = "_l\(layer)" + (isReverse ? "_reverse" : "")
        // Of a product of two matrices the left one is scaled.
        let name = ["rnn.weight_ih", "rnn.weight_ih_left"].map { $0 + suffix }.first { model.table[$0] != nil }
        guard let name else { stop("layer \(layer) has no input weights") }
        model[parameter: name] = model[parameter: name].map { S(Double($0) * deviation / found) }
      }
    }
    return model
  }
}

extension Trajectory {
  /// The standard deviation of Wᵢ·x over all steps and rows of Wᵢ.
  fileprivate var inputDeviation: Double {
    let (weights, width) = (model[parameter: "rnn.weight_ih_l0"], model.configuration.inputSize(ofLayer: 0))
    let rows = inputRows
    let products = DoubleProducts.product(
      rows, weights, transposingB: true, rows: rows.count / width, inner: width, columns: weights.count / width)
    let mean = products.reduce(0, +) / Double(max(1, products.count))
    return (products.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, products.count))).squareRoot()
  }

  /// What the first layer reads at all steps, [rows, I].
  private var inputRows: [Double] {
    switch inputs {
    case .vectors(let vectors, _): return vectors.flatMap { $0 }
    case .tokens(let tokens):
      if case .features = model.configuration.input { stop("inputs of several tokens a step are not scaled") }
      let width = model.configuration.inputSize(ofLayer: 0)
      var table = [Double](repeating: 0, count: width * width)
      if case .embedding = model.configuration.input {
        table = model[parameter: "embedding.weight"]
      } else {
        for index in 0..<width { table[index * width + index] = 1 }
      }
      return tokens.joined().flatMap { table[Int($0) * width..<(Int($0) + 1) * width] }
    }
  }
}
