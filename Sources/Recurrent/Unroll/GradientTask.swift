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
  case oneHot(gates: Matrix, tokens: Int, table: Matrix, weights: Matrix, bias: Bias)
  /// The embedding's gradient: rows of dL/d(input) are added to the rows of their tokens.
  case embedding(inputGradient: Matrix, table: Matrix)
  /// The cell's own vectors: the sum of what each sequence gathered.
  case vectors(gradients: Matrix, sums: Matrix)
  /// The trained initial state: the sum over the sequences that started from it.
  case initialState(gradients: Matrix, sums: Matrix)
  /// dW and db of the head, for some of its outputs.
  case head(columns: Range<Int>)
}

extension GradientTask {
  /// Scalars that a product computes; all have as many terms.
  fileprivate var outputCount: Int {
    switch self {
    case .weights(_, _, let gradient): gradient.count
    case .oneHot(_, _, _, let weights, _): weights.count
    case .bias, .embedding, .vectors, .initialState, .head: 0
    }
  }
}

extension Plan {
  /// All pieces, the large ones first, so that workers end together.
  func gradientTasks() -> [GradientTask] {
    var products: [GradientTask] = []
    var sums: [GradientTask] = []
    for recurrence in recurrences {
      products += recurrentWeightTasks(recurrence)
      if recurrence.input == nil {
        products += oneHotTasks(recurrence)
      } else {
        products += inputWeightTasks(recurrence)
        sums += biasTasks(recurrence)
      }
      if recurrence.structure.apartCount > 0 {
        let last = recurrence.hiddenBias.columns - recurrence.hidden..<recurrence.hiddenBias.columns
        sums.append(
          .bias(
            gates: recurrence.gates.columns(0..<recurrence.hidden),
            bias: .init(sums: gradient(of: recurrence.hiddenBias).columns(last), copy: nil)))
      }
      if let projection = recurrence.projection {
        products += tasks(
          recurrence.projectionGradient!, recurrence.candidates!.columns(0..<recurrence.hidden),
          gradient(of: projection.matrix))
      }
      if let vectors = recurrence.vectors {
        sums.append(.vectors(gradients: recurrence.vectorGradient!, sums: gradient(of: vectors)))
      }
      if let start = recurrence.initialState {
        sums.append(.initialState(gradients: recurrence.stateGradient, sums: gradient(of: start)))
      }
    }
    if let attention, let gradient = head?.inputGradient {
      products += tasks(gradient, attention.joined, self.gradient(of: attention.weights.matrix))
      sums.append(.bias(gates: gradient, bias: .init(sums: self.gradient(of: attention.bias), copy: nil)))
    }
    if head != nil {
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

  private func recurrentWeightTasks(_ recurrence: RecurrencePlan) -> [GradientTask] {
    let weights = gradient(of: recurrence.hiddenWeights)
    let last = weights.rows - recurrence.hidden
    switch recurrence.structure.recurrentProduct {
    case .merged:
      return tasks(recurrence.gates.columns(0..<weights.rows), recurrence.productOperands, weights)
    case .lastGateApart:
      // In a row of gates the apart part comes first.
      return tasks(
        recurrence.gates.columns(recurrence.hidden..<weights.rows), recurrence.productOperands, weights.rows(0..<last))
        + tasks(
          recurrence.gates.columns(0..<recurrence.hidden), recurrence.productOperands, weights.rows(last..<weights.rows)
        )
    case .lastGateSecondStage:
      return tasks(
        recurrence.gates.columns(recurrence.recurrentColumns), recurrence.productOperands, weights.rows(0..<last))
        + tasks(
          recurrence.gates.columns(recurrence.secondStageColumns), recurrence.saved.columns(0..<recurrence.hidden),
          weights.rows(last..<weights.rows))
    case .none:
      return []
    }
  }

  private func inputWeightTasks(_ recurrence: RecurrencePlan) -> [GradientTask] {
    tasks(
      recurrence.gates.columns(recurrence.inputColumns), recurrence.input!, gradient(of: recurrence.inputWeights.matrix)
    )
  }

  private func tasks(_ gates: Matrix, _ input: Matrix, _ weights: Matrix) -> [GradientTask] {
    // Several of our own for each worker, so that all end together; OpenBLAS copies all of X for each piece.
    let pieces = Pieces(of: weights.rows, atMost: ProductChoice.multipliesTransposed ? 192 : 256)
    return (0..<pieces.count).map {
      .weights(gates: gates.columns(pieces[$0]), input: input, gradient: weights.rows(pieces[$0]))
    }
  }

  /// Places of a piece of the biases' gradients: the input bias's, and the part of it that is the hidden bias's too.
  private func bias(_ recurrence: RecurrencePlan, _ piece: Range<Int>) -> GradientTask.Bias {
    let merged =
      recurrence.structure.recurrentProduct == .none
      ? 0 : (recurrence.structure.gateCount - recurrence.structure.apartCount) * recurrence.hidden
    let shared = min(piece.lowerBound, merged)..<min(piece.upperBound, merged)
    return .init(
      sums: gradient(of: recurrence.inputBias).columns(piece),
      copy: shared.isEmpty ? nil : gradient(of: recurrence.hiddenBias).columns(shared))
  }

  private func oneHotTasks(_ recurrence: RecurrencePlan) -> [GradientTask] {
    let pieces = Pieces(of: recurrence.inputWeights.matrix.rows, atMost: 128)
    return (0..<pieces.count).map {
      let piece = pieces[$0]
      return .oneHot(
        gates: recurrence.gates.columns(recurrence.inputColumns).columns(piece),
        tokens: recurrence.isReverse ? index.mirroredTokens! : index.tokens,
        table: recurrence.tableGradient!.columns(piece),
        weights: gradient(of: recurrence.inputWeights.matrix).rows(piece), bias: bias(recurrence, piece))
    }
  }

  private func biasTasks(_ recurrence: RecurrencePlan) -> [GradientTask] {
    let pieces = Pieces(of: recurrence.inputBias.columns, atMost: 128)
    return (0..<pieces.count).map { index in
      .bias(
        gates: recurrence.gates.columns(recurrence.inputColumns).columns(pieces[index]),
        bias: bias(recurrence, pieces[index]))
    }
  }
}
