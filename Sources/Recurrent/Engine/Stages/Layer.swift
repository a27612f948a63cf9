internal import Kernels

/// How the recurrences of a layer are tied to each other and to the layers below and above: the input in the other
/// direction's order, the merge of both directions, the residual connection, dropout, and in residual blocks the norm before
/// and the feed-forward layer behind. Rows of [R, ·] are in the order of
/// time. Layers are chained from the top one down, each holding the one below: objects that never change, which a step
/// neither copies nor counts references to.
final class Layer: Sendable {
  /// Its number among the layers.
  let index: Int
  /// nil for the lowest.
  let below: Layer?
  let forward: Recurrence
  /// The other direction; of a layer that runs forward only the forward one once more.
  let reverse: Recurrence
  let runsBothWays: Bool
  /// How the outputs of both directions become one; of no meaning for one direction.
  let merge: Directions.Merge
  /// [R, I] what it reads; nil for one-hot tokens.
  let input: Region?
  /// What the recurrences read instead; nil: that as it is.
  let norm: RMSNorm?
  /// Whether the input is added to the output.
  let addsInput: Bool
  /// [R, U] the outputs of the directions as one, and what is added to them: the output but in residual blocks, where it is
  /// what the feed-forward layer reads.
  private let joined: Region
  /// Of what the recurrences of a residual block add; nil without.
  let branchDropout: Dropout?
  /// nil without residual blocks.
  let feedForward: FeedForward?
  /// [R, U] its output.
  let outputs: Region
  /// The output's copy after dropout, which the next layer reads; nil without.
  let dropout: Dropout?
  /// Columns of what the head reads, where it reads all layers; else empty.
  let headColumns: Range<Int>

  init<S: Scalar>(
    _ configuration: ModelConfiguration, _ table: ParameterTable, below: Layer?, input: Region?, goesBack: Bool,
    headColumns start: Int, _ sizes: BatchSizes, _ backward: BackwardRegions, _ products: ProductChoice,
    _ arenas: inout ArenaLayout, _ scalar: S.Type
  ) {
    let directions = configuration.directions.count
    let index = below.map { $0.index + 1 } ?? 0
    let rows = sizes.keptRows
    let block = configuration.blocks == nil ? nil : table.blocks[index]
    var norm: RMSNorm?
    if let input, let gain = block?.norm {
      norm = RMSNorm("layer \(index) norm", gain: gain, of: input, rows: rows, sizes, &arenas)
    }
    let read = norm?.outputs ?? input
    let goesBack = goesBack || norm != nil
    func recurrence(_ direction: Int, _ arenas: inout ArenaLayout) -> Recurrence {
      Recurrence(
        configuration, table, index: index * directions + direction, layer: index, isReverse: direction == 1,
        below: read, goesBack: goesBack,
        outputGradient: backward.output(isReverse: direction == 1, width: configuration.directionSize(ofLayer: index)),
        sizes, products, &arenas, scalar)
    }
    (self.index, self.below, self.input, self.norm) = (index, below, input, norm)
    forward = recurrence(0, &arenas)
    runsBothWays = directions == 2
    reverse = runsBothWays ? recurrence(1, &arenas) : forward
    merge = configuration.directions.merge ?? .concatenate
    addsInput = configuration.addsInput(layer: index)
    let width = configuration.outputSize(ofLayer: index)
    outputs =
      runsBothWays || addsInput || block != nil
      ? arenas.matrix("layer \(index) output", .workspace, rows, width) : forward.outputs
    if let block {
      joined = sizes.isTraining ? arenas.matrix("layer \(index) joined", .workspace, rows, width) : outputs
      feedForward = FeedForward(
        configuration, block, layer: index, joined: joined, outputs: outputs, sizes, backward, products, &arenas, scalar
      )
    } else {
      (joined, feedForward) = (outputs, nil)
    }
    branchDropout = Dropout(branchesOf: configuration, joined, stream: MaskStream.block(index), sizes)
    let drops =
      sizes.isTraining && block == nil && configuration.dropout > 0 && index < configuration.layerCount - 1
    dropout =
      drops
      ? Dropout(
        arenas.matrix("layer \(index) dropped output", .workspace, rows, width), rate: configuration.dropout,
        isVariational: configuration.isDropoutVariational, stream: MaskStream.layer(index)) : nil
    headColumns = configuration.headReadsAllLayers ? start..<start + width : 0..<0
  }

  /// What the recurrences read: [R, I]; nil for one-hot tokens.
  var read: Region? { norm?.outputs ?? input }

