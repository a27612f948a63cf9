/// Ranks of the matrices of a layer, of each of its directions, that are products A·B of two thin ones: A [G·H, r] and B [r, columns].
/// A step then takes r·(G·H + columns) multiply-adds for such a matrix, and as many numbers of memory, for G·H·columns.
public struct LowRank: Sendable, Hashable {
  /// r of Wₕ [G·H, P]; nil: the matrix is whole.
  public var recurrent: Int?
  /// r of Wᵢ [G·H, I]; nil: the matrix is whole. That of a first layer that reads one-hot tokens always is: it is a table.
  public var input: Int?

  /// Whole matrices where nothing is said.
  public init(recurrent: Int? = nil, input: Int? = nil) { (self.recurrent, self.input) = (recurrent, input) }

  /// Between a matrix's name and the layer's in the names of its factors.
  static let leftSuffix = "_left"
  static let rightSuffix = "_right"

  /// The greatest rank at which the factors of a matrix have fewer numbers than the matrix; 0 where none has.
  package static func largestUseful(rows: Int, columns: Int) -> Int {
    guard rows > 0, columns > 0 else { return 0 }
    return (rows * columns - 1) / (rows + columns)
  }
}

extension ModelConfiguration {
  /// Of whole matrices nil.
  func lowRank(ofLayer layer: Int) -> LowRank { ranks?[layer] ?? LowRank() }

  /// Why the recurrent matrices cannot be of low rank; nil: they can.
  var recurrentRankFault: String? {
    cell.lowRankFault ?? (hasSparseRecurrence ? "a sparse recurrent matrix has no low rank" : nil)
  }

  /// What is wrong with the ranks; nil: nothing.
  var rankFault: String? {
    guard let ranks else { return nil }
    guard ranks.count == layerCount else {
      return "expected ranks for each of \(layerCount) layers, got \(ranks.count)"
    }
    for (layer, rank) in ranks.enumerated() {
      let hidden = hiddenSize(ofLayer: layer)
      if let recurrent = rank.recurrent {
        if let recurrentRankFault { return recurrentRankFault }
        let columns = directionSize(ofLayer: layer)
        guard (1...max(columns, 1)).contains(recurrent) else {
          return "layer \(layer): expected a recurrent rank in 1...\(columns), got \(recurrent)"
        }
      }
      if let input = rank.input {
        guard layer > 0 || !isInputGathered else {
          return "layer 0: the input matrix is a table of one-hot tokens: it has no low rank"
        }
        let columns = inputSize(ofLayer: layer)
        // At most G·H, written so that nothing overflows.
        guard input >= 1, input <= columns, (input - 1) / cell.structure.gateCount < hidden else {
          return "layer \(layer): expected an input rank of 1 or more, at most the matrix's rows and its \(columns) "
            + "columns, got \(input)"
        }
      }
    }
    return nil
  }

  /// Makes every matrix one of this rank that becomes smaller by it.
  package mutating func cutMatrices(to rank: Int) {
    func useful(_ rank: Int, layer: Int, columns: Int) -> Int? {
      let rows = cell.structure.gateCount * hiddenSize(ofLayer: layer)
      return rank <= LowRank.largestUseful(rows: rows, columns: columns) ? rank : nil
    }
    ranks = (0..<layerCount).map { layer in
      LowRank(
        recurrent: recurrentRankFault == nil
          ? useful(rank, layer: layer, columns: directionSize(ofLayer: layer)) : nil,
        input: layer == 0 && (isInputGathered || hasInputFeeding)
          ? nil : useful(rank, layer: layer, columns: inputSize(ofLayer: layer)))
    }
  }

  /// The configuration with whole matrices.
  package var withWholeMatrices: ModelConfiguration {
    var result = self
    result.ranks = nil
    return result
  }

  /// For people; nil where all matrices are whole.
  package var rankDescription: String? {
    guard let ranks else { return nil }
    let parts = [("recurrent", ranks.map(\.recurrent)), ("input", ranks.map(\.input))].compactMap { name, ranks in
      guard ranks.contains(where: { $0 != nil }) else { return nil as String? }
      let texts = ranks.map { $0.map(String.init) ?? "whole" }
      return "\(name) rank " + (Set(texts).count == 1 ? texts[0] : texts.joined(separator: " + "))
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension RecurrentCell {
  /// Why its recurrent matrix cannot be of low rank; nil: it can.
  package var lowRankFault: String? {
    switch structure.recurrentProduct {
    case .merged, .lastGateApart: nil
    case .lastGateSecondStage: "cell \(name) multiplies its recurrent matrix by two operands: it has no low rank"
    case .none: "cell \(name) has no recurrent matrix to be of low rank"
    }
  }
}
