internal import Kernels

/// From matrices of low rank to whole ones, and where a matrix and its factors stand.
extension Model {
  /// The same function with whole matrices, A·B multiplied out in double precision: what other programs, and what looks at
  /// matrices, want. A model without low rank is itself.
  /// - Throws: `PlanError` where the matrices do not fit into memory.
  public func withWholeMatrices() throws(PlanError) -> Model {
    guard configuration.ranks != nil else { return self }
    do throws(MemoryShortage) { try OpenBLAS.warmUp() } catch {
      throw PlanError(error, for: "what OpenBLAS works in")
    }
    var result = try Model(zeros: configuration.withWholeMatrices, vocabulary: vocabulary)
    (result.annotations, result.storedPrecision) = (annotations, .full)
    for entry in result.table.entries { result.setParameter(entry, to: wholeMatrix(entry)) }
    return result
  }

  /// Takes the parameters of a model with whole matrices, each factorized matrix cut at its rank.
  mutating func takeParameters(of whole: Model) throws(PlanError) {
    for entry in whole.table.entries {
      guard let names = LowRankNames(entry.name), let left = table[names.left] else {
        self[parameter: entry.name] = whole[parameter: entry.name]
        continue
      }
      do throws(FactorizationError) {
        let factorization = try MatrixFactorization(
          whole[parameter: entry.name].map { Double($0) }, rows: entry.shape[0], columns: entry.shape[1])
        setFactors(of: entry.name, to: factorization.factors(rank: left.shape[1]))
      } catch { throw PlanError(error, for: "the factors of a [\(entry.shape[0]), \(entry.shape[1])] matrix") }
    }
  }

  /// - Parameter name: of the whole matrix.
  mutating func setFactors(of name: String, to factors: (left: [Double], right: [Double])) {
    guard let names = LowRankNames(name) else { stop("\(name) has no factors") }
    self[parameter: names.left] = factors.left.map { S($0) }
    self[parameter: names.right] = factors.right.map { S($0) }
  }

  /// - Parameter entry: of the model with whole matrices.
  private func wholeMatrix(_ entry: ParameterTable.Entry) -> [S] {
    guard let names = LowRankNames(entry.name), let left = table[names.left], let right = table[names.right] else {
      return self[parameter: entry.name]
    }
    return DoubleProducts.product(
      self[parameter: left.name].map { Double($0) }, self[parameter: right.name].map { Double($0) },
      rows: left.shape[0], inner: left.shape[1], columns: right.shape[1]
    ).map { S($0) }
  }
}

/// What the factors of a recurrence's matrix are named.
struct LowRankNames {
  let left: String
  let right: String

  /// - Parameter name: of the whole matrix, `rnn.weight_hh_l0_reverse`; nil for one that is never of low rank.
  init?(_ name: String) {
    for matrix in ["rnn.weight_ih", "rnn.weight_hh"] where name.hasPrefix(matrix + "_l") {
      let suffix = name.dropFirst(matrix.count)
      (left, right) = (matrix + LowRank.leftSuffix + suffix, matrix + LowRank.rightSuffix + suffix)
      return
    }
    return nil
  }
}
