internal import Kernels

/// One deferred piece of the parameters' gradient, to be computed by one worker from all rows at once. Pieces cut the
/// output, never the sum, and in the same way for any number of workers.
enum GradientTask: Sendable {
  /// Where sums go, and where a copy of the first of them goes.
  struct Bias: Sendable {
    let sums: Matrix
    let copy: Matrix?
  }

  /// dW = dZᵀ·X
  case weights(gates: Matrix, input: Matrix, gradient: Matrix)
  /// db = column sums of dZ
  case bias(gates: Matrix, bias: Bias)
  /// dWᵢ and the biases where the input was a gather: rows of dZ are added to the rows of their tokens.
  case oneHot(gates: Matrix, table: Matrix, weights: Matrix, bias: Bias)
  /// The embedding's gradient: rows of dL/d(input) are added to the rows of their tokens.
  case embedding(inputGradient: Matrix, table: Matrix)
  /// dW and db of the head, for some of its outputs.
  case head(columns: Range<Int>)
}

extension GradientTask {
  /// Scalars that a product computes; all have as many terms.
  fileprivate var outputCount: Int {
    switch self {
    case .weights(_, _, let gradient): gradient.count
    case .oneHot(_, _, let weights, _): weights.count
    case .bias, .embedding, .head: 0
    }
  }
}

extension Plan {
  /// All pieces, the large ones first, so that workers end together.
  func gradientTasks() -> [GradientTask] {
    var products: [GradientTask] = []
    var sums: [GradientTask] = []
    for layer in layers {
      products += recurrentWeightTasks(layer)
      if layer.input == nil {
        products += oneHotTasks(layer)
      } else {
        products += inputWeightTasks(layer)
        sums += biasTasks(layer)
      }
      if layer.structure.apartCount > 0 {
        let last = layer.hiddenBias.columns - layer.hidden..<layer.hiddenBias.columns
        sums.append(
          .bias(
            gates: layer.gates.columns(0..<layer.hidden),
            bias: .init(sums: gradient(of: layer.hiddenBias).columns(last), copy: nil)))
      }
    }
    if configuration.head != .none {
      let outputs = Pieces(of: outputs.columns, atMost: 256)
      products += (0..<outputs.count).map { .head(columns: outputs[$0]) }
    }
    if let embedding, let inputGradient {
      let pieces = Pieces(of: embedding.columns, atMost: 64)
      sums += (0..<pieces.count).map {
        .embedding(
          inputGradient: inputGradient.columns(pieces[$0]), table: gradient(of: embedding).columns(pieces[$0]))
      }
    }
    return products.sorted { $0.outputCount > $1.outputCount } + sums
  }

  private func gradient(of parameter: Matrix) -> Matrix { parameter.moved(by: gradientShift) }

  private func recurrentWeightTasks(_ layer: LayerPlan) -> [GradientTask] {
    let weights = gradient(of: layer.hiddenWeights)
    let last = weights.rows - layer.hidden
    switch layer.structure.recurrentProduct {
    case .merged:
      return tasks(layer.gates.columns(0..<weights.rows), layer.previousOutputs, weights)
    case .lastGateApart:
      // In a row of gates the apart part comes first.
      return tasks(
        layer.gates.columns(layer.hidden..<weights.rows), layer.previousOutputs, weights.rows(0..<last))
        + tasks(
          layer.gates.columns(0..<layer.hidden), layer.previousOutputs, weights.rows(last..<weights.rows))
    case .lastGateSecondStage:
      return tasks(
        layer.gates.columns(layer.recurrentColumns), layer.previousOutputs, weights.rows(0..<last))
        + tasks(
          layer.gates.columns(layer.secondStageColumns), layer.saved.columns(0..<layer.hidden),
          weights.rows(last..<weights.rows))
    case .none:
      return []
    }
  }

  private func inputWeightTasks(_ layer: LayerPlan) -> [GradientTask] {
    tasks(layer.gates.columns(layer.inputColumns), layer.input!, gradient(of: layer.inputWeights.matrix))
  }

  private func tasks(_ gates: Matrix, _ input: Matrix, _ weights: Matrix) -> [GradientTask] {
    // Several of our own for each worker, so that all end together; OpenBLAS copies all of X for each piece.
    let pieces = Pieces(of: weights.rows, atMost: ProductChoice.multipliesTransposed ? 192 : 256)
    return (0..<pieces.count).map {
      .weights(gates: gates.columns(pieces[$0]), input: input, gradient: weights.rows(pieces[$0]))
    }
  }

  /// Places of a piece of the biases' gradients: the input bias's, and the part of it that is the hidden bias's too.
  private func bias(_ layer: LayerPlan, _ piece: Range<Int>) -> GradientTask.Bias {
    let merged = (layer.structure.gateCount - layer.structure.apartCount) * layer.hidden
    let shared = min(piece.lowerBound, merged)..<min(piece.upperBound, merged)
    return .init(
      sums: gradient(of: layer.inputBias).columns(piece),
      copy: shared.isEmpty ? nil : gradient(of: layer.hiddenBias).columns(shared))
  }

  private func oneHotTasks(_ layer: LayerPlan) -> [GradientTask] {
    let pieces = Pieces(of: layer.inputWeights.matrix.rows, atMost: 128)
    return (0..<pieces.count).map { index in
      let piece = pieces[index]
      return .oneHot(
        gates: layer.gates.columns(layer.inputColumns).columns(piece),
        table: layer.tableGradient!.columns(piece),
        weights: gradient(of: layer.inputWeights.matrix).rows(piece), bias: bias(layer, piece))
    }
  }

  private func biasTasks(_ layer: LayerPlan) -> [GradientTask] {
    let pieces = Pieces(of: layer.inputBias.columns, atMost: 128)
    return (0..<pieces.count).map { index in
      .bias(
        gates: layer.gates.columns(layer.inputColumns).columns(pieces[index]), bias: bias(layer, pieces[index]))
    }
  }
}
