import Kernels

extension WrongUse {
  private var region: Region { Region(offset: 0, rows: 4, columns: 5, stride: 6) }

  private func shape(_ rows: Int, _ columns: Int, at offset: Int = 40) -> Region {
    Region(offset: offset, rows: rows, columns: columns)
  }

  func runSlice(_ error: Int) {
    switch self {
    case .rows: _ = region.rows(1..<4 + error)
    case .rowsBefore: _ = region.rows(-error..<2)
    case .columns: _ = region.columns(2..<5 + error)
    case .columnsBefore: _ = region.columns(-error..<2)
    default: _ = region.row(3 + error)
    }
  }

  func runMemory(_ error: Int) {
    let arena = Arena<Float>(count: 100, filledWith: 0)
    let memory = arena.memory
    var values = [Float](repeating: 0, count: 20 - error)
    switch self {
    case .regionEnd: _ = memory.array(Region(offset: 78 + error, rows: 4, columns: 4, stride: 6))
    case .regionStart: _ = memory.array(region.moved(by: -error))
    case .element: memory[99 + error] = 1
    case .elementBefore: _ = memory[-error]
    case .span: _ = memory.span(90, 10 + error).count
    case .mutableSpan: _ = memory.mutableSpan(-error, 10).count
    case .write: memory.write(values.span, at: 80 + 2 * error)
    case .read:
      var span = values.mutableSpan
      memory.read(from: 80 + 2 * error, into: &span)
    case .writeRegion: memory.write(values.span, to: region)
    case .readRegion:
      var span = values.mutableSpan
      memory.read(region, into: &span)
    case .copy: memory.copy(region, to: shape(4, 5 - error))
    case .fill: memory.fill(shape(10, 6 + error), with: 1)
    case .negativeRows: memory.fill(shape(-error, 5), with: 1)
    case .negativeColumns: memory.fill(shape(4, -error), with: 1)
    case .negativeStride: memory.fill(Region(offset: 40, rows: 2, columns: 5, stride: 5 - 6 * error), with: 1)
    case .type where error == 0: _ = memory.assuming(Float.self)
    case .type: _ = memory.assuming(Double.self)
    default: _ = Arena<Float>(count: -error, filledWith: 0)
    }
  }

  func runProduct(_ error: Int) {
    let arena = Arena<Float>(count: 1000, filledWith: 0)
    let memory = arena.memory
    let (a, b, c) = (region, shape(5, 3), shape(4, 3, at: 60))
    let packed = Memory<Float>.packedCount(inner: 5, columns: 3)
    switch self {
    case .productInner: memory.multiply(a, shape(5 - error, 3), into: c)
    case .productRows: memory.multiply(a, b, into: shape(4 + error, 3, at: 60))
    case .productColumns: memory.multiply(a, b, into: shape(4, 3 + error, at: 60))
    case .productOfTransposes:
      memory.multiply(
        a, shape(3, 4 + error), transposingA: true, transposingB: true, into: shape(5, 3, at: 60))
    case .productOutside: memory.multiply(a, b, into: shape(4, 3, at: 988 + error))
    case .packedRows: memory.multiplyPacked(a, packed: 128, into: shape(4 + error, 3, at: 60))
    case .packedPart: memory.multiplyPacked(a, packed: 128, into: c, columns: 0..<3 + error)
    case .packedPartStart: memory.multiplyPacked(a, packed: 128, into: c, columns: error..<3)
    case .packedBias: memory.multiplyPacked(a, packed: 128, from: .bias(shape(1, 3 + error)), into: c)
    case .packedOutside: memory.multiplyPacked(a, packed: (1000 - packed) / 16 * 16 + 16 * error, into: c)
    case .packOutside: memory.pack(b, transposed: false, at: (1000 - packed) / 16 * 16 + 16 * error)
    case .transposedInner: memory.multiplyTransposed(a, shape(4 + error, 3), addingTo: shape(5, 3, at: 60))
    case .transposedRows: memory.multiplyTransposed(a, shape(4, 3), addingTo: shape(5 + error, 3, at: 60))
    default: memory.multiplyTransposed(a, shape(4, 3), addingTo: shape(5, 3 + error, at: 60))
    }
  }

