internal import Kernels

extension Model {
  /// The outputs for data of any size, each sequence from its beginning: as many for it as it has steps, or one. To ask
  /// often, or step by step, make an `InferencePass`.
  /// - Parameters:
  ///   - input: flat arrays are one sequence, [T, …].
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - precision: how the weights that products read are stored; of `Float` models.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func predict(
    _ input: ModelInput<S>, products: Products = .automatic, precision: WeightPrecision = .full, threads: Int = 0
  ) throws(PlanError) -> Sequences<S> {
    try evaluator(nil, input, products, precision, threads).predict(input) { $0.load(self) }
  }

  /// The loss and other figures on data of any size, each sequence from its beginning.
  /// - Parameters:
  ///   - input: flat arrays are one sequence, [T, …].
  ///   - target: as for `Trainer.step`.
  ///   - loss: what the outputs are compared by.
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - precision: how the weights that products read are stored; of `Float` models.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func evaluate(
    _ input: ModelInput<S>, _ target: ModelTarget<S>, loss: Loss = .crossEntropy, products: Products = .automatic,
    precision: WeightPrecision = .full, threads: Int = 0
  ) throws(PlanError) -> Evaluation {
    try evaluator(loss, input, products, precision, threads).evaluate(input, target) { $0.load(self) }
  }

  private func evaluator(
    _ loss: Loss?, _ input: ModelInput<S>, _ products: Products, _ precision: WeightPrecision, _ threads: Int
  ) throws(PlanError) -> Evaluator<S> {
    try refuse(beyond: precision)
    // Of flat arrays N must be known: it is 1. Sequences go together.
    let batchSize = input.isFlat ? 1 : 64
    return Evaluator(
      configuration, loss: loss, batchSize: batchSize, products: products, precision: precision,
      threads: threads)
  }

  /// Predicts each token of `tokens` from all before it, as one sequence with the state carried from zero on.
  /// - Parameters:
  ///   - tokens: of a text, two or more.
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - precision: how the weights that products read are stored; of `Float` models.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Precondition: a token model with one output a token at every step; at least two tokens.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func evaluate(
    _ tokens: [Int32], products: Products = .automatic, precision: WeightPrecision = .full, threads: Int = 0
  ) throws(PlanError) -> Evaluation {
    require(tokens.count >= 2, "an evaluation needs 2 tokens or more, got \(tokens.count)")
    return try evaluate(
      .tokens(Array(tokens.dropLast())), .classes(Array(tokens.dropFirst())), products: products,
      precision: precision, threads: threads)
  }

  /// The same of tokens in memory or in a token file, which is read piece by piece.
  /// - Parameters:
  ///   - tokens: of a text, two or more.
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - precision: how the weights that products read are stored; of `Float` models.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Precondition: a token model with one output a token at every step; at least two tokens.
  /// - Throws: `PlanError` where the memory does not suffice; `TokenFileError` where the file cannot be read.
  public func evaluate(
    _ tokens: TokenSource, products: Products = .automatic, precision: WeightPrecision = .full, threads: Int = 0
  ) throws -> Evaluation {
    require(tokens.count >= 2, "an evaluation needs 2 tokens or more, got \(tokens.count)")
    try refuse(beyond: precision)
    let evaluator = Evaluator<S>(
      configuration, loss: .crossEntropy, batchSize: 1, products: products, precision: precision, threads: threads)
    return try evaluator.evaluate(tokens) { $0.load(self) }
  }
}
