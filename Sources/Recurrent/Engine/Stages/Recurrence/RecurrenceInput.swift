internal import Kernels

/// The input's part of the pre-activations, for all rows of a block of steps at once: gates = X·Wᵢᵀ + b, or for one-hot
/// tokens a gather of the rows of Wᵢᵀ. For a matrix of low rank U = X·Bᵀ comes before, of all steps, and is multiplied by A.
struct RecurrenceInput: Sendable {
  enum Source: Sendable {
    /// - rows: [R, I] what multiplies Wᵢ; of low rank U [R, r], which multiplies A.
    case product(rows: Region, map: Linear)
    /// - table: [V, G·H] Wᵢᵀ and the bias; the rows of tokens are gathered.
    /// - gradient: [V, G·H] dL/d(Wᵢᵀ); empty without a backward pass.
    case gather(table: Region, gradient: Region)
  }

  let source: Source
  /// [R, I] what it reads; nil for one-hot tokens.
  let read: Region?
  /// I.
  let size: Int
  /// B [r, I], which multiplies first; nil for a whole matrix.
  let right: RightFactor?
  /// [G·H, I], with input feeding the first columns of the matrix; of low rank A [G·H, r].
  let weights: Region
  /// [G·H, U] the columns of the matrix that `InputFeeding` multiplies; empty where nothing is fed.
  let fedWeights: Region
  /// [1, G·H]
  let bias: Region
  /// [1, G·H] of the recurrent product; empty without one.
  let recurrentBias: Region
  /// [1, rowGateCount·H] what every row of gates starts from: the sum of both, but for what stands apart.
  private let rowBias: Region
  /// Columns of a row of gates that hold the gates' input side, in the order of the parameters.
  let columns: Range<Int>
  private let hidden: Int

  /// - Parameters:
  ///   - size: I.
  ///   - fed: U that is fed beside it, or 0.
  ///   - ofSteps: whether its products are those of a single step, and not of all.
  init<S: Scalar>(
    _ name: String, _ cell: CellShape, hidden: Int, size: Int, fed: Int, ofSteps: Bool,
    _ offsets: ParameterTable.Recurrence, isReverse: Bool, below: Region?, goesBack: Bool, _ sizes: BatchSizes,
    _ products: ProductChoice, _ arenas: inout ArenaLayout,
    _ scalar: S.Type
  ) {
    let gateRows = cell.gateCount * hidden
    (self.hidden, self.size) = (hidden, size)
    let inner = offsets.inputRight?.rank ?? size
    let whole = Region(offset: offsets.inputWeights, rows: gateRows, columns: inner + fed)
    (weights, fedWeights) = (whole.columns(0..<inner), whole.columns(inner..<inner + fed))
    func multiplier(columns: Int, inner: Int) -> Multiplier {
      ofSteps ? products.steps : products.multiplier(rows: sizes.keptRows, columns: columns, inner: inner)
    }
    bias = Region(offset: offsets.inputBias, rows: 1, columns: gateRows)
    recurrentBias = Region(
      offset: offsets.hiddenBias, rows: 1, columns: cell.recurrentProduct == .none ? 0 : gateRows)
    columns = cell.apartCount * hidden..<cell.rowGateCount * hidden
    rowBias = arenas.matrix(name + "row bias", .packed, 1, cell.rowGateCount * hidden)
    read = below.map { isReverse ? arenas.matrix(name + "input", .workspace, sizes.keptRows, size) : $0 }
    if let read {
      let wantsGradient = goesBack && sizes.isTraining
      right = offsets.inputRight.map { place in
        RightFactor(
          name + "weight_ih", place, size: size, rows: sizes.keptRows,
          by: multiplier(columns: place.rank, inner: size), ofSteps: ofSteps, isTraining: sizes.isTraining,
          goesBack: wantsGradient, &arenas, scalar)
      }
      // B's gradient wants dL/dU even where nothing wants dL/dX.
      source = .product(
        rows: right?.outputs ?? read,
        map: Linear(
          name + "weight_ih", weights, by: multiplier(columns: gateRows, inner: inner), ofSteps: ofSteps,
          backward: right == nil ? wantsGradient : sizes.isTraining, &arenas, scalar))
    } else {
      right = nil
      source = .gather(
        table: arenas.matrix(name + "input table", .packed, size, gateRows),
        gradient: arenas.matrix(name + "dinput table", .scratch, sizes.isTraining ? size : 0, gateRows))
    }
  }

  func pack<S: Scalar>(in memory: Memory<S>) {
    let sum = rowBias.columns(columns)
    memory.copy(bias, to: sum)
    if columns.lowerBound > 0 {
      // The apart gate's recurrent bias starts its recurrent part; the other gates' two biases are summed.
      let merged = recurrentBias.columns - hidden
      memory.copy(
        recurrentBias.columns(merged..<recurrentBias.columns), to: rowBias.columns(0..<hidden))
      memory.add(recurrentBias.columns(0..<merged), to: sum.columns(0..<merged))
    } else if recurrentBias.columns > 0 {
      memory.add(recurrentBias, to: sum)
    }
    switch source {
    case .product(_, let map):
      map.pack(in: memory)
      right?.map.pack(in: memory)
    case .gather(let table, _):
      memory.transpose(weights, into: table)
      for row in 0..<table.rows { memory.add(sum, to: table.row(row)) }
    }
  }

