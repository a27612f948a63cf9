internal import Kernels

extension Model {
  /// The model with its weights rounded as `precision` stores them. With 16 bits a pass gives what this model gives in full
  /// where packed kernels multiply, to the bit; with `bfloat16Dot` or 8 bits what it gives in the same precision, as such passes
  /// round what they multiply, too.
  /// - Throws: `PlanError.exceedsPrecision` where a weight is too large.
  public func rounded(to precision: WeightPrecision) throws(PlanError) -> Model {
    try refuse(beyond: precision)
    guard precision != .full else { return self }
    require(!configuration.tiesEmbedding, "a tied embedding is stored in full, got \(precision): see Model.untied()")
    var result = self
    for (_, row) in multipliedRows {
      let rounded = RoundedWeights(self, row, precision)
      for (offset, index) in row.enumerated() { result.block[index] = S(rounded[offset]) }
    }
    return result
  }

  /// - Throws: where a weight is too large to be stored; of `Double` models only the full precision is.
  func refuse(beyond precision: WeightPrecision) throws(PlanError) {
    require(precision == .full || S.self == Float.self, "weights of \(S.self) are run in full, got \(precision)")
    guard precision.largest.isFinite else { return }
    for (entry, row) in multipliedRows {
      for value in block[row] where Double(value.magnitude) > precision.largest {
        throw .exceedsPrecision(parameter: entry.name, value: Double(value), precision: precision)
      }
    }
  }

  /// The parameters that products read as their weights: no embeddings, biases, gains, vectors of a cell and initial states, nor the
  /// first layer's input weights where tokens choose among them; and nothing of an encoder of letters, which is run in full.
  var multipliedEntries: [ParameterTable.Entry] { table.entries.filter { isMultiplied($0) } }

  func isMultiplied(_ entry: ParameterTable.Entry) -> Bool {
    if case .oneHot = configuration.input, entry.name.hasPrefix("rnn.weight_ih_l0") { return false }
    let isApart = ["embedding", ParameterTable.lettersPrefix].contains(where: entry.name.hasPrefix)
    let isMatrix = entry.shape.count == 2
    return !isApart && isMatrix
      && (entry.name.contains("weight") || entry.name.hasPrefix(ParameterTable.feedForwardPrefix))
  }

  /// The places in the block of each row of weights that products read: of the parameters above, and of what is multiplied with
  /// outputs that are fed back, beside a token whose weights are chosen.
  private var multipliedRows: [(entry: ParameterTable.Entry, row: Range<Int>)] {
    var result = multipliedEntries.flatMap { entry in rows(of: entry).map { (entry: entry, row: $0) } }
    let (size, columns) = (configuration.inputSize(ofLayer: 0), configuration.inputColumns(ofLayer: 0))
    guard case .oneHot = configuration.input, columns > size else { return result }
    for entry in table.entries where entry.name.hasPrefix("rnn.weight_ih_l0") && entry.shape.last == columns {
      result += rows(of: entry).map { (entry: entry, row: $0.lowerBound + size..<$0.upperBound) }
    }
    return result
  }

  /// Places of each row of a matrix in the block.
  func rows(of entry: ParameterTable.Entry) -> some Sequence<Range<Int>> {
    let columns = entry.shape[1]
    return (0..<entry.shape[0]).lazy.map { entry.offset + $0 * columns..<entry.offset + ($0 + 1) * columns }
  }
}

/// A row of weights as a precision stores them.
struct RoundedWeights {
  /// The rounded weights, divided by the scale.
  private(set) var values: [Float]
  /// 1 in precisions without one.
  private(set) var scale: Float = 1

  init<S: Scalar>(_ model: Model<S>, _ row: Range<Int>, _ precision: WeightPrecision) {
    values = row.map { Float(model.block[$0]) }
    guard precision == .int8 else {
      for index in values.indices { values[index] = precision.rounded(values[index]) }
      return
    }
    var integers = [Int8](repeating: 0, count: values.count)
    var span = integers.mutableSpan
    scale = IntegerWeights.round(values.span, into: &span)
    values = integers.map(Float.init)
  }

  /// A rounded weight.
  subscript(index: Int) -> Float { values[index] * scale }
}

extension WeightPrecision {
  /// The nearest number that a precision of 16 bits stores, ties to even.
  fileprivate func rounded(_ value: Float) -> Float {
    switch self {
    case .full, .int8: return value
    case .bfloat16, .bfloat16Dot:
      guard value.isFinite else { return value }
      let bits = value.bitPattern
      return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    case .float16: return Float(Float16(value))
    }
  }
}
