internal import Kernels

/// Fits a head to features by ridge regression: sums up, chooses the penalty, solves.
struct HeadFit<S: Scalar> {
  let features: HeadFeatures<S>
  let options: RidgeOptions

  func run() throws(RidgeError) -> (readout: LinearReadout, fit: RidgeFit) {
    options.validate()
    if case .folds(let count, let penalties) = options.penalty { return try overFolds(count, penalties) }
    guard options.method != .triangle else { return try byTriangle(reason: nil) }
    let gram = try gram()
    let least = options.candidates.min() ?? 0
    if options.method == .automatic, least < gram.leastPenalty {
      return try byTriangle(reason: "sums of squares would lose a penalty as small as \(least) to rounding")
    }
    guard case .fixed(let penalty) = options.penalty else {
      return try choose(gram.spectrum(), by: .eigenvalues, reason: nil)
    }
    do throws(RidgeError) {
      return (
        try gram.solve(penalty: penalty),
        RidgeFit(penalty: penalty, factorization: .cholesky, reason: nil, count: gram.count, scores: [])
      )
    } catch {
      guard case .notPositiveDefinite = error, options.method == .automatic else { throw error }
      return try byTriangle(reason: "sums of squares were not exact enough for so small a penalty")
    }
  }

  private func gram() throws(RidgeError) -> RidgeGram {
    var gram = try RidgeGram(featureCount: features.width, targetCount: features.targetCount)
    try features.forEachBlock { gram.add(features: $0, targets: $1) }
    guard gram.count > 0 else { throw .noRows(washout: options.washout) }
    return gram
  }

  private func byTriangle(reason: String?) throws(RidgeError) -> (readout: LinearReadout, fit: RidgeFit) {
    var triangle = try RidgeTriangle(featureCount: features.width, targetCount: features.targetCount)
    try features.forEachBlock { (features, targets) throws(RidgeError) in
      try triangle.add(features: features, targets: targets)
    }
    guard triangle.count > 0 else { throw .noRows(washout: options.washout) }
    return try choose(triangle.spectrum(), by: .triangle, reason: reason)
  }

  /// Goes through the rows once more where the penalty is to be chosen.
  private func choose(
    _ spectrum: RidgeSpectrum, by factorization: RidgeFit.Factorization, reason: String?
  ) throws(RidgeError) -> (readout: LinearReadout, fit: RidgeFit) {
    var (penalty, scores) = (options.candidates[0], [RidgeFit.Score]())
    if case .leaveOneOut(let penalties) = options.penalty {
      var errors = RidgeErrors(spectrum, penalties: penalties, rows: .fitted)
      try features.forEachBlock { errors.add(features: $0, targets: $1) }
      (penalty, scores) = try best(of: errors)
    }
    return (
      spectrum.readout(penalty: penalty),
      RidgeFit(
        penalty: penalty, factorization: factorization, reason: reason, count: spectrum.count, scores: scores)
    )
  }

  private func best(of errors: RidgeErrors) throws(RidgeError) -> (Double, [RidgeFit.Score]) {
    let scores = zip(errors.penalties, errors.meanSquaredErrors).map {
      RidgeFit.Score(penalty: $0, meanSquaredError: $1)
    }
    // Of equally good ones the largest.
    let best = scores.filter { $0.meanSquaredError.isFinite }.min {
      ($0.meanSquaredError, -$0.penalty) < ($1.meanSquaredError, -$1.penalty)
    }
    guard let best else { throw .notFinite }
    return (best.penalty, scores)
  }

  // MARK: Folds

