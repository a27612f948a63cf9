import Storage

/// A loss as checkpoints have it.
extension Loss {
  var json: JSON {
    var members: [(key: String, value: JSON)] =
      switch kind {
      case .crossEntropy(let weights, let smoothing, let ignored):
        [
          (key: "kind", value: .string("cross-entropy")),
          (key: "class_weights", value: .array(weights.map { .number($0) })),
          (key: "label_smoothing", value: .number(smoothing)),
          (key: "ignored", value: ignored.map { .integer(Int($0)) } ?? .null),
        ]
      case .binaryCrossEntropy(let weights):
        [
          (key: "kind", value: .string("binary-cross-entropy")),
          (key: "positive_weights", value: .array(weights.map { .number($0) })),
        ]
      case .meanSquaredError: [(key: "kind", value: .string("mean-squared-error"))]
      case .meanAbsoluteError: [(key: "kind", value: .string("mean-absolute-error"))]
      case .huber(let delta): [(key: "kind", value: .string("huber")), (key: "delta", value: .number(delta))]
      case .pinball(let quantiles):
        [(key: "kind", value: .string("pinball")), (key: "quantiles", value: .array(quantiles.map { .number($0) }))]
      case .gaussian: [(key: "kind", value: .string("gaussian"))]
      case .studentT: [(key: "kind", value: .string("student-t"))]
      case .negativeBinomial(let scales):
        [
          (key: "kind", value: .string("negative-binomial")),
          (key: "scales", value: .array(scales.map { .number($0) })),
        ]
      case .custom: [(key: "kind", value: .string("custom"))]
      case .ctc(let blank, let maximumLabels, let zeroInfinity):
        [
          (key: "kind", value: .string("ctc")), (key: "blank", value: .integer(Int(blank))),
          (key: "maximum_labels", value: maximumLabels.map { .integer($0) } ?? .null),
          (key: "zero_infinity", value: .bool(zeroInfinity)),
        ]
      case .crf: [(key: "kind", value: .string("crf"))]
      }
    if isWeighted { members.append((key: "weighted", value: .bool(true))) }
    return .object(members)
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    func weights(_ name: String) throws(CheckpointError) -> [Double] {
      guard let list = reader.json[name]?.array else { throw reader.fault("\(name) is no list") }
      let values = list.compactMap(\.number)
      guard values.count == list.count, values.allSatisfy({ $0 >= 0 }) else {
        throw reader.fault("\(name) holds what is no number of at least 0")
      }
      return values
    }
    /// nil where it is null or missing.
    func optional(_ name: String) throws(CheckpointError) -> Int? {
      if case .some(.null) = reader.json[name] { return nil }
      return reader.json[name] == nil ? nil : try reader.integer(name)
    }
    let kind = try reader.string("kind")
    switch kind {
    case "cross-entropy":
      let smoothing = try reader.nonNegative("label_smoothing")
      guard smoothing <= 1 else { throw reader.fault("label_smoothing is \(smoothing), above 1") }
      let ignored = try optional("ignored")
      guard ignored.map({ Int32(exactly: $0) != nil }) ?? true else { throw reader.fault("ignored is no class") }
      self = .crossEntropy(
        classWeights: try weights("class_weights"), labelSmoothing: smoothing, ignoring: ignored.map { Int32($0) })
    case "binary-cross-entropy": self = .binaryCrossEntropy(positiveWeights: try weights("positive_weights"))
    case "mean-squared-error": self = .meanSquaredError
    case "mean-absolute-error": self = .meanAbsoluteError
    case "huber":
      guard let delta = try reader.positive("delta") else { throw reader.fault("delta is missing") }
      self = .huber(delta: delta)
    case "pinball":
      let quantiles = try weights("quantiles")
      guard !quantiles.isEmpty, quantiles.allSatisfy({ $0 > 0 && $0 < 1 }) else {
        throw reader.fault("quantiles are not all between 0 and 1")
      }
      self = .pinball(quantiles: quantiles)
    case "gaussian": self = .gaussian
    case "student-t": self = .studentT
    case "negative-binomial":
      let scales = try weights("scales")
      guard scales.allSatisfy({ $0 > 0 }) else { throw reader.fault("scales are not all above 0") }
      self = .negativeBinomial(scales: scales)
    case "custom":
      self = .custom
      return
    case "ctc":
      let blank = try reader.integer("blank")
      let maximumLabels = try optional("maximum_labels")
      guard blank >= 0, blank <= Int32.max, maximumLabels ?? 0 >= 0 else {
        throw reader.fault("the labels are below 0")
      }
      self = .ctc(blank: blank, maximumLabels: maximumLabels, zeroInfinity: try reader.flag("zero_infinity"))
    case "crf": self = .crf
    default: throw reader.fault("there is no loss \(printable(kind))")
    }
    if reader.json["weighted"] != nil { isWeighted = try reader.flag("weighted") }
  }
}
