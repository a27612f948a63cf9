internal import Kernels

extension Model {
  /// The model with its recurrent and input matrices as products of two thin ones (low rank), cut where it costs least on some
  /// data: E‖(W − A·B)·(x − mean)‖² over the x that a matrix is multiplied by there is the least that its rank allows, and the biases
  /// take what is left out of the mean. Training it on makes good most of what was lost.
  ///
  ///     let compression = try model.compressed(to: .rank(64), on: .tokens(tokens))
  ///     var trainer = try Trainer(compression.model, batchSize: 32, sequenceLength: 64)
  ///
  /// A first layer's matrix for one-hot tokens stays whole: it is a table. A model of low rank is multiplied out first.
  /// - Parameters:
  ///   - cut: the ranks, or how they are chosen.
  ///   - input: sequences, some thousand steps together; flat arrays are one sequence, [T, …].
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Precondition: a rank of 1 or more, an energy above 0 and at most 1; ranks that the configuration allows; no attention in the model.
  /// - Throws: `CompressionError`.
  public func compressed(
    to cut: RankCut, on input: ModelInput<S>, products: Products = .automatic, threads: Int = 0
  ) throws(CompressionError) -> ModelCompression<S> {
    cut.validate()
    if let reason = configuration.recurrentRankFault { throw .unsuitable(reason: reason) }
    if let unsound = nonFiniteParameters.first { throw .notFinite(what: unsound.description) }
    let (whole, covariances): (Model, StateCovariances<S>)
    do throws(PlanError) {
      whole = try withWholeMatrices()
      covariances = try StateCovariances(whole, input, products: products, threads: threads)
    } catch { throw .memory(error) }
    guard covariances.outputs[0].count > 0 else { throw .noSteps }
    return try whole.cut(cut, FactorizedMatrix.all(whole, covariances))
  }

  private func cut(_ cut: RankCut, _ matrices: [FactorizedMatrix]) throws(CompressionError) -> ModelCompression<S> {
    func rank(_ layer: Int, isInput: Bool) -> Int? {
      cut.rank(ofLayer: layer, isInput: isInput, matrices.filter { $0.layer == layer && $0.isInput == isInput })
    }
    let ranks = (0..<configuration.layerCount).map { layer in
      LowRank(recurrent: rank(layer, isInput: false), input: rank(layer, isInput: true))
    }
    var compressed = configuration
    compressed.ranks = ranks.contains { $0 != LowRank() } ? ranks : nil
    // Of whole matrices alone.
    if compressed.ranks != nil { compressed.weightDropout = 0 }
    var model: Model
    do throws(PlanError) { model = try Model(zeros: compressed, vocabulary: vocabulary) } catch { throw .memory(error) }
    model.annotations = annotations
    for entry in model.table.entries where table[entry.name] != nil {
      model.setParameter(entry, to: self[parameter: entry.name])
    }
    let report = matrices.map { matrix in
      let rank = matrix.isInput ? ranks[matrix.layer].input : ranks[matrix.layer].recurrent
      if let rank { model.take(matrix, rank: rank) }
      return matrix.compressed(rank: rank)
    }
    return ModelCompression(model: model, matrices: report)
  }
}

extension Model {
  /// Takes the factors of a matrix, and what they leave out of the mean to its bias.
  fileprivate mutating func take(_ matrix: FactorizedMatrix, rank: Int) {
    let factors = matrix.factorization.factors(rank: rank)
    setFactors(of: matrix.name, to: factors)
    let shift = matrix.meanError(factors, rank: rank)
    self[parameter: matrix.biasName] = zip(self[parameter: matrix.biasName], shift).map { S(Double($0) + $1) }
  }
}

extension RankCut {
  fileprivate func validate() {
    switch self {
    case .rank(let rank): require(rank >= 1, "a cut needs a rank of 1 or more, got \(rank)")
    case .energy(let share): require(share > 0 && share <= 1, "a cut keeps a share above 0 and at most 1, got \(share)")
    case .layers: break
    }
  }

  /// The rank of the input or recurrent matrices of a layer, of both directions; nil: they stay whole.
  fileprivate func rank(ofLayer layer: Int, isInput: Bool, _ matrices: [FactorizedMatrix]) -> Int? {
    guard let first = matrices.first?.factorization else { return nil }
    let rank: Int
    switch self {
    case .layers(let ranks):
      require(layer < ranks.count, "expected ranks for each layer, got \(ranks.count)")
      return isInput ? ranks[layer].input : ranks[layer].recurrent
    case .rank(let wanted): rank = wanted
    case .energy(let share): rank = matrices.map { $0.factorization.rank(keeping: share) }.max() ?? 1
    }
    return rank <= LowRank.largestUseful(rows: first.rows, columns: first.columns) ? rank : nil
  }
}
