internal import Kernels

/// The second half of a residual block: y = y₁ + W_down·(silu(W_gate·N(y₁)) ⊙ (W_up·N(y₁))), for all rows at once (SwiGLU,
/// Shazeer 2020). Without a backward pass rows come a block of steps at a time, as the input's products do. An object that
/// never changes, as `Layer`.
final class FeedForward: Sendable {
  /// N(y₁)
  let norm: RMSNorm
  /// [F, U], [F, U] and [U, F]
  private let gateMap: Linear
  private let upMap: Linear
  private let downMap: Linear
  /// [R, F] W_gate·N(y₁) and W_up·N(y₁), then dL/d(both).
  private let gate: Region
  private let up: Region
  /// [R, F] silu(gate) ⊙ up; without a backward pass in the place of the gate.
  private let product: Region
  /// [R, U] y, where without a backward pass y₁ stands before.
  private let outputs: Region
  /// [R, U] dL/d(W_down·…); empty without a backward pass.
  private let outputGradient: Region
  /// [R, F] dL/d(product), in the shared region.
  private let productGradient: Region
  /// Of what is added to y₁; nil without.
  private let dropout: Dropout?
  private let blockSteps: Int
  private let isTraining: Bool

  /// - Parameters:
  ///   - joined: [R, U] y₁.
  ///   - outputs: [R, U] y; without a backward pass the same place.
  init<S: Scalar>(
    _ configuration: ModelConfiguration, _ places: ParameterTable.Block, layer: Int, joined: Region, outputs: Region,
    _ sizes: BatchSizes, _ backward: BackwardRegions, _ products: ProductChoice, _ arenas: inout ArenaLayout,
    _ scalar: S.Type
  ) {
    let name = "layer \(layer) feed-forward "
    let (width, inner) = (outputs.columns, configuration.feedForwardSize(ofLayer: layer))
    let (rows, isTraining) = (sizes.gateRows, sizes.isTraining)
    (self.outputs, self.isTraining, blockSteps) = (outputs, isTraining, sizes.blockSteps)
    func map(_ part: String, _ offset: Int, _ columns: Int, of inputs: Int, _ arenas: inout ArenaLayout) -> Linear {
      Linear(
        name + part, Region(offset: offset, rows: columns, columns: inputs),
        by: products.multiplier(rows: rows, columns: columns, inner: inputs), backward: isTraining, &arenas, scalar)
    }
    norm = RMSNorm(name + "norm", gain: places.feedForwardNorm, of: joined, rows: rows, sizes, &arenas)
    gateMap = map("gate weight", places.gate, inner, of: width, &arenas)
    upMap = map("up weight", places.up, inner, of: width, &arenas)
    downMap = map("down weight", places.down, width, of: inner, &arenas)
    gate = arenas.matrix(name + "gate", .workspace, rows, inner)
    up = arenas.matrix(name + "up", .workspace, rows, inner)
    product = isTraining ? arenas.matrix(name + "product", .workspace, rows, inner) : gate
    outputGradient = arenas.matrix("d" + name + "output", .workspace, isTraining ? rows : 0, width)
    productGradient = backward.feedForward.columns(0..<(isTraining ? inner : 0))
    dropout = Dropout(branchesOf: configuration, outputs, stream: MaskStream.feedForward(layer), sizes)
  }

  /// Multiply-adds of a row.
  var workOfRow: Int { gateMap.weights.count + upMap.weights.count + downMap.weights.count }

  /// Whether workers can share the columns of its products where the rows are few.
  func sharesColumns(rows: Int, workers: Int) -> Bool {
    ProductChoice.sharesColumns(
      rows: rows, columns: gateMap.weights.rows, inner: gateMap.weights.columns, workers: workers)
  }

  /// Copies of the weights in the form that the products want: a worker's share of three tasks.
  func pack<S: Scalar>(_ call: Call, firstTask: Int, in memory: Memory<S>) {
    if firstTask % call.workers == call.worker { gateMap.pack(in: memory) }
    if (firstTask + 1) % call.workers == call.worker { upMap.pack(in: memory) }
    if (firstTask + 2) % call.workers == call.worker { downMap.pack(in: memory) }
  }

  // MARK: Forward

