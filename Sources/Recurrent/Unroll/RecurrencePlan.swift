internal import Kernels

/// Where one direction of a layer keeps everything: places in the engine's block. Rows of [R, ·] are those of the batch in
/// the order in which this direction comes to them (see `Engine+Rows`). Plain numbers: workers copy it without counting
/// references.
struct RecurrencePlan: Sendable, BitwiseCopyable {
  let structure: CellShape
  /// H.
  let hidden: Int
  /// P: width of the output, H where it is not projected.
  let outputSize: Int
  /// N.
  let batchSize: Int
  /// Whether it runs from each sequence's last step to the first.
  let isReverse: Bool

  // Parameters; their gradients lie `Plan.gradientShift` further on.
  /// [G·H, I]
  var inputWeights: WeightPlan
  /// [G·H, P]; empty without a recurrent product.
  var hiddenWeights: Matrix
  /// [1, G·H]
  var inputBias: Matrix
  /// [1, G·H]; empty without a recurrent product.
  var hiddenBias: Matrix
  /// [P, H]; nil without projection.
  var projection: WeightPlan?
  /// [1, K·H] the cell's own vectors; nil where it has none.
  var vectors: Matrix?
  /// [1, S·H] the state that sequences start from; nil where it is 0.
  var initialState: Matrix?

  // Packed once per update.
  /// [1, rowGateCount·H] what every row of gates starts from.
  var rowBias: Matrix
  /// Wᵢᵀ and the bias, [V, G·H], for one-hot tokens: the input product is a gather of its rows.
  var inputTable: Matrix?
  /// Wₕ with the apart gate's rows first, in the order of a row of gates: [G·H, P].
  var reorderedWeights: Matrix?
  /// Wₕᵀ [P, first-stage columns] and, for training, Wₕ.
  var packedForward = 0
  var packedBackward: Int?
  /// The last gate's part alone, for two-stage cells.
  var packedSecondForward: Int?
  var packedSecondBackward: Int?

  // Workspace: forward keeps it for backward. Without backward it has, but for the states, only as many rows as a block of
  // steps has.
  /// What multiplies Wᵢ: [R, I]; nil where tokens are gathered.
  var input: Matrix?
  /// [R, rowGateCount·H] pre-activations, then gates, then their gradients.
  var gates: Matrix
  /// [N + R, S·H]: the initial states of all sequences, then the state after each row.
  var states: Matrix
  /// [R, savedCount·H]
  var saved: Matrix
  /// [R, S·H] what the cell gives, where the state is made from that by a projection or zoneout.
  var candidates: Matrix?
  /// [R, P] the output before each row as the recurrent product reads it, where that is not a part of `states`: masked,
  /// or gathered from sequences of which some have ended.
  var operands: Matrix?
  /// [N, P] what the output is multiplied by on its way back into the product (recurrent dropout).
  var mask: Matrix?

  // Scratch of the backward pass.
  /// [R, P] dL/d(output) from above.
  var outputGradient = Matrix(offset: 0, rows: 0, columns: 0)
  /// [N, S·H] dL/d(state) on its way back through time; at the end dL/d(initial state).
  var stateGradient: Matrix
  /// [N, H] dL/d(operand) of two-stage cells.
  var operandGradient: Matrix?
  /// [N, P] dL/d(masked output).
  var maskedGradient: Matrix?
  /// [N, S·H] the part of dL/d(state) that zoneout hands on to the step before.
  var keptGradient: Matrix?
  /// [R, P] dL/d(projected output), for the projection's own gradient.
  var projectionGradient: Matrix?
  /// [N, H] dL/d(output before the projection).
  var expandedGradient: Matrix?
  /// [N, K·H] dL/d(vectors) by each sequence.
  var vectorGradient: Matrix?
  /// [V, G·H] dL/d(Wᵢᵀ), for one-hot tokens.
  var tableGradient: Matrix?

  /// Columns of a row of gates that the first recurrent product adds to.
  var recurrentColumns: Range<Int> {
    structure.recurrentProduct == .none ? 0..<0 : 0..<(structure.gateCount - structure.secondStageCount) * hidden
  }
  /// Columns of a row of gates that the second stage's product adds to.
  var secondStageColumns: Range<Int> {
    (structure.gateCount - structure.secondStageCount) * hidden..<structure.gateCount * hidden
  }
  /// Columns of a row of gates that hold the gates' input side, in the order of the parameters.
  var inputColumns: Range<Int> { structure.apartCount * hidden..<structure.rowGateCount * hidden }
  var outputColumns: Range<Int> { 0..<outputSize }
  /// The output after each row: [R, P].
  var outputs: Matrix { states.rows(batchSize..<states.rows).columns(outputColumns) }
  /// Where the cell writes: [R, S·H].
  var next: Matrix { candidates ?? states.moved(by: batchSize * states.stride) }
  /// The output before each row as the product read it: [R, P].
  var productOperands: Matrix { operands ?? states.rows(0..<states.rows - batchSize).columns(outputColumns) }
  /// Whether a step is nothing but a product and the row function: only then may workers share its columns.
  var isPlain: Bool {
    candidates == nil && structure.secondStageCount == 0 && structure.recurrentProduct != .none
  }

  /// The same with rows counted from row `first` of all on, where only a block is kept.
  func keeping(rowsFrom first: Int) -> RecurrencePlan {
    var plan = self
    plan.gates = gates.counted(from: first)
    plan.saved = saved.counted(from: first)
    plan.candidates = candidates?.counted(from: first)
    plan.operands = operands?.counted(from: first)
    return plan
  }
}

/// What of a cell's structure the engine needs in its steps (`CellStructure` has arrays).
struct CellShape: Sendable, BitwiseCopyable {
  let gateCount: Int
  let rowGateCount: Int
  let stateCount: Int
  let savedCount: Int
  let vectorCount: Int
  let recurrentProduct: CellStructure.RecurrentProduct
  let apartCount: Int
  let secondStageCount: Int

  init(_ structure: CellStructure) {
    gateCount = structure.gateCount
    rowGateCount = structure.rowGateCount
    stateCount = structure.stateCount
    savedCount = structure.savedCount
    vectorCount = structure.vectorCount
    recurrentProduct = structure.recurrentProduct
    apartCount = structure.apartCount
    secondStageCount = structure.secondStageCount
  }
}