  /// A Gram matrix for each block of rows; what is fitted for a fold is the sum of the others.
  private func overFolds(_ count: Int, _ penalties: [Double]) throws(RidgeError) -> (
    readout: LinearReadout, fit: RidgeFit
  ) {
    let total = try rowCount()
    guard total >= count else { throw .tooManyFolds(count, rows: total) }
    var grams: [RidgeGram] = []
    for _ in 0..<count { grams.append(try RidgeGram(featureCount: features.width, targetCount: features.targetCount)) }
    try forEachPart(of: total, count) { fold, features, targets in grams[fold].add(features: features, targets: targets)
    }
    var whole = grams[0]
    for gram in grams.dropFirst() { whole.add(gram) }
    let resolved = penalties.filter { options.method != .automatic || $0 >= whole.leastPenalty }
    guard !resolved.isEmpty else {
      throw .notPositiveDefinite(penalty: penalties.max() ?? 0)
    }
    var errors: [RidgeErrors] = []
    for fold in 0..<count {
      var others = try RidgeGram(featureCount: features.width, targetCount: features.targetCount)
      for (index, gram) in grams.enumerated() where index != fold { others.add(gram) }
      errors.append(RidgeErrors(try others.spectrum(), penalties: resolved, rows: .leftOut))
    }
    try forEachPart(of: total, count) { fold, features, targets in
      errors[fold].add(features: features, targets: targets)
    }
    var sum = errors[0]
    for own in errors.dropFirst() { sum.add(own) }
    let (penalty, scores) = try best(of: sum)
    let reason =
      resolved.count < penalties.count
      ? "penalties below \(whole.leastPenalty), which sums of squares lose to rounding, were not tried" : nil
    return (
      try whole.solve(penalty: penalty),
      RidgeFit(penalty: penalty, factorization: .cholesky, reason: reason, count: total, scores: scores)
    )
  }

  private func rowCount() throws(RidgeError) -> Int {
    var count = 0
    try features.forEachBlock { count += $1.count / features.targetCount }
    return count
  }

  /// All rows in so many parts of neighbours.
  private func forEachPart(
    of total: Int, _ count: Int, _ body: (_ part: Int, _ features: [Double], _ targets: [Double]) -> Void
  ) throws(RidgeError) {
    let (width, outputs) = (features.width, features.targetCount)
    var row = 0
    try features.forEachBlock { features, targets in
      let end = row + targets.count / outputs
      let start = row
      while row < end {
        let part = row * count / total
        // The first row of the next part.
        let last = min(end, ((part + 1) * total + count - 1) / count)
        let rows = row - start..<last - start
        body(
          part, Array(features[rows.lowerBound * width..<rows.upperBound * width]),
          Array(targets[rows.lowerBound * outputs..<rows.upperBound * outputs]))
        row = last
      }
    }
  }
}

extension Model {
  /// The model with its head fitted by ridge regression to what the head reads: of a reservoir its whole training, of a
  /// trained model the best last layer for the squared error. Nothing but the head changes.
  ///
  /// The data are run through once, and once more where the penalty is chosen or the Gram matrix was not exact enough.
  /// Their states are not kept.
  /// - Parameters:
  ///   - input: flat arrays are one sequence, [T, …]. Each sequence starts from the zero state (or the trained one).
  ///   - target: values as wide as the output; or classes, for which each output is fitted to 1 where the class is its
  ///     own and else to 0.
  ///   - options: the penalty, and what is washed out.
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Precondition: the model has a head and no attention; targets without weights.
  /// - Throws: `RidgeError`.
  public func fittingHead(
    to input: ModelInput<S>, _ target: ModelTarget<S>, _ options: RidgeOptions = RidgeOptions(),
    products: Products = .automatic, threads: Int = 0
  ) throws(RidgeError) -> (model: Model<S>, fit: RidgeFit) {
    let features = HeadFeatures(
      model: self, input: input, target: target, washout: options.washout, products: products, threads: threads)
    let (readout, fit) = try HeadFit(features: features, options: options).run()
    return (withHead(readout), fit)
  }

  /// The model with another head.
  /// - Precondition: as wide as its own.
  public func withHead(_ readout: LinearReadout) -> Model<S> {
    require(
      configuration.head != .none && readout.intercepts.count == configuration.outputSize
        && readout.featureCount == configuration.headInputSize,
      "a head of [\(readout.intercepts.count), \(readout.featureCount)] for a model with "
        + "[\(configuration.outputSize), \(configuration.headInputSize)]")
    var model = self
    model[parameter: "linear.weight"] = readout.weights.map { S($0) }
    model[parameter: "linear.bias"] = readout.intercepts.map { S($0) }
    return model
  }
}