  func runRows(_ error: Int) {
    let arena = Arena<Double>(count: 100, filledWith: 0)
    let memory = arena.memory
    let indices = Arena<Int32>(count: 4, filledWith: 1)
    let less = 5 - error
    switch self {
    case .add: memory.add(region, to: shape(4, less))
    case .scale: memory.scale(region, by: 2, into: shape(4 - error, 5))
    case .multiply: memory.multiply(region, by: shape(4, less), into: shape(4, 5, at: 60))
    case .multiplyAdd: memory.multiply(region, by: region, addingTo: shape(4, less))
    case .broadcast: memory.broadcast(shape(1, less), to: region)
    case .columnSums: memory.addColumnSums(region, to: shape(1, less))
    case .gather: memory.gather(shape(2, less), indices.memory, at: 0, into: region)
    case .gatherIndices: memory.gather(shape(2, 5), indices.memory, at: error, into: region)
    case .scatter: memory.scatterAdd(region, indices.memory, at: 0, into: shape(2, less))
    case .transpose: memory.transpose(region, into: shape(5, 4 - error))
    case .dropout: memory.dropout(region, into: shape(4, less), columns: 0..<4, rate: 0.5, seed: 1, first: 0)
    case .dropoutColumns:
      memory.dropout(region, into: region, columns: 0..<5 + error, rate: 0.5, seed: 1, first: 0)
    case .zoneout: memory.zoneout(region.row(0), into: shape(1, less), rate: 0.5, seed: 1, first: 0)
    default: memory.zoneoutGradient(region.row(0), kept: shape(1, less), rate: 0.5, seed: nil, first: 0)
    }
  }

  /// What is one row has none.
  func runWithoutRow(_ error: Int) {
    let arena = Arena<Float>(count: 1000, filledWith: 0)
    let memory = arena.memory
    let (row, none) = (region.row(0), shape(1 - error, 5))
    switch self {
    case .noBias: memory.broadcast(none, to: region)
    case .noPackedBias: memory.multiplyPacked(region, packed: 128, from: .bias(none), into: shape(4, 5, at: 60))
    case .noSums: memory.addColumnSums(region, to: none)
    case .noState: memory.zoneout(none, into: row, rate: 0.5, seed: 1, first: 0)
    case .noLogits: _ = memory.softmax(none, scale: 1)
    case .noShares: _ = memory.spreadCrossEntropy(row, target: 0, own: 1, others: none, weight: 1, scale: 1)
    default: _ = memory.squaredError(row, target: none, scale: 1)
    }
  }

  func runLossOrUpdate(_ error: Int) {
    let arena = Arena<Float>(count: 100, filledWith: 0)
    let memory = arena.memory
    let (row, other) = (region.row(0), shape(1, 5 - error))
    let end = 90 + error
    var values = [Float](repeating: 0, count: 7)
    var span = values.mutableSpan
    switch self {
    case .target: _ = memory.softmaxCrossEntropy(row, target: 4 + error, scale: 1)
    case .spreadTarget:
      _ = memory.spreadCrossEntropy(row, target: 4 + error, own: 1, others: shape(1, 5), weight: 1, scale: 1)
    case .spreadShares: _ = memory.spreadCrossEntropy(row, target: 0, own: 1, others: other, weight: 1, scale: 1)
    case .binary: _ = memory.binaryCrossEntropy(row, target: other, positive: shape(1, 5), scale: 1)
    case .squared: _ = memory.squaredError(row, target: other, scale: 1)
    case .absolute: _ = memory.absoluteError(row, target: other, scale: 1)
    case .huber: _ = memory.huberError(row, target: other, delta: 1, scale: 1)
    case .ctcStep:
      memory.ctcStep(states: 10, stay: 0, move: 10, skip: 20, allowed: 30, emission: 40, into: end)
    case .ctcOccupancy: memory.ctcOccupancy(states: 10, before: end, after: 10, emission: 20, total: 0, into: 30)
    case .squares: _ = memory.sumOfSquares(end, count: 10)
    case .sgd:
      memory.sgd(
        count: 10, parameters: 0, gradients: 10, buffer: end, scale: 1, limit: 0, rate: 1, momentum: 0,
        weightDecay: 0, nesterov: false)
    case .rmsprop:
      memory.rmsprop(
        count: 10, parameters: 0, gradients: end, square: 20, scale: 1, limit: 0, rate: 1, decay: 0,
        oneMinusDecay: 1, epsilon: 1, weightDecay: 0)
    case .adam:
      memory.adam(
        count: 10, parameters: end, gradients: 10, first: 20, second: 30, scale: 1, limit: 0, step: 1, beta1: 0,
        oneMinusBeta1: 1, beta2: 0, oneMinusBeta2: 1, inverseRoot: 1, epsilon: 1, coupledDecay: 0,
        decoupledDecay: 0)
    case .activation: VectorMath.tanh(&span, in: 2..<7 + error)
    default: VectorMath.sigmoid(&span, in: 2..<7 + error)
    }
  }
}