  // MARK: Forward

  /// The worker's part of U = X·Bᵀ of all rows; nothing for a whole matrix.
  func narrow<S: Scalar>(_ call: Call, _ engine: Engine<S>) {
    guard let right, let read else { return }
    let part = right.map.part(forward: call.rows.rowCount, call)
    for rows in part.rows {
      right.map.multiply(
        read.rows(rows), from: .zero, into: right.outputs.rows(rows), columns: part.columns, in: engine.memory)
    }
  }

  /// The worker's part of the rows of some steps.
  /// - Parameters:
  ///   - gates: [·, rowGateCount·H]
  ///   - keptRow: the row of the segment that the first row of `gates` is.
  ///   - tokens: where in the indices the token of row 0 stands.
  func forward<S: Scalar>(
    steps: Range<Int>, into gates: Region, keptFrom keptRow: Int, tokens: Int, _ call: Call, _ engine: Engine<S>
  ) {
    let rows = call.rows.firstRow(ofStep: steps.lowerBound)..<call.rows.firstRow(ofStep: steps.upperBound)
    let apart = 0..<columns.lowerBound
    let memory = engine.memory
    switch source {
    case .gather(let table, _):
      let share = call.share(of: rows.count).moved(by: rows.lowerBound)
      let gates = gates.rows(share.moved(by: -keptRow))
      if !apart.isEmpty { memory.broadcast(rowBias.columns(apart), to: gates.columns(apart)) }
      memory.gather(table, engine.indices, at: tokens + share.lowerBound, into: gates.columns(columns))
    case .product(let input, let map):
      let part = map.part(forward: rows.count, call)
      for range in part.rows {
        let piece = range.moved(by: rows.lowerBound)
        let gates = gates.rows(piece.moved(by: -keptRow))
        if part.columns.lowerBound == 0, !apart.isEmpty {
          memory.broadcast(rowBias.columns(apart), to: gates.columns(apart))
        }
        map.multiply(
          input.rows(piece), from: .bias(rowBias.columns(columns)), into: gates.columns(columns),
          columns: part.columns, in: memory)
      }
    }
  }

  /// Some rows of a single step, by a worker alone: for layers above the first.
  /// - Parameters:
  ///   - gates: [·, rowGateCount·H]
  ///   - keptRow: the row of the segment that the first row of `gates` is.
  func forward<S: Scalar>(rows: Range<Int>, into gates: Region, keptFrom keptRow: Int, in memory: Memory<S>) {
    guard case .product(let input, let map) = source else { stop("tokens are of the first layer") }
    if let right, let read {
      right.map.multiply(read.rows(rows), from: .zero, into: right.outputs.rows(rows), in: memory)
    }
    let gates = gates.rows(rows.moved(by: -keptRow))
    let apart = 0..<columns.lowerBound
    if !apart.isEmpty { memory.broadcast(rowBias.columns(apart), to: gates.columns(apart)) }
    map.multiply(
      input.rows(rows), from: .bias(rowBias.columns(columns)), into: gates.columns(columns), in: memory)
  }

  // MARK: Backward

  /// dX = dZ·Wᵢ, or dX += dZ·Wᵢ, of some rows of a single step, by a worker alone.
  func backward<S: Scalar>(
    rows: Range<Int>, _ gates: Region, adding: Bool, into result: Region, in memory: Memory<S>
  ) {
    guard case .product(_, var map) = source else { stop("tokens have no gradient") }
    var gradient = gates.columns(columns)
    if let right {
      map.multiplyBack(gradient.rows(rows), from: .zero, into: right.gradient.rows(rows), in: memory)
      (map, gradient) = (right.map, right.gradient)
    }
    map.multiplyBack(
      gradient.rows(rows), from: adding ? .itself : .zero, into: result.rows(rows), in: memory)
  }

  /// The worker's part of dL/dU = dZ·A of all rows; nothing for a whole matrix.
  func narrowBack<S: Scalar>(_ gates: Region, _ call: Call, _ engine: Engine<S>) {
    guard let right, case .product(_, let map) = source else { return }
    let part = map.part(backward: call.rows.rowCount, call)
    for rows in part.rows {
      map.multiplyBack(
        gates.rows(rows).columns(columns), from: .zero, into: right.gradient.rows(rows), columns: part.columns,
        in: engine.memory)
    }
  }

  /// The worker's part of dX = dZ·Wᵢ, or dX += dZ·Wᵢ, for all rows at once; of low rank after `narrowBack` of all workers.
  /// - Parameters:
  ///   - after: called with each range of rows and columns that is done.
  @inline(__always)
  func backward<S: Scalar>(
    _ gates: Region, adding: Bool, into result: Region, _ call: Call, _ engine: Engine<S>,
    after: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    guard case .product(_, var map) = source else { stop("tokens have no gradient") }
    var gradient = gates.columns(columns)
    if let right { (map, gradient) = (right.map, right.gradient) }
    let part = map.part(backward: call.rows.rowCount, call)
    for piece in part.rows {
      map.multiplyBack(
        gradient.rows(piece), from: adding ? .itself : .zero, into: result.rows(piece),
        columns: part.columns, in: engine.memory)
      after(piece, part.columns)
    }
  }
}
