internal import Kernels

/// Room for parameters, layers, the head and their gradients.
extension Plan {
  /// Rows that a batch keeps at once.
  var keptRows: Int { keptSteps * batchSize }

  /// Traps where a batch cannot be taken piece by piece.
  func validateSegments() {
    precondition(keptSteps >= 1, "a segment needs 1 step or more, got \(keptSteps)")
    precondition(isTraining, "only a training batch is computed again in segments")
    precondition(configuration.attention == nil, "a model with attention cannot be computed again in segments")
    precondition(
      configuration.directions == .forward, "a layer that runs both ways cannot be computed again in segments")
    precondition(
      configuration.head == .everyStep || (configuration.head == .lastStep && !configuration.isResidual),
      "a head that reads \(configuration.head) of all steps cannot be computed again in segments")
    precondition(purpose.loss?.targets != .labels, "the connectionist loss reads all steps at once")
  }

  /// Parameters first, laid out as in the model; gradients and moments follow in the same layout.
  mutating func reserveParameters() {
    for entry in table.entries { record(entry.name, .parameters, entry.shape) }
    scalarCount = table.blockCount
    gradientShift = table.blockCount
    guard case .training(_, let momentCount) = purpose else { return }
    for entry in table.entries { record("d\(entry.name)", .gradients, entry.shape) }
    scalarCount += table.blockCount
    for moment in 0..<momentCount {
      record("moment \(moment + 1)", .moments, [table.blockCount])
      scalarCount += table.blockCount
    }
  }

  mutating func reserveLayer<S: Scalar>(
    _ layer: Int, headColumns: Int, goesBack: Bool, _ scalar: S.Type
  ) {
    let rows = keptRows
    let below = layer == 0 ? input : layers[layer - 1].passedUp
    let first = recurrences.count
    for direction in 0..<configuration.directions.count {
      let name = "layer \(layer) " + (direction == 0 ? "" : "reverse ")
      recurrences.append(
        recurrence(name, layer, isReverse: direction == 1, input: below, goesBack: goesBack, scalar))
    }
    let width = configuration.outputSize(ofLayer: layer)
    let addsInput = configuration.addsInput(layer: layer)
    let ownsOutputs = configuration.directions != .forward || addsInput
    let outputs =
      ownsOutputs ? reserve("layer \(layer) output", .workspace, [rows, width]) : recurrences[first].outputs
    var plan = LayerPlan(
      recurrences: first..<recurrences.count, merge: configuration.directions.merge, input: below,
      addsInput: addsInput, outputs: outputs, ownsOutputs: ownsOutputs,
      headColumns: configuration.headReadsAllLayers ? headColumns..<headColumns + width : nil)
    if isTraining, configuration.dropout > 0, layer < configuration.layerCount - 1 {
      plan.dropped = reserve("layer \(layer) dropped output", .workspace, [rows, width])
    }
    layers.append(plan)
  }

  mutating func recurrence<S: Scalar>(
    _ name: String, _ layer: Int, isReverse: Bool, input below: Matrix?, goesBack: Bool, _ scalar: S.Type
  ) -> RecurrencePlan {
    let structure = CellShape(configuration.cell.structure)
    let hidden = configuration.hiddenSize(ofLayer: layer)
    let output = configuration.directionSize(ofLayer: layer)
    let inputSize = configuration.inputSize(ofLayer: layer)
    let gateRows = structure.gateCount * hidden
    let productRows = structure.recurrentProduct == .none ? 0 : gateRows
    let places = table.recurrences[recurrences.count]
    let rows = keptRows
    let stateColumns = structure.stateCount * hidden
    // Backward needs all steps; without it those of a block take turns.
    let blockRows = isTraining ? rows : blockSteps * batchSize

    var plan = RecurrencePlan(
      structure: structure, hidden: hidden, outputSize: output, batchSize: batchSize, isReverse: isReverse,
      inputWeights: WeightPlan(matrix: Matrix(offset: places.inputWeights, rows: gateRows, columns: inputSize)),
      hiddenWeights: Matrix(offset: places.hiddenWeights, rows: productRows, columns: output),
      inputBias: Matrix(offset: places.inputBias, rows: 1, columns: gateRows),
      hiddenBias: Matrix(offset: places.hiddenBias, rows: 1, columns: productRows),
      vectors: places.vectors.map { Matrix(offset: $0, rows: 1, columns: structure.vectorCount * hidden) },
      initialState: places.initialState.map { Matrix(offset: $0, rows: 1, columns: stateColumns) },
      rowBias: reserve(name + "row bias", .packed, [1, structure.rowGateCount * hidden]),
      input: isReverse && below != nil ? reserve(name + "input", .workspace, [rows, inputSize]) : below,
      gates: reserve(name + "gates", .workspace, [blockRows, structure.rowGateCount * hidden]),
      states: reserve(name + "states", .workspace, [rows + batchSize, stateColumns]),
      saved: reserve(name + "saved", .workspace, [blockRows, structure.savedCount * hidden]),
      stateGradient: Matrix(offset: 0, rows: batchSize, columns: stateColumns))
    if below == nil {
      plan.inputTable = reserve(name + "input table", .packed, [inputSize, gateRows])
    } else {
      reservePacked(name + "weight_ih", &plan.inputWeights, rows: rows, backward: goesBack && isTraining, scalar)
    }
    reserveRecurrentWeights(name, &plan, scalar)
    if let projection = places.projection {
      var weights = WeightPlan(matrix: Matrix(offset: projection, rows: output, columns: hidden))
      reservePacked(name + "weight_hr", &weights, backward: isTraining, scalar)
      plan.projection = weights
    }
    if plan.projection != nil || configuration.zoneout.isActive {
      plan.candidates = reserve(name + "candidates", .workspace, [blockRows, stateColumns])
    }
    let drops = isTraining && configuration.recurrentDropout > 0
    if productRows > 0, isTraining ? isRagged || drops : batchSize > 1 {
      plan.operands = reserve(name + "operands", .workspace, [blockRows, output])
    }
    if drops { plan.mask = reserve(name + "mask", .workspace, [batchSize, output]) }
    if isTraining { reserveScratch(name, &plan) }
    return plan
  }

