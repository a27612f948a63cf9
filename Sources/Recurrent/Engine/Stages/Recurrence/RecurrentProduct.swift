internal import Kernels

/// The hidden state's part of the pre-activations in a step: h·Wₕᵀ, for a matrix of low rank (h·Bᵀ)·Aᵀ, and for cells of
/// two stages a second product of another operand.
struct RecurrentProduct: Sendable {
  /// Whether the cell has one.
  let isThere: Bool
  /// [first-stage columns, P], in the order of a row of gates; of low rank A [·, r].
  let map: Linear
  /// B [r, P], which multiplies first; nil for a whole matrix.
  let right: RightFactor?
  /// The last gate's part alone; nil for cells of one stage.
  let second: SecondStage?
  /// [G·H, P] the parameters; of low rank A [G·H, r].
  let weights: Region
  /// The same with the apart gate's rows first, in the order of a row of gates; nil where that is the order of the
  /// parameters.
  private let reordered: Region?
  /// [G·H, P] the weights that are left of them in a batch of a training with weight dropout; nil without.
  let dropped: (weights: Region, mask: WeightMask)?
  /// What the product reads where that is no part of the states; nil where it always is.
  let operands: Operands?
  private let hidden: Int

  struct SecondStage: Sendable {
    /// [H, H]
    let map: Linear
    /// [N, H] dL/d(operand); empty without a backward pass.
    let operandGradient: Region
    /// Columns of a row of gates that it adds to.
    let columns: Range<Int>
  }

  /// The output before each row as the product reads it: in the order of the slots, and masked.
  struct Operands: Sendable {
    /// [R, P]
    let rows: Region
    /// Whether they are read in every call, and not only where sequences differ in length.
    let isAlwaysUsed: Bool
    /// Recurrent dropout; nil without.
    let mask: Mask?
  }

  /// What the output is multiplied by on its way back into the product.
  struct Mask: Sendable {
    /// [N, P]
    let values: Region
    /// [N, P] dL/d(masked output).
    let gradient: Region
    let rate: Double
  }

  init<S: Scalar>(
    _ name: String, _ cell: CellShape, hidden: Int, outputSize: Int, _ offsets: ParameterTable.Recurrence,
    dropout: Double, weightDropout: WeightMask?, isSparse: Bool, _ sizes: BatchSizes, _ products: ProductChoice,
    _ arenas: inout ArenaLayout,
    _ scalar: S.Type
  ) {
    let gateRows = cell.gateCount * hidden
    let isTraining = sizes.isTraining
    self.hidden = hidden
    isThere = cell.recurrentProduct != .none
    let columns = offsets.hiddenRight?.rank ?? outputSize
    weights = Region(offset: offsets.hiddenWeights, rows: isThere ? gateRows : 0, columns: columns)
    dropped = weightDropout.map { [weights] in
      (arenas.matrix(name + "weight_hh dropped", .packed, weights.rows, weights.columns, padded: false), $0)
    }
    let source = dropped?.weights ?? weights
    reordered =
      cell.recurrentProduct == .lastGateApart
      ? arenas.matrix(name + "weight_hh reordered", .packed, gateRows, columns, padded: false) : nil
    let inOrder = reordered ?? source
    let firstRows = isThere ? (cell.gateCount - cell.secondStageCount) * hidden : 0
    map = Linear(
      name + "weight_hh", inOrder.rows(0..<firstRows), by: isThere ? products.steps : .packed, ofSteps: true,
      isSparse: isSparse && isThere, backward: isTraining, &arenas, scalar)
    right = offsets.hiddenRight.map { place in
      RightFactor(
        name + "weight_hh", place, size: outputSize, rows: sizes.gateRows, by: products.steps, ofSteps: true,
        isTraining: isTraining, goesBack: isTraining, &arenas, scalar)
    }
    if cell.secondStageCount > 0 {
      second = SecondStage(
        map: Linear(
          name + "weight_hh 2", source.rows(firstRows..<gateRows), by: products.steps, ofSteps: true,
          backward: isTraining, &arenas, scalar),
        operandGradient: arenas.matrix(
          name + "doperand", .scratch, isTraining ? sizes.batchSize : 0, hidden), columns: firstRows..<gateRows)
    } else {
      second = nil
    }
    let drops = isTraining && dropout > 0
    if isThere, isTraining ? sizes.isRagged || drops : sizes.batchSize > 1 {
      var mask: Mask?
      if drops {
        mask = Mask(
          values: arenas.matrix(name + "mask", .workspace, sizes.batchSize, outputSize),
          gradient: arenas.matrix(name + "dmasked", .scratch, sizes.batchSize, outputSize), rate: dropout)
      }
      operands = Operands(
        rows: arenas.matrix(name + "operands", .workspace, sizes.gateRows, outputSize), isAlwaysUsed: isTraining,
        mask: mask)
    } else {
      operands = nil
    }
  }

  /// Columns of a row of gates that the first product adds to.
  var columns: Range<Int> { 0..<map.weights.rows }

  func pack<S: Scalar>(_ call: Call, in memory: Memory<S>) {
    guard isThere else { return }
    if let dropped {
      memory.copy(weights, to: dropped.weights)
      dropped.mask.apply(to: dropped.weights, call, in: memory)
    }
    if let reordered {
      let (source, apart) = (dropped?.weights ?? weights, weights.rows - hidden)
      memory.copy(source.rows(apart..<weights.rows), to: reordered.rows(0..<hidden))
      memory.copy(source.rows(0..<apart), to: reordered.rows(hidden..<weights.rows))
    }
    map.pack(in: memory)
    right?.map.pack(in: memory)
    second?.map.pack(in: memory)
  }
}
