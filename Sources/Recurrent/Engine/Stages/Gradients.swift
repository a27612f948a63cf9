internal import Kernels

/// One deferred piece of the parameters' gradient, to be computed by one worker from all rows at once. Pieces cut the
/// output, never the sum, and in the same way for any number of workers.
enum GradientTask: Sendable {
  /// Where sums go, and where a copy of the first of them goes (empty: nowhere).
  struct Bias: Sendable {
    let sums: Region
    var copy = Region.empty
  }

  /// dW = dYᵀ·X, of the weights that were not dropped.
  case weights(outputs: Region, input: Region, gradient: Region, Multiplier, WeightMask?)
  /// The same over the rows of the memories of attention.
  case memoryWeights(outputs: Region, input: Region, gradient: Region, Multiplier)
  /// db = column sums of dY
  case bias(outputs: Region, bias: Bias)
  /// dWᵢ and the biases where the input was a gather: rows of dZ are added to the rows of their tokens, which start at
  /// `tokens` of the indices.
  case oneHot(gates: Region, tokens: Int, table: Region, weights: Region, bias: Bias)
  /// The embedding's gradient: rows of dL/d(input) are added to the rows of their tokens, which start at `tokens` of the plan's.
  /// What tokens were scaled by stands in `scales`, if anything.
  case embedding(inputGradient: Region, table: Region, tokens: Int, isTied: Bool, scales: Region?)
  /// The cell's own vectors: the sum of what each sequence gathered.
  case vectors(gradients: Region, sums: Region)
  /// The trained initial state: the sum over the sequences that started from it.
  case initialState(gradients: Region, sums: Region)
  /// dW and db of the head, for some of its outputs, whose rows are those of the head.
  case head(outputs: Region, input: Region, weights: Region, bias: Region, Multiplier)
  /// The parameters of a CRF: the sum of what each sequence gathered.
  case crf(CRFStage, shift: Int)

  /// dW = dYᵀ·X in pieces: several for each worker of packed products, so that all end together; OpenBLAS copies all of X
  /// for each piece.
  static func weights(
    _ outputs: Region, _ input: Region, _ gradient: Region, _ products: ProductChoice, mask: WeightMask? = nil
  ) -> [GradientTask] {
    pieces(outputs, input, gradient, products) {
      .weights(outputs: $0, input: input, gradient: $1, $2, mask?.moved(by: $1.offset - gradient.offset))
    }
  }

  /// The same over the rows of the memories of attention.
  static func memoryWeights(_ outputs: Region, _ input: Region, _ gradient: Region, _ products: ProductChoice)
    -> [GradientTask]
  {
    pieces(outputs, input, gradient, products) {
      .memoryWeights(outputs: $0, input: input, gradient: $1, $2)
    }
  }

  private static func pieces(
    _ outputs: Region, _ input: Region, _ gradient: Region, _ products: ProductChoice,
    _ task: (_ outputs: Region, _ gradient: Region, _ multiplier: Multiplier) -> GradientTask
  ) -> [GradientTask] {
    let multiplier = products.multiplier(rows: input.rows, columns: gradient.columns, inner: gradient.rows)
    let pieces = Pieces(of: gradient.rows, atMost: multiplier == .packed ? 192 : 512)
    return (0..<pieces.count).map { task(outputs.columns(pieces[$0]), gradient.rows(pieces[$0]), multiplier) }
  }

  /// Scalars that a product computes; all have as many terms.
  fileprivate var outputCount: Int {
    switch self {
    case .weights(_, _, let gradient, _, _), .memoryWeights(_, _, let gradient, _): gradient.count
    case .oneHot(_, _, _, let weights, _): weights.count
    case .bias, .embedding, .vectors, .initialState, .head, .crf: 0
    }
  }

  /// The large ones first, so that workers end together.
  static func sorted(products: [GradientTask], sums: [GradientTask]) -> [GradientTask] {
    products.sorted { $0.outputCount > $1.outputCount } + sums
  }
}