  /// A worker's share of all rows; all have done theirs when it returns.
  func forward<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    let (memory, rows) = (engine.memory, call.rows)
    for start in stride(from: 0, to: rows.steps, by: blockSteps) {
      let first = rows.firstRow(ofStep: start)
      let count = rows.firstRow(ofStep: min(start + blockSteps, rows.steps)) - first
      let keptRow = isTraining ? 0 : first
      norm.forward(rows: call.share(of: count).moved(by: first), keptFrom: keptRow, in: memory)
      engine.pool.barrier()
      let part = gateMap.part(forward: count, call)
      for piece in part.rows {
        let kept = piece.moved(by: first - keptRow)
        let (read, gate, up) = (norm.outputs.rows(kept), gate.rows(kept), up.rows(kept))
        gateMap.multiply(read, from: .zero, into: gate, columns: part.columns, in: memory)
        upMap.multiply(read, from: .zero, into: up, columns: part.columns, in: memory)
        memory.multiplyGated(
          gate.columns(part.columns), up.columns(part.columns), into: product.rows(kept).columns(part.columns))
      }
      engine.pool.barrier()
      let down = downMap.part(forward: count, call)
      for piece in down.rows {
        add(rows: piece.moved(by: first), keptFrom: keptRow, columns: down.columns, call, in: memory)
      }
      engine.pool.barrier()
    }
  }

  /// y = y₁ + W_down·product, through dropout if there is any.
  private func add<S: Scalar>(
    rows: Range<Int>, keptFrom keptRow: Int, columns: Range<Int>, _ call: Call, in memory: Memory<S>
  ) {
    let (target, factors) = (outputs.rows(rows), product.rows(rows.moved(by: -keptRow)))
    let joined = norm.input.rows(rows).columns(columns)
    if let dropout, call.dropoutSeed != nil {
      downMap.multiply(factors, from: .zero, into: target, columns: columns, in: memory)
      dropout.dropBack(outputs, rows: rows, columns: columns, call, in: memory)
      memory.add(joined, to: target.columns(columns))
    } else {
      if isTraining { memory.copy(joined, to: target.columns(columns)) }
      downMap.multiply(factors, from: .itself, into: target, columns: columns, in: memory)
    }
  }

  // MARK: Backward

  /// From dL/dy to dL/dy₁ in its place: a worker's share; all have done theirs when it returns.
  /// - Parameters:
  ///   - gradient: [R, U]
  ///   - normGradient: [R, U] scratch.
  func backward<S: Scalar>(
    _ gradient: Region, normGradient: Region, _ call: Call, _ engine: Engine<S>
  ) {
    let (memory, count) = (engine.memory, call.rows.rowCount)
    let share = call.share(of: count)
    memory.copy(gradient.rows(share), to: outputGradient.rows(share))
    dropout?.dropBack(outputGradient, rows: share, columns: 0..<gradient.columns, call, in: memory)
    engine.pool.barrier()
    let down = downMap.part(backward: count, call)
    for piece in down.rows {
      downMap.multiplyBack(
        outputGradient.rows(piece), from: .zero, into: productGradient.rows(piece), columns: down.columns, in: memory)
      memory.multiplyGatedGradient(
        productGradient.rows(piece).columns(down.columns), gate: gate.rows(piece).columns(down.columns),
        up: up.rows(piece).columns(down.columns))
    }
    engine.pool.barrier()
    let part = gateMap.part(backward: count, call)
    for piece in part.rows {
      let target = normGradient.rows(piece)
      gateMap.multiplyBack(gate.rows(piece), from: .zero, into: target, columns: part.columns, in: memory)
      upMap.multiplyBack(up.rows(piece), from: .itself, into: target, columns: part.columns, in: memory)
    }
    engine.pool.barrier()
    norm.backward(normGradient, rows: share, adding: true, into: gradient, in: memory)
    engine.pool.barrier()
  }

  // MARK: Gradient

  /// - Parameter shift: from a parameter to its gradient.
  /// - Returns: products, and sums.
  func gradientTasks(shift: Int, _ products: ProductChoice) -> (products: [GradientTask], sums: [GradientTask]) {
    (
      GradientTask.weights(gate, norm.outputs, gateMap.weights.moved(by: shift), products)
        + GradientTask.weights(up, norm.outputs, upMap.weights.moved(by: shift), products)
        + GradientTask.weights(outputGradient, product, downMap.weights.moved(by: shift), products),
      norm.gradientTasks(shift: shift)
    )
  }
}