  mutating func reserveRecurrentWeights<S: Scalar>(
    _ name: String, _ plan: inout RecurrencePlan, _ scalar: S.Type
  ) {
    guard plan.structure.recurrentProduct != .none else { return }
    if plan.structure.recurrentProduct == .lastGateApart {
      plan.reorderedWeights = reserve(
        name + "weight_hh reordered", .packed, [plan.hiddenWeights.rows, plan.outputSize], padded: false)
    }
    let (first, second) = (plan.recurrentColumns.count, plan.secondStageColumns.count)
    plan.packedForward = reservePacked(name + "weight_hh packed forward", plan.outputSize, first, scalar)
    if second > 0 {
      plan.packedSecondForward = reservePacked(name + "weight_hh packed forward 2", plan.hidden, second, scalar)
    }
    guard isTraining else { return }
    plan.packedBackward = reservePacked(name + "weight_hh packed backward", first, plan.outputSize, scalar)
    if second > 0 {
      plan.packedSecondBackward = reservePacked(name + "weight_hh packed backward 2", second, plan.hidden, scalar)
    }
  }

  /// What backward needs besides the workspace.
  mutating func reserveScratch(_ name: String, _ plan: inout RecurrencePlan) {
    let (hidden, output) = (plan.hidden, plan.outputSize)
    let stateColumns = plan.structure.stateCount * hidden
    plan.stateGradient = reserve(name + "dstate", .scratch, [batchSize, stateColumns])
    if plan.secondStageColumns.count > 0 {
      plan.operandGradient = reserve(name + "doperand", .scratch, [batchSize, hidden])
    }
    if plan.mask != nil { plan.maskedGradient = reserve(name + "dmasked", .scratch, [batchSize, output]) }
    if configuration.zoneout.isActive {
      plan.keptGradient = reserve(name + "dkept", .scratch, [batchSize, stateColumns])
    }
    if plan.projection != nil {
      plan.projectionGradient = reserve(name + "dprojected", .workspace, [keptRows, output])
      plan.expandedGradient = reserve(name + "dcell output", .scratch, [batchSize, hidden])
    }
    if let vectors = plan.vectors {
      plan.vectorGradient = reserve(name + "dvectors", .scratch, [batchSize, vectors.columns])
    }
    if let table = plan.inputTable {
      plan.tableGradient = reserve(name + "dinput table", .scratch, [table.rows, table.columns])
    }
  }

  mutating func reserveHead<S: Scalar>(_ scalar: S.Type) {
    let outputSize = configuration.outputSize
    let inputSize = configuration.headInputSize
    let outputRows = configuration.head.isPooled ? batchSize : keptRows
    var weights = WeightPlan(matrix: Matrix(offset: table.headWeights, rows: outputSize, columns: inputSize))
    reservePacked("head weight", &weights, rows: outputRows, backward: isTraining, scalar)
    let gathers = configuration.head.isPooled || configuration.headReadsAllLayers
    var plan = HeadPlan(
      weights: weights, bias: Matrix(offset: table.headBias, rows: 1, columns: outputSize),
      input: gathers
        ? reserve("head input", .workspace, [outputRows, inputSize])
        : attention?.outputs ?? layers[layers.count - 1].outputs)
    if isTraining, configuration.headDropout > 0 {
      plan.dropped = reserve("head dropped input", .workspace, [outputRows, inputSize])
    }
    if isTraining, gathers || attention != nil {
      plan.inputGradient = reserve("dhead input", .scratch, [outputRows, inputSize])
    }
    outputs = reserve("outputs", .workspace, [outputRows, outputSize], padded: false)
    head = plan
  }

  mutating func reserveGradients(rows: Int, ofInput wantsInputGradient: Bool) {
    let layerRange = 0..<configuration.layerCount
    let widest = layerRange.map { configuration.outputSize(ofLayer: $0) }.max()!
    let outputGradient = reserve("dlayer output", .scratch, [rows, widest])
    self.outputGradient = outputGradient
    if head != nil, head!.inputGradient == nil {
      head!.inputGradient = outputGradient.columns(0..<configuration.headInputSize)
    }
    if wantsInputGradient { inputGradient = reserve("dinput", .scratch, [rows, configuration.input.size]) }
    guard configuration.directions != .forward else {
      for index in recurrences.indices {
        recurrences[index].outputGradient = outputGradient.columns(0..<recurrences[index].outputSize)
      }
      return
    }
    let widestDirection = layerRange.map { configuration.directionSize(ofLayer: $0) }.max()!
    let gradients = (0..<2).map {
      reserve("d\($0 == 0 ? "forward" : "reverse") output", .scratch, [rows, widestDirection])
    }
    for index in recurrences.indices {
      recurrences[index].outputGradient = gradients[index % 2].columns(0..<recurrences[index].outputSize)
    }
    let inputs = layerRange.filter { $0 > 0 || wantsInputGradient }.map { configuration.inputSize(ofLayer: $0) }
    if let widestInput = inputs.max() {
      mirroredGradient = reserve("dreverse input", .scratch, [rows, widestInput])
    }
  }
}