extension GradientTask {
  /// Sums over rows run from the last row to the first, the order in which back-propagation comes to them: in packed
  /// products a sequence may be handed in segment by segment, the latest first, and gives the same bits as at once.
  func perform<S: Scalar>(_ call: Call, headRows: Int, _ engine: Engine<S>) {
    let (memory, adds, storage) = (engine.memory, call.continuesGradient, engine.plan.precision.storage)
    let rows = 0..<call.rows.rowCount
    switch self {
    case .weights(let outputs, let input, let gradient, let multiplier, let mask):
      multiply(outputs.rows(rows), input.rows(rows), into: gradient, adds: adds, multiplier, storage, in: memory)
      mask?.apply(to: gradient, call, in: memory)
    case .memoryWeights(let outputs, let input, let gradient, let multiplier):
      let rows = 0..<(engine.plan.attention?.memoryRowCount(in: engine.indices) ?? 0)
      multiply(outputs.rows(rows), input.rows(rows), into: gradient, adds: adds, multiplier, storage, in: memory)
    case .bias(let outputs, let bias):
      sumColumns(outputs.rows(rows), into: bias, adds: adds, in: memory)
    case .oneHot(let gates, let tokens, let table, let weights, let bias):
      if !adds { memory.fill(table, with: 0) }
      memory.scatterAdd(gates.rows(rows), engine.indices, at: tokens + call.rows.rowOffset, into: table)
      memory.transpose(table, into: weights)
      // Every row of gates went to one row of the table, so the table's sums are the bias's gradient.
      sumColumns(table, into: bias, adds: false, in: memory)
    case .embedding(let inputGradient, let table, let tokens, let isTied, let scales):
      if !adds, !isTied { memory.fill(table, with: 0) }
      if let scales, call.dropoutSeed != nil {
        memory.scale(
          inputGradient.rows(rows), by: scales, engine.indices,
          at: call.rows.index.tokens + tokens + call.rows.rowOffset)
      }
      memory.scatterAdd(
        inputGradient.rows(rows), engine.indices, at: call.rows.index.tokens + tokens + call.rows.rowOffset,
        into: table)
    case .vectors(let gradients, let sums):
      // Each sequence has summed its own.
      sumColumns(gradients, into: Bias(sums: sums), adds: false, in: memory)
    case .initialState(let gradients, let sums):
      memory.fill(sums, with: 0)
      for slot in 0..<call.rows.sequenceCount where call.rows.isFresh(call.rows.sequence(inSlot: slot)) {
        memory.add(gradients.row(slot), to: sums)
      }
    case .head(let outputs, let input, let weights, let bias, let multiplier):
      if call.skipsHead { return }
      let rows = 0..<headRows
      multiply(outputs.rows(rows), input.rows(rows), into: weights, adds: adds, multiplier, storage, in: memory)
      sumColumns(outputs.rows(rows), into: Bias(sums: bias), adds: adds, in: memory)
    case .crf(let stage, let shift):
      stage.writeGradient(sequences: call.rows.sequenceCount, shift: shift, memory, engine.sums)
    }
  }

  private func sumColumns<S: Scalar>(_ matrix: Region, into bias: Bias, adds: Bool, in memory: Memory<S>) {
    if !adds { memory.fill(bias.sums, with: 0) }
    memory.addColumnSums(matrix, to: bias.sums)
    if bias.copy.columns > 0 { memory.copy(bias.sums.columns(0..<bias.copy.columns), to: bias.copy) }
  }

  /// dW = dYᵀ·X
  private func multiply<S: Scalar>(
    _ outputs: Region, _ input: Region, into weights: Region, adds: Bool, _ multiplier: Multiplier,
    _ storage: WeightStorage, in memory: Memory<S>
  ) {
    switch multiplier {
    case .packed:
      if !adds { memory.fill(weights, with: 0) }
      memory.multiplyTransposed(outputs, input, addingTo: weights, storage)
    case .openBLAS: memory.multiply(outputs, input, transposingA: true, addingTo: adds ? 1 : 0, into: weights)
    }
  }
}
