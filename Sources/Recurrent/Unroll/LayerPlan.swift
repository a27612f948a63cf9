internal import Kernels

/// Where one recurrent layer keeps everything: places in the engine's block. Rows of [T·N, ·] are step-major.
struct LayerPlan: Sendable {
  let structure: CellStructure
  /// H.
  let hidden: Int
  /// I.
  let inputSize: Int

  // Parameters; their gradients lie `Plan.gradientShift` further on.
  /// [G·H, I]
  var inputWeights: WeightPlan
  /// [G·H, H]
  var hiddenWeights: Matrix
  /// [1, G·H]
  var inputBias: Matrix
  /// [1, G·H]
  var hiddenBias: Matrix

  // Packed once per update.
  /// [1, rowGateCount·H] what every row of gates starts from.
  var rowBias: Matrix
  /// Wᵢᵀ and the bias, [V, G·H], for one-hot tokens: the input product is a gather of its rows.
  var inputTable: Matrix?
  /// Wₕ with the apart gate's rows first, in the order of a row of gates: [G·H, H].
  var reorderedWeights: Matrix?
  /// Wₕᵀ [H, first-stage columns] and, for training, Wₕ.
  var packedForward: Int
  var packedBackward: Int?
  /// The last gate's part alone, for two-stage cells.
  var packedSecondForward: Int?
  var packedSecondBackward: Int?

  // Workspace: forward keeps it for backward.
  /// What multiplies Wᵢ: [T·N, I]; nil where tokens are gathered.
  var input: Matrix?
  /// [T·N, rowGateCount·H] pre-activations, then gates, then their gradients. Without backward only as many rows as a
  /// block of steps has.
  var gates: Matrix
  /// [(T + 1)·N, S·H]: the initial state, then the state after each step.
  var states: Matrix
  /// [T·N, savedCount·H], or as `gates`.
  var saved: Matrix
  /// [T·N, H] the output after dropout, which the next layer or the head reads; nil without dropout.
  var dropped: Matrix?

  // Scratch of the backward pass.
  /// [N, S·H] dL/d(state) on its way back through time; at the end dL/d(initial state).
  var stateGradient: Matrix
  /// [N, H] dL/d(operand) of two-stage cells.
  var operandGradient: Matrix?
  /// [V, G·H] dL/d(Wᵢᵀ), for one-hot tokens.
  var tableGradient: Matrix?

  /// Columns of a row of gates that the first recurrent product adds to.
  var recurrentColumns: Range<Int> { 0..<(structure.gateCount - structure.secondStageCount) * hidden }
  /// Columns of a row of gates that the second stage's product adds to.
  var secondStageColumns: Range<Int> { recurrentColumns.upperBound..<structure.gateCount * hidden }
  /// Columns of a row of gates that hold the gates' input side, in the order of the parameters.
  var inputColumns: Range<Int> { structure.apartCount * hidden..<structure.rowGateCount * hidden }
  /// The output h of each step: [T·N, H].
  var outputs: Matrix {
    let batch = stateGradient.rows
    return states.rows(batch..<states.rows).columns(0..<hidden)
  }
  /// What the layer above or the head reads: [T·N, H].
  var passedUp: Matrix { dropped ?? outputs }
  /// The output h before each step: [T·N, H].
  var previousOutputs: Matrix {
    states.rows(0..<states.rows - stateGradient.rows).columns(0..<hidden)
  }

  /// The same with rows of `gates` and `saved` counted from row `first` of all steps on, where only a block is kept.
  func keeping(rowsFrom first: Int) -> LayerPlan {
    var layer = self
    layer.gates = gates.counted(from: first)
    layer.saved = saved.counted(from: first)
    return layer
  }
}
