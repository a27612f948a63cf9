internal import Kernels

/// The linear layer on top: outputs = X·Wᵀ + b. What it reads is gathered first where that is not simply the top layer's
/// output (`Head+Reading`). Its outputs have a row for each step of each sequence, or one for each sequence.
final class Head: Sendable {
  enum Reading: Sendable {
    /// The top layer's outputs, or attention's, as they stand.
    case topLayer
    /// The outputs of all layers, side by side.
    case allLayers
    /// The final states of the top layer.
    case lastStep
    /// The last step of what stands on the top layer, which in residual blocks is no state.
    case lastOutput
    case meanOverSteps
    /// - rows: where in the indices the row of each greatest value stands, [N, U].
    case maxOverSteps(rows: Int)
  }

  let reading: Reading
  /// W [O, W]
  let map: Linear
  /// [1, O]
  let bias: Region
  /// What it reads, [R, W] or [N, W].
  let input: Region
  /// `input` after dropout; nil without.
  let dropout: Dropout?
  /// dL/d(input), of its shape; empty without a backward pass.
  let inputGradient: Region
  /// [R or N, O] the outputs, then dL/d(outputs).
  let outputs: Region

  init<S: Scalar>(
    _ configuration: ModelConfiguration, _ table: ParameterTable, top: Region, _ sizes: BatchSizes,
    _ backward: BackwardRegions, attends: Bool, _ products: ProductChoice, _ arenas: inout ArenaLayout,
    _ scalar: S.Type
  ) {
    let (outputSize, inputSize) = (configuration.outputSize, configuration.headInputSize)
    let rows = configuration.head.isPooled ? sizes.batchSize : sizes.keptRows
    switch configuration.head {
    case .everyStep, .none: reading = configuration.headReadsAllLayers ? .allLayers : .topLayer
    case .lastStep: reading = configuration.blocks == nil ? .lastStep : .lastOutput
    case .meanOverSteps: reading = .meanOverSteps
    case .maxOverSteps:
      reading = .maxOverSteps(
        rows: arenas.integers("rows of the greatest", .workspace, [sizes.batchSize, inputSize]))
    }
    map = Linear(
      "head weight", Region(offset: table.headWeights, rows: outputSize, columns: inputSize),
      by: products.multiplier(rows: rows, columns: outputSize, inner: inputSize), backward: sizes.isTraining, &arenas,
      scalar)
    bias = Region(offset: table.headBias, rows: 1, columns: outputSize)
    let gathers = configuration.head.isPooled || configuration.headReadsAllLayers
    input = gathers ? arenas.matrix("head input", .workspace, rows, inputSize) : top
    dropout =
      sizes.isTraining && configuration.headDropout > 0
      ? Dropout(
        arenas.matrix("head dropped input", .workspace, rows, inputSize), rate: configuration.headDropout,
        isVariational: configuration.isDropoutVariational, stream: MaskStream.layer(configuration.layerCount - 1))
      : nil
    if !sizes.isTraining {
      inputGradient = .empty
    } else if gathers || attends {
      inputGradient = arenas.matrix("dhead input", .scratch, rows, inputSize)
    } else {
      inputGradient = backward.outputs.columns(0..<inputSize)
    }
    outputs = arenas.matrix("outputs", .workspace, rows, outputSize, padded: false)
  }

  /// Whether there is one row of outputs for each sequence.
  var isPooled: Bool {
    switch reading {
    case .topLayer, .allLayers: false
    case .lastStep, .lastOutput, .meanOverSteps, .maxOverSteps: true
    }
  }

  /// Whether dL/d(what it reads) is that of the top layer's final states alone, and not of its outputs.
  var readsFinalStates: Bool { if case .lastStep = reading { true } else { false } }

  /// Rows of the outputs of a call.
  func rowCount(_ rows: Rows) -> Int { isPooled ? rows.sequenceCount : rows.rowCount }

  /// What is multiplied: [R, W] or [N, W].
  private var read: Region { dropout?.dropped ?? input }

  // MARK: Forward

  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let (memory, count) = (engine.memory, rowCount(call.rows))
    gather(call, engine)
    if let dropout {
      let rows = call.share(of: count)
      if isPooled {
        dropout.dropPooled(input, into: dropout.dropped, rows: rows, columns: 0..<input.columns, call, in: memory)
      } else {
        dropout.drop(input, rows: rows, call, in: memory)
      }
      engine.pool.barrier()
    }
    let part = map.part(forward: count, call)
    for piece in part.rows {
      map.multiply(
        read.rows(piece), from: .bias(bias), into: outputs.rows(piece), columns: part.columns, in: memory)
    }
    engine.pool.barrier()
  }

  // MARK: Backward

  /// From dL/d(outputs) to dL/d(what it read), and of a pooled head to where that was read from.
  func backward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let memory = engine.memory
    let part = map.part(backward: rowCount(call.rows), call)
    for piece in part.rows {
      map.multiplyBack(
        outputs.rows(piece), from: .zero, into: inputGradient.rows(piece), columns: part.columns, in: memory)
      guard let dropout else { continue }
      if isPooled {
        dropout.dropPooled(inputGradient, into: inputGradient, rows: piece, columns: part.columns, call, in: memory)
      } else {
        dropout.dropBack(inputGradient, rows: piece, columns: part.columns, call, in: memory)
      }
    }
    guard isPooled else { return }
    engine.pool.barrier()
    spread(call, engine)
  }

  // MARK: Gradient

  func gradientTasks(shift: Int, _ products: ProductChoice) -> [GradientTask] {
    let pieces = Pieces(of: outputs.columns, atMost: 256)
    let multiplier = products.multiplier(rows: read.rows, columns: map.weights.columns, inner: outputs.columns)
    return (0..<pieces.count).map {
      .head(
        outputs: outputs.columns(pieces[$0]), input: read, weights: map.weights.rows(pieces[$0]).moved(by: shift),
        bias: bias.columns(pieces[$0]).moved(by: shift), multiplier)
    }
  }
}
