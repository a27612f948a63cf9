import Storage

/// The parameters of a model as a file has them, in some precision: which tensors, and their bytes.
struct StoredWeights<S: Scalar> {
  private let model: Model<S>
  private let precision: WeightPrecision
  /// Of what is not rounded.
  private let type = Safetensors.DType(rawValue: S._dataType)!

  init(_ model: Model<S>, _ precision: WeightPrecision) { (self.model, self.precision) = (model, precision) }

  /// Name, type and shape of each.
  var tensors: [(name: String, dtype: Safetensors.DType, shape: [Int])] {
    model.table.entries.flatMap { entry in
      guard let rounded, model.isMultiplied(entry) else { return [(entry.name, type, entry.shape)] }
      let weights = (name: entry.name, dtype: rounded, shape: entry.shape)
      guard precision == .int8 else { return [weights] }
      return [weights, (entry.name + ModelFile.scaleSuffix, .F32, [entry.shape[0]])]
    }
  }

  /// The type of what is rounded; nil where nothing is.
  private var rounded: Safetensors.DType? {
    switch precision {
    case .full: nil
    case .bfloat16, .bfloat16Dot: .BF16
    case .float16: .F16
    case .int8: .I8
    }
  }

  /// Writes a tensor's data.
  func write(_ tensor: Safetensors.Tensor, to file: inout DurableFile) throws(FileError) {
    if let entry = model.table[tensor.name] {
      guard tensor.dtype != type else {
        return try file.write(model.block.span.extracting(entry.offset..<entry.offset + entry.count))
      }
      for row in model.rows(of: entry) { try file.write(bytes(RoundedWeights(model, row, precision)).span) }
    } else if let entry = model.table[String(tensor.name.dropLast(ModelFile.scaleSuffix.count))] {
      for row in model.rows(of: entry) { try file.write([RoundedWeights(model, row, precision).scale].span) }
    }
  }

  /// A row's rounded numbers, little-endian.
  private func bytes(_ row: RoundedWeights) -> [UInt8] {
    switch precision {
    case .int8: row.values.map { UInt8(bitPattern: Int8($0)) }
    case .float16: Self.bytes(row.values.map { Float16($0).bitPattern })
    case .full, .bfloat16, .bfloat16Dot: Self.bytes(row.values.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) })
    }
  }

  private static func bytes(_ numbers: [UInt16]) -> [UInt8] {
    numbers.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }
}

extension Model {
  /// The precision that the weights have in a file of this model; `.full` where they have several.
  func storedPrecision(in file: SafetensorsFile) throws(CheckpointError) -> WeightPrecision {
    var types: Set<Safetensors.DType> = []
    for entry in multipliedEntries { types.insert(try file.tensor(entry.name).dtype) }
    return switch types {
    case [.BF16]: .bfloat16
    case [.F16]: .float16
    case [.I8]: .int8
    default: .full
    }
  }
}
