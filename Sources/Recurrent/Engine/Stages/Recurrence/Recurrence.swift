internal import Kernels

/// One direction of a layer: its parameters and where it keeps everything. Rows of [R, ·] are those of the batch in the
/// order in which this direction comes to them (see `Rows`). An object that never changes, so that a step neither copies it
/// nor counts references to it.
///
/// Its stages: the input product of all steps (`RecurrenceInput`), the steps in order (`Recurrence+Forward`), the steps in
/// reverse (`Recurrence+Backward`), the deferred gradients (`Recurrence+Gradients`).
final class Recurrence: Sendable {
  /// Its number among those of all layers.
  let index: Int
  let cell: CellShape
  /// H.
  let hidden: Int
  /// P: width of the output, H where it is not projected.
  let outputSize: Int
  /// N.
  let batchSize: Int
  /// Whether it runs from each sequence's last step to the first.
  let isReverse: Bool

  let input: RecurrenceInput
  let recurrent: RecurrentProduct
  let transition: StateTransition
  /// The cell's own vectors; nil where it has none.
  let vectors: Vectors?
  /// [1, S·H] the state that sequences start from; nil where it is 0.
  let initialState: Region?

  // Workspace: forward keeps it for backward. Without backward it has, but for the states, only as many rows as a block of
  // steps has.
  /// [R, rowGateCount·H] pre-activations, then gates, then their gradients.
  let gates: Region
  /// [N + R, S·H]: the initial states of all sequences, then the state after each row.
  let states: Region
  /// [R, savedCount·H]
  let saved: Region

  // Scratch of the backward pass; empty without.
  /// [R, P] dL/d(output) from above.
  let outputGradient: Region
  /// [N, S·H] dL/d(state) on its way back through time; at the end dL/d(initial state).
  let stateGradient: Region

  /// Vectors of the cell's own.
  struct Vectors: Sendable {
    /// [1, K·H]
    let values: Region
    /// [N, K·H] dL/d(vectors) by each sequence.
    let gradient: Region
  }

  /// - Parameters:
  ///   - layer: its layer.
  ///   - below: what it reads, [R, I]; nil for one-hot tokens.
  ///   - goesBack: whether dL/d(what it reads) is wanted.
  ///   - outputGradient: where dL/d(output) will stand.
  init<S: Scalar>(
    _ configuration: ModelConfiguration, _ table: ParameterTable, index: Int, layer: Int, isReverse: Bool,
    below: Region?, goesBack: Bool, outputGradient: Region, _ sizes: BatchSizes, _ products: ProductChoice,
    _ arenas: inout ArenaLayout, _ scalar: S.Type
  ) {
    let name = "layer \(layer) " + (isReverse ? "reverse " : "")
    let cell = CellShape(configuration.cell.structure)
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let output = configuration.directionSize(ofLayer: layer)
    let offsets = table.recurrences[index]
    let stateColumns = cell.stateCount * hidden
    (self.index, self.cell, self.hidden, outputSize) = (index, cell, hidden, output)
    (batchSize, self.isReverse, self.outputGradient) = (sizes.batchSize, isReverse, outputGradient)
    input = RecurrenceInput(
      name, cell, hidden: hidden, size: configuration.inputSize(ofLayer: layer),
      fed: configuration.inputColumns(ofLayer: layer) - configuration.inputSize(ofLayer: layer),
      ofSteps: configuration.hasInputFeeding && layer > 0, offsets, isReverse: isReverse, below: below,
      goesBack: goesBack, sizes, products, &arenas, scalar)
    gates = arenas.matrix(name + "gates", .workspace, sizes.gateRows, cell.rowGateCount * hidden)
    states = arenas.matrix(name + "states", .workspace, sizes.keptRows + sizes.batchSize, stateColumns)
    saved = arenas.matrix(name + "saved", .workspace, sizes.gateRows, cell.savedCount * hidden)
    recurrent = RecurrentProduct(
      name, cell, hidden: hidden, outputSize: output, offsets, dropout: configuration.recurrentDropout,
      weightDropout: sizes.isTraining ? WeightMask(rate: configuration.weightDropout, recurrence: index) : nil,
      isSparse: configuration.hasSparseRecurrence, sizes, products, &arenas, scalar)
    transition = StateTransition(
      name, cell, hidden: hidden, outputSize: output, offsets, configuration.zoneout, sizes, products, &arenas, scalar)
    vectors = offsets.vectors.map { offset in
      Vectors(
        values: Region(offset: offset, rows: 1, columns: cell.vectorCount * hidden),
        gradient: arenas.matrix(
          name + "dvectors", .scratch, sizes.isTraining ? sizes.batchSize : 0, cell.vectorCount * hidden))
    }
    initialState = offsets.initialState.map { Region(offset: $0, rows: 1, columns: stateColumns) }
    stateGradient = arenas.matrix(
      name + "dstate", .scratch, sizes.isTraining ? sizes.batchSize : 0, stateColumns)
  }

  /// Multiply-adds of a row.
  var workOfRow: Int {
    let input = if case .product = input.source { input.weights.count } else { 0 }
    let right = (self.input.right?.map.weights.count ?? 0) + (recurrent.right?.map.weights.count ?? 0)
    return input + right + self.input.fedWeights.count + recurrent.weights.count
      + (transition.projection?.map.weights.count ?? 0)
  }

  // MARK: Views

  var outputColumns: Range<Int> { 0..<outputSize }
  /// The output after each row: [R, P].
  var outputs: Region { states.rows(batchSize..<states.rows).columns(outputColumns) }
  /// The output before each row as the product read it: [R, P].
  var productOperands: Region {
    recurrent.operands?.rows ?? states.rows(0..<states.rows - batchSize).columns(outputColumns)
  }

  /// Copies of the weights in the form that the products want, made once per update: two tasks, of which a worker does
  /// its own.
  func pack<S: Scalar>(_ call: Call, in memory: Memory<S>) {
    if 2 * index % call.workers == call.worker {
      transition.projection?.map.pack(in: memory)
      recurrent.pack(call, in: memory)
    }
    if (2 * index + 1) % call.workers == call.worker { input.pack(in: memory) }
  }

  // MARK: Shares

  /// What a worker does in each step; nil where others do all of it. With an even number of workers half of them run each
  /// direction.
  func share(_ call: Call, directions: Int) -> StepShare? {
    var (worker, workers) = (call.worker, call.workers)
    if directions == 2, workers % 2 == 0 {
      guard worker % 2 == (isReverse ? 1 : 0) else { return nil }
      (worker, workers) = (worker / 2, workers / 2)
    }
    let isPlain =
      !transition.isActive && recurrent.second == nil && recurrent.isThere && !recurrent.map.isSparse
    return StepShare(
      call.rows, gates: recurrent.map.weights.rows, output: outputSize, rank: recurrent.right?.map.weights.rows,
      isPacked: recurrent.map.multiplier == .packed,
      mayShareColumns: isPlain && directions == 1 && !call.rows.isRagged && !usesOperands(call.rows), worker: worker,
      of: workers)
  }

  /// A step of these slots and no others.
  func share(ofSlots slots: Range<Int>) -> StepShare {
    StepShare(
      slots: slots, gates: recurrent.map.weights.rows, output: outputSize, rank: recurrent.right?.map.weights.rows)
  }

  /// Whether the product reads the outputs before each row from rows of their own.
  func usesOperands(_ rows: Rows) -> Bool {
    guard let operands = recurrent.operands else { return false }
    return operands.isAlwaysUsed || rows.isRagged
  }
}
