internal import Kernels

/// Places of buffers, one after the other.
extension Plan {
  mutating func record(
    _ name: String, _ lifetime: Lifetime, _ shape: [Int], scalars: Int? = nil, bytes: Int? = nil
  ) {
    let count = scalars ?? (shape.reduce(1, *) + 15) / 16 * 16
    buffers.append(Buffer(name: name, lifetime: lifetime, shape: shape, bytes: bytes ?? count * scalarBytes))
  }

  /// Padded rows start on cache lines and are never a multiple of 256 scalars long: rows of such strides would compete
  /// for the same lines of the first-level cache.
  mutating func reserve(
    _ name: String, _ lifetime: Lifetime, _ shape: [Int], padded: Bool = true
  ) -> Matrix {
    let (rows, columns) = (shape[0], shape[1])
    var stride = columns
    if padded {
      stride = (columns + 15) / 16 * 16
      if stride > 0, stride % 256 == 0, rows > 1 { stride += 16 }
    }
    let matrix = Matrix(offset: scalarCount, rows: rows, columns: columns, stride: stride)
    let scalars = (rows * stride + 15) / 16 * 16
    if scalars > 0 { record(name, lifetime, shape, scalars: scalars) }
    scalarCount += scalars
    return matrix
  }

  mutating func reservePacked<S: Scalar>(
    _ name: String, _ inner: Int, _ columns: Int, _ scalar: S.Type
  ) -> Int {
    let offset = scalarCount
    let scalars = (Block<S>.packedCount(inner: inner, columns: columns) + 15) / 16 * 16
    record(name, .packed, [inner, columns], scalars: scalars)
    scalarCount += scalars
    return offset
  }

  /// Room for packed copies of weights that multiply `rows` rows at once, if our own products are to do it.
  mutating func reservePacked<S: Scalar>(
    _ name: String, _ weights: inout WeightPlan, rows: Int, backward: Bool, _ scalar: S.Type
  ) {
    guard ProductChoice.packsInputWeights(rows: rows) else { return }
    reservePacked(name, &weights, backward: backward, scalar)
  }

  /// Room for packed copies of weights.
  mutating func reservePacked<S: Scalar>(
    _ name: String, _ weights: inout WeightPlan, backward: Bool, _ scalar: S.Type
  ) {
    let (outputs, inputs) = (weights.matrix.rows, weights.matrix.columns)
    weights.packedForward = reservePacked(name + " packed forward", inputs, outputs, scalar)
    if backward { weights.packedBackward = reservePacked(name + " packed backward", outputs, inputs, scalar) }
  }

  /// Refuses sizes whose sums could overflow below: a bound on all buffers together, computed with care.
  static func refuseOverflow(
    _ configuration: ModelConfiguration, steps: Int, batchSize: Int, table: ParameterTable
  ) throws(PlanError) {
    let structure = configuration.cell.structure
    let widest = structure.rowGateCount + 4 * structure.stateCount + structure.savedCount + 8
    // In Double an overflow cannot happen, and 2⁵⁸ bytes leave room for any rounding.
    var perRow = 4 * Double(configuration.input.size) + 2 * Double(configuration.outputSize)
    for layer in 0..<configuration.layerCount {
      perRow +=
        Double(configuration.directions.count * widest) * (Double(configuration.hiddenSize(ofLayer: layer)) + 32)
    }
    let rows = (Double(steps) + 1) * Double(batchSize)
    let scalars = rows * perRow + 16 * Double(table.blockCount)
    // Rows are counted in 32 bits.
    if scalars * 8 > 0x1p58 || rows >= 0x1p31 {
      throw .tooLarge(what: "a batch of \(batchSize) sequences of \(steps) steps")
    }
  }
}