  /// Multiply-adds of a row.
  var workOfRow: Int { directionCount * forward.workOfRow + (feedForward?.workOfRow ?? 0) }

  /// What the layer above reads: [R, U].
  var passedUp: Region { dropout?.dropped ?? outputs }

  var directionCount: Int { runsBothWays ? 2 : 1 }

  /// Whether its input matrices are of low rank.
  private var narrowsInput: Bool { forward.input.right != nil }

  /// Copies of the weights of this layer and of those below in the form that the products want: a worker's share of the
  /// tasks, two for each recurrence.
  func pack<S: Scalar>(_ call: Call, in memory: Memory<S>) {
    below?.pack(call, in: memory)
    forward.pack(call, in: memory)
    if runsBothWays { reverse.pack(call, in: memory) }
    feedForward?.pack(call, firstTask: 3 * index, in: memory)
  }

  // MARK: Forward

  /// The layers below, and then this one.
  func forwardFromBelow<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    below?.forwardFromBelow(call, engine)
    forward(blockSteps: engine.plan.sizes.blockSteps, call, engine)
  }

  func forward<S: Scalar>(blockSteps: Int, _ call: Call, _ engine: Engine<S>) {
    let rows = call.rows
    // The next barrier comes before the first step.
    forward.start(call, engine)
    if runsBothWays { reverse.start(call, engine) }
    if let norm {
      norm.forward(rows: call.share(of: rows.rowCount), in: engine.memory)
      engine.pool.barrier()
    }
    mirrorInput(call, engine)
    if narrowsInput {
      forward.input.narrow(call, engine)
      if runsBothWays { reverse.input.narrow(call, engine) }
      engine.pool.barrier()
    }
    let tokens = rows.index.tokens + rows.rowOffset
    for start in stride(from: 0, to: rows.steps, by: blockSteps) {
      let steps = start..<min(start + blockSteps, rows.steps)
      // Without backward only the rows of a block are kept.
      let keptRow = engine.plan.isTraining ? 0 : rows.firstRow(ofStep: start)
      forward.input.forward(steps: steps, into: forward.gates, keptFrom: keptRow, tokens: tokens, call, engine)
      if runsBothWays {
        reverse.input.forward(
          steps: steps, into: reverse.gates, keptFrom: keptRow, tokens: rows.index.mirror?.tokens ?? tokens,
          call, engine)
      }
      engine.pool.barrier()
      if let share = forward.share(call, directions: directionCount) {
        forward.forward(steps: steps, share, keptFrom: keptRow, call, engine)
      }
      if runsBothWays, let share = reverse.share(call, directions: directionCount) {
        reverse.forward(steps: steps, share, keptFrom: keptRow, call, engine)
      }
      engine.pool.barrier()
    }
    passUp(call.share(of: rows.rowCount), call, in: engine.memory)
    if ownsOutputs || dropout != nil { engine.pool.barrier() }
    feedForward?.forward(call, engine)
  }

  /// What the other direction reads: the input in its order.
  private func mirrorInput<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    guard runsBothWays, let mirror = call.rows.index.mirror else { return }
    let rows = call.rows
    let share = call.share(of: rows.rowCount)
    if let read {
      guard let target = reverse.input.read else { stop("vectors are not gathered") }
      for row in share { engine.memory.copy(read.row(rows.mirrored(row)), to: target.row(row)) }
    } else {
      for row in share { engine.indices[mirror.tokens + row] = engine.indices[rows.index.tokens + rows.mirrored(row)] }
    }
    engine.pool.barrier()
  }

  /// Whether its output is another than that of the recurrence.
  private var ownsOutputs: Bool { runsBothWays || addsInput || feedForward != nil }

  /// Some rows of the layer's output from those of its directions, and of its copy for the next layer after dropout.
  func passUp<S: Scalar>(_ rows: Range<Int>, _ call: Call, in memory: Memory<S>) {
    if ownsOutputs {
      for row in rows {
        let target = joined.row(row)
        if runsBothWays {
          memory.merge(
            forward.outputs.row(row), reverse.outputs.row(call.rows.mirrored(row)), merge,
            into: target)
        } else {
          memory.copy(forward.outputs.row(row), to: target)
        }
        if addsInput, branchDropout == nil, let input { memory.add(input.row(row), to: target) }
      }
    }
    if let branchDropout {
      branchDropout.dropBack(joined, rows: rows, columns: 0..<joined.columns, call, in: memory)
      if addsInput, let input { memory.add(input.rows(rows), to: joined.rows(rows)) }
    }
    dropout?.drop(outputs, rows: rows, call, in: memory)
  }

  // MARK: Backward

  /// This layer, and then those below.
  func backwardToBelow<S: Scalar>(isTop: Bool, _ call: Call, _ engine: Engine<S>) {
    engine.plan.head?.addGradient(of: self, isTop: isTop, call, engine)
    let backward = engine.plan.backward
    self.backward(
      dropoutBelow: below?.dropout, readsFinalStates: isTop && engine.plan.head?.readsFinalStates ?? false,
      into: index > 0 ? backward.outputs : backward.input, call, engine)
    engine.finishPart(downTo: index, call)
    below?.backwardToBelow(isTop: false, call, engine)
  }

  /// What is summed over the whole batch starts from 0, here and in all layers below: a worker's share.
  func startGradients<S: Scalar>(_ call: Call, in memory: Memory<S>) {
    forward.startGradients(call, in: memory)
    if runsBothWays { reverse.startGradients(call, in: memory) }
    below?.startGradients(call, in: memory)
  }

  /// From dL/d(outputs), which stands in the shared region, to dL/d(pre-activations) and dL/d(what it reads).
  /// - Parameters:
  ///   - dropoutBelow: the dropout through which the layer below handed on its output; nil without.
  ///   - readsFinalStates: whether the head reads the final states alone, where dL/d(state) starts from.
  ///   - inputGradient: where dL/d(what it reads) goes, nil: it is not wanted.
  func backward<S: Scalar>(
    dropoutBelow: Dropout?, readsFinalStates: Bool, into inputGradient: Region?, _ call: Call, _ engine: Engine<S>
  ) {
    if feedForward != nil { backwardBlock(call, engine) }
    if !readsFinalStates { unmerge(call, engine) }
    if let share = forward.share(call, directions: directionCount) {
      forward.backward(share, addsOutputGradient: !readsFinalStates, call, engine)
    }
    if runsBothWays, let share = reverse.share(call, directions: directionCount) {
      reverse.backward(share, addsOutputGradient: !readsFinalStates, call, engine)
    }
    engine.pool.barrier()
    if narrowsInput {
      forward.input.narrowBack(forward.gates, call, engine)
      if runsBothWays { reverse.input.narrowBack(reverse.gates, call, engine) }
      engine.pool.barrier()
    }
    if let norm {
      backwardNorm(norm, into: inputGradient, call, engine)
    } else if let inputGradient {
      backwardInput(adding: addsInput, into: inputGradient, dropoutBelow, call, engine)
    }
  }

  /// dL/d(the output of each direction), in its own order; of one direction it is that of the layer.
  private func unmerge<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    guard runsBothWays else { return }
    let gradient = engine.plan.backward.branch.columns(0..<outputs.columns)
    for row in call.share(of: call.rows.rowCount) {
      let other = call.rows.mirrored(row)
      engine.memory.unmerge(
        gradient.row(row), merge, forward.outputs.row(row), reverse.outputs.row(other),
        into: forward.outputGradient.row(row), reverse.outputGradient.row(other))
    }
    engine.pool.barrier()
  }

  /// dX = dZ·Wᵢ for all rows at once, the sum over the directions, plus dY of a residual connection, through the dropout
  /// below if there is any.
  func backwardInput<S: Scalar>(
    adding adds: Bool, into gradient: Region, _ below: Dropout?, _ call: Call, _ engine: Engine<S>
  ) {
    let (memory, rows) = (engine.memory, call.rows)
    let target = gradient.columns(0..<forward.input.size)
    let share = call.share(of: rows.rowCount)
    if adds, index == 0 {
      memory.copy(engine.plan.backward.outputs.columns(0..<target.columns).rows(share), to: target.rows(share))
      engine.pool.barrier()
    }
    let dropsAtOnce = !runsBothWays
    forward.input.backward(forward.gates, adding: adds, into: target, call, engine) { piece, columns in
      if dropsAtOnce { below?.dropBack(target, rows: piece, columns: columns, call, in: memory) }
    }
    if runsBothWays {
      let mirror = engine.plan.backward.mirrored.columns(0..<target.columns)
      reverse.input.backward(
        reverse.gates, adding: false, into: mirror, call, engine
      ) { _, _ in }
      engine.pool.barrier()
      for row in share { memory.add(mirror.row(rows.mirrored(row)), to: target.row(row)) }
      below?.dropBack(target, rows: share, columns: 0..<target.columns, call, in: memory)
    }
    engine.pool.barrier()
  }
}
