internal import Kernels

extension Model {
  /// The model with its weights rounded as `precision` stores them: what a pass in this precision gives, to the bit, this
  /// model gives in full where packed kernels multiply.
  /// - Throws: `PlanError.exceedsPrecision` where a weight is too large.
  public func rounded(to precision: WeightPrecision) throws(PlanError) -> Model {
    try refuse(beyond: precision)
    guard precision != .full else { return self }
    var result = self
    for entry in table.entries where entry.isMultiplied {
      for index in entry.offset..<entry.offset + entry.count {
        result.block[index] = S(precision.rounded(Float(block[index])))
      }
    }
    return result
  }

  /// - Throws: where a weight is too large to be stored; of `Double` models only the full precision is.
  func refuse(beyond precision: WeightPrecision) throws(PlanError) {
    require(precision == .full || S.self == Float.self, "weights of \(S.self) are run in full, got \(precision)")
    guard precision.largest.isFinite else { return }
    for entry in table.entries where entry.isMultiplied {
      for value in block[entry.offset..<entry.offset + entry.count] where Double(value.magnitude) > precision.largest {
        throw .exceedsPrecision(parameter: entry.name, value: Double(value), precision: precision)
      }
    }
  }
}

extension ParameterTable.Entry {
  /// Whether products read it as their weights: embeddings, biases, a cell's own vectors and initial states they do not.
  var isMultiplied: Bool { name != "embedding.weight" && name.contains("weight") }
}

extension WeightPrecision {
  /// The nearest number that it stores, ties to even.
  func rounded(_ value: Float) -> Float {
    switch self {
    case .full: return value
    case .bfloat16:
      guard value.isFinite else { return value }
      let bits = value.bitPattern
      return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    case .float16: return Float(Float16(value))
    }
  }
}
