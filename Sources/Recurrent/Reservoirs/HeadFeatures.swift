internal import Kernels

/// What the head of a model reads for some data, and what it should give: rows in double precision, some hundreds at a
/// time, as often as they are gone through.
struct HeadFeatures<S: Scalar> {
  let model: Model<S>
  let input: ModelInput<S>
  let target: ModelTarget<S>
  let washout: Int
  let products: Products
  let threads: Int

  var width: Int { model.configuration.headInputSize }
  var targetCount: Int { model.configuration.outputSize }

  /// - Parameter body: features [rows, W] with targets [rows, O].
  func forEachBlock(
    _ body: (_ features: [Double], _ targets: [Double]) throws(RidgeError) -> Void
  ) throws(RidgeError) {
    var failure: RidgeError?
    var block = (features: [Double](), targets: [Double]())
    func flush() {
      guard failure == nil, !block.targets.isEmpty else { return }
      do throws(RidgeError) { try body(block.features, block.targets) } catch { failure = error }
      block = ([], [])
    }
    let evaluator = Evaluator<S>(
      model.configuration, loss: nil, batchSize: input.isFlat ? 1 : 64, products: products, threads: threads)
    do throws(PlanError) {
      try evaluator.headInputs(input, target, load: { $0.load(model) }) { steps, features, targets in
        let skipped = model.configuration.head.isPooled ? 0 : max(0, washout - steps.lowerBound)
        for sequence in 0..<features.count where features.lengths[sequence] > skipped {
          let rows = features.lengths[sequence] - skipped
          block.features += doubles(features[sequence].suffix(rows * features.width))
          block.targets += self.targets(targets, sequence, rows: rows)
          if block.targets.count >= Self.blockRows * targetCount { flush() }
        }
      }
    } catch { throw .memory(error) }
    flush()
    if let failure { throw failure }
  }

  /// Rows from which on a block is worth a product.
  private static var blockRows: Int { 512 }

  private func targets(_ content: TargetSequences<S>.Content, _ sequence: Int, rows: Int) -> [Double] {
    switch content {
    case .values(let values): return doubles(values[sequence].suffix(rows * targetCount))
    case .classes(let classes):
      var result = [Double](repeating: 0, count: rows * targetCount)
      for (row, own) in classes[sequence].suffix(rows).enumerated() {
        require(own >= 0 && own < targetCount, "expected a class in 0..<\(targetCount), got \(own)")
        result[row * targetCount + Int(own)] = 1
      }
      return result
    case .labels: stop("a head is fitted to classes or values, not to labels")
    }
  }
}

extension HeadFeatures {
  /// The mean squared error of the model's own head.
  func squaredError() throws(RidgeError) -> Evaluation {
    try RidgeError.admit(numbers: width * (targetCount + 1))
    let weights = model[parameter: "linear.weight"].map { Double($0) }
    let biases = model[parameter: "linear.bias"].map { Double($0) }
    var (squares, magnitudes, rows) = (0.0, 0.0, 0)
    try forEachBlock { features, targets in
      let count = targets.count / targetCount
      let outputs = DoubleProducts.product(
        features, weights, transposingB: true, rows: count, inner: width, columns: targetCount)
      for index in outputs.indices {
        let error = outputs[index] + biases[index % targetCount] - targets[index]
        squares += error * error
        magnitudes += abs(error)
      }
      rows += count
    }
    guard rows > 0 else { throw .noRows(washout: washout) }
    let mean = squares / Double(rows * targetCount)
    return Evaluation(
      loss: mean, count: rows, meanAbsoluteError: magnitudes / Double(rows * targetCount),
      rootMeanSquaredError: mean.squareRoot())
  }
}

/// The same numbers in double precision.
@_specialize(where S == Float)
@_specialize(where S == Double)
private func doubles<S: Scalar>(_ values: ArraySlice<S>) -> [Double] { values.map { Double($0) } }

extension RidgeGram {
  /// Adds what the head of a model reads for some data, with what it should give: to sum up series after series, and
  /// solve at the end; `Model.withHead(_:)` takes the readout.
  /// - Parameters:
  ///   - model: whose head is to be fitted.
  ///   - input: flat arrays are one sequence, [T, …].
  ///   - target: as `Model.fittingHead(to:_:_:products:threads:)` takes it.
  ///   - washout: steps at the beginning of each sequence that are left out.
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Throws: `RidgeError`: `noRows` where nothing was added.
  public mutating func add<S: Scalar>(
    headOf model: Model<S>, _ input: ModelInput<S>, _ target: ModelTarget<S>, washout: Int = 0,
    products: Products = .automatic, threads: Int = 0
  ) throws(RidgeError) {
    let features = HeadFeatures(
      model: model, input: input, target: target, washout: washout, products: products, threads: threads)
    require(
      features.width == featureCount && features.targetCount == targetCount,
      "expected sums of \(features.width) features and \(features.targetCount) targets, got \(featureCount), \(targetCount)"
    )
    let before = count
    // All or nothing: a failure half-way would leave sums of a part.
    var sum = self
    try features.forEachBlock { sum.add(features: $0, targets: $1) }
    guard sum.count > before else { throw .noRows(washout: washout) }
    self = sum
  }
}
