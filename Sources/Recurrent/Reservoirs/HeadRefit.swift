internal import Storage

/// What a model's head became when it was fitted anew in closed form, beside what it was.
public struct HeadRefit<S: Scalar>: Sendable {
  /// The model with the better head of the two.
  public let model: Model<S>
  /// Whether that is the new one.
  public let isBetter: Bool
  /// How it was fitted.
  public let fit: RidgeFit
  /// With the head that it had, by the loss that is optimised.
  public let before: Evaluation
  /// With the new one.
  public let after: Evaluation
  /// What the new outputs were multiplied by: of classes the best of some, as least squares know nothing of a softmax;
  /// else 1.
  public let scale: Double
}

extension Model {
  /// Fits the head of a trained model anew by ridge regression, and keeps it where it is better by the loss that is
  /// optimised.
  ///
  /// For the mean squared error the new head is the best one on the data that it is fitted to; for other losses on
  /// values, and for classes, it may or may not be better.
  /// - Parameters:
  ///   - input: flat arrays are one sequence, [T, …].
  ///   - target: values as wide as the output, or classes.
  ///   - loss: what the outputs are compared by.
  ///   - held: data to compare on; nil: those that are fitted to.
  ///   - options: the penalty, and what is washed out: neither fitted to nor compared on.
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Precondition: a model with a head; a loss of classes, or of a value for each output; with a wash-out the mean squared
  ///   error.
  /// - Throws: `RidgeError`.
  public func refittingHead(
    on input: ModelInput<S>, _ target: ModelTarget<S>, loss: Loss = .meanSquaredError,
    comparingOn held: (input: ModelInput<S>, target: ModelTarget<S>)? = nil, _ options: RidgeOptions = RidgeOptions(),
    products: Products = .automatic, threads: Int = 0
  ) throws(RidgeError) -> HeadRefit<S> {
    require(
      loss.targets == .classes
        || loss.targets == .values && loss.valueCount(outputs: configuration.outputSize) == configuration.outputSize,
      "a head is fitted anew for a loss of classes, or of a value for each output")
    require(
      options.washout == 0 || loss == .meanSquaredError,
      "steps are washed out where heads are compared by their squared error, not by \(loss)")
    let held = held ?? (input, target)
    func evaluate(_ model: Model<S>) throws(RidgeError) -> Evaluation {
      if options.washout > 0 {
        return try HeadFeatures(
          model: model, input: held.input, target: held.target, washout: options.washout, products: products,
          threads: threads
        ).squaredError()
      }
      do throws(PlanError) {
        return try model.evaluate(held.input, held.target, loss: loss, products: products, threads: threads)
      } catch { throw .memory(error) }
    }
    let before = try evaluate(self)
    let (fitted, fit) = try fittingHead(to: input, target, options, products: products, threads: threads)
    let best =
      loss.targets == .classes
      ? try fitted.calibratingHead(by: evaluate) : (model: fitted, evaluation: try evaluate(fitted), scale: 1)
    let isBetter = best.evaluation.loss < before.loss
    return HeadRefit(
      model: isBetter ? best.model : self, isBetter: isBetter, fit: fit, before: before, after: best.evaluation,
      scale: best.scale)
  }

  /// Multiplies the head of a model of classes by what makes its scores the best probabilities (temperature scaling, Guo et al.
  /// 2017): doubled until they are too certain. Which class is the likeliest stays.
  ///
  /// A head that is fitted by `fittingHead(to:_:_:products:threads:)` needs it: its scores lie about 0 and 1, whose softmax knows
  /// little.
  /// - Parameters:
  ///   - input: flat arrays are one sequence, [T, …]. Better not what the head was fitted to.
  ///   - target: classes.
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Returns: the model, and what its head was multiplied by.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func calibratingHead(
    on input: ModelInput<S>, _ target: ModelTarget<S>, products: Products = .automatic, threads: Int = 0
  ) throws(PlanError) -> (model: Model<S>, scale: Double) {
    let (model, _, scale) = try calibratingHead { (model: Model<S>) throws(PlanError) in
      try model.evaluate(input, target, loss: .crossEntropy, products: products, threads: threads)
    }
    return (model, scale)
  }

  private func calibratingHead<Fault: Error>(
    by evaluate: (Model) throws(Fault) -> Evaluation
  ) throws(Fault) -> (model: Model, evaluation: Evaluation, scale: Double) {
    var best = (model: self, evaluation: try evaluate(self), scale: 1.0)
    for scale in [2.0, 4, 8, 16, 32] {
      let scaled = scalingHead(by: scale)
      let evaluation = try evaluate(scaled)
      guard evaluation.loss < best.evaluation.loss else { break }
      best = (scaled, evaluation, scale)
    }
    return best
  }

  private func scalingHead(by factor: Double) -> Model {
    var model = self
    for name in ["linear.weight", "linear.bias"] {
      model[parameter: name] = model[parameter: name].map { S(factor * Double($0)) }
    }
    return model
  }
}
