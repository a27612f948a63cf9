import Storage

/// Settings of a training as checkpoints have them.
extension TrainingSettings {
  var json: [(key: String, value: JSON)] {
    var members: [(key: String, value: JSON)] = [
      (key: "batch_size", value: .integer(batchSize)), (key: "sequence_length", value: .integer(sequenceLength)),
      (key: "loss", value: loss.json), (key: "optimizer", value: optimizer.json),
      (key: "schedule", value: schedule.json),
      (key: "carries_state", value: .bool(carriesState)), (key: "ragged", value: .bool(isRagged)),
    ]
    members += clipping.json + products.json + precision.json
    if accumulatesGradients { members.append((key: "accumulates_gradients", value: .bool(true))) }
    if shards > 1 { members.append((key: "shards", value: .integer(shards))) }
    members += exchange.json
    if let averageDecay { members.append((key: "average_decay", value: .number(averageDecay))) }
    if !frozenParameters.isEmpty {
      members.append((key: "frozen", value: .array(frozenParameters.sorted().map { .string($0) })))
    }
    switch recomputing {
    case .none: break
    case .segments(let steps): members.append((key: "recompute_steps", value: .integer(steps)))
    case .withinMemory(let bytes): members.append((key: "recompute_within_bytes", value: .integer(bytes)))
    }
    return members
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    batchSize = try reader.size("batch_size")
    sequenceLength = try reader.size("sequence_length")
    loss = try Loss(reader.member("loss"))
    optimizer = try Optimizer(reader.member("optimizer"))
    schedule = try LearningRateSchedule(reader.member("schedule"))
    carriesState = try reader.flag("carries_state")
    isRagged = try reader.flag("ragged")
    products = try Products(reader)
    precision = try WeightPrecision(reader)
    if reader.json["accumulates_gradients"] != nil { accumulatesGradients = try reader.flag("accumulates_gradients") }
    if reader.json["shards"] != nil { shards = try reader.size("shards") }
    exchange = try GradientExchange(reader)
    averageDecay = reader.json["average_decay"] == nil ? nil : try reader.probability("average_decay")
    if reader.json["frozen"] != nil {
      let names = reader.json["frozen"]?.array?.compactMap(\.string)
      guard let names else { throw reader.fault("frozen is no list of names") }
      frozenParameters = Set(names)
    }
    clipping = try GradientClipping(reader)
    if reader.json["recompute_steps"] != nil {
      recomputing = .segments(ofSteps: try reader.size("recompute_steps"))
    } else if reader.json["recompute_within_bytes"] != nil {
      recomputing = .withinMemory(bytes: try reader.size("recompute_within_bytes"))
    } else {
      recomputing = .none
    }
  }
}

extension GradientClipping {
  var json: [(key: String, value: JSON)] {
    [("clip_norm", norm), ("clip_value", value)].compactMap { name, bound in
      bound.map { (key: name, value: .number($0)) }
    }
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    self.init(norm: try reader.positive("clip_norm"), value: try reader.positive("clip_value"))
  }
}

extension WeightPrecision {
  /// Of a training's products.
  var json: [(key: String, value: JSON)] { self == .full ? [] : [(key: "precision", value: .string(rawValue))] }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    self = .full
    guard reader.json["precision"] != nil else { return }
    let name = try reader.string("precision")
    guard WeightPrecision(rawValue: name) == .bfloat16Dot else {
      throw reader.fault("the training computes in \(printable(name)), which this version does not know")
    }
    self = .bfloat16Dot
  }
}

extension GradientExchange {
  var json: [(key: String, value: JSON)] { self == .full ? [] : [(key: "exchange", value: .string(rawValue))] }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    self = .full
    guard reader.json["exchange"] != nil else { return }
    let name = try reader.string("exchange")
    guard let named = GradientExchange(rawValue: name) else {
      throw reader.fault("gradients are exchanged in \(printable(name)), which this version does not know")
    }
    self = named
  }
}

extension Products {
  var json: [(key: String, value: JSON)] {
    self == .automatic ? [] : [(key: "products", value: .string(rawValue))]
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    // Checkpoints of versions before there was a choice have none.
    self = .automatic
    guard reader.json["products"] != nil else { return }
    let name = try reader.string("products")
    guard let named = Products(rawValue: name) else {
      throw reader.fault("products are by \(printable(name)), which this version does not know")
    }
    self = named
  }
}

extension Optimizer {
  var json: JSON {
    let own: [(key: String, value: JSON)] =
      switch method {
      case .sgd(let momentum, let weightDecay, let nesterov):
        [
          (key: "kind", value: .string("sgd")), (key: "momentum", value: .number(momentum)),
          (key: "weight_decay", value: .number(weightDecay)), (key: "nesterov", value: .bool(nesterov)),
        ]
      case .rmsprop(let decay, let epsilon, let weightDecay):
        [
          (key: "kind", value: .string("rmsprop")), (key: "decay", value: .number(decay)),
          (key: "epsilon", value: .number(epsilon)), (key: "weight_decay", value: .number(weightDecay)),
        ]
      case .adam(let beta1, let beta2, let epsilon, let weightDecay, let isDecoupled):
        [
          (key: "kind", value: .string(isDecoupled ? "adamw" : "adam")), (key: "beta1", value: .number(beta1)),
          (key: "beta2", value: .number(beta2)), (key: "epsilon", value: .number(epsilon)),
          (key: "weight_decay", value: .number(weightDecay)),
        ]
      }
    return .object(own + [(key: "learning_rate", value: .number(learningRate))])
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    let rate = try reader.nonNegative("learning_rate")
    let weightDecay = try reader.nonNegative("weight_decay")
    let kind = try reader.string("kind")
    switch kind {
    case "sgd":
      let momentum = try reader.probability("momentum")
      let nesterov = try reader.flag("nesterov")
      guard !nesterov || momentum > 0 else { throw reader.fault("nesterov needs a momentum above 0") }
      self = .sgd(learningRate: rate, momentum: momentum, weightDecay: weightDecay, nesterov: nesterov)
    case "rmsprop":
      self = .rmsprop(
        learningRate: rate, decay: try reader.probability("decay"), epsilon: try reader.nonNegative("epsilon"),
        weightDecay: weightDecay)
    case "adam", "adamw":
      let beta1 = try reader.probability("beta1")
      let beta2 = try reader.probability("beta2")
      let epsilon = try reader.nonNegative("epsilon")
      self =
        kind == "adam"
        ? .adam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
        : .adamW(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    default: throw reader.fault("there is no optimizer \(printable(kind))")
    }
  }
}

extension LearningRateSchedule {
  var json: JSON {
    switch self {
    case .constant: .object([(key: "kind", value: .string("constant"))])
    case .stepDecay(let every, let factor, let start):
      .object([
        (key: "kind", value: .string("step")), (key: "every", value: .integer(every)),
        (key: "factor", value: .number(factor)), (key: "start", value: .integer(start)),
      ])
    case .cosine(let warmUp, let total, let minimum):
      .object([
        (key: "kind", value: .string("cosine")), (key: "warm_up", value: .integer(warmUp)),
        (key: "total", value: .integer(total)), (key: "minimum", value: .number(minimum)),
      ])
    case .oneCycle(let total, let rise, let initial, let final):
      .object([
        (key: "kind", value: .string("one-cycle")), (key: "total", value: .integer(total)),
        (key: "rise", value: .integer(rise)), (key: "initial", value: .number(initial)),
        (key: "final", value: .number(final)),
      ])
    }
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    func count(_ name: String) throws(CheckpointError) -> Int {
      let value = try reader.integer(name)
      guard value >= 0 else { throw reader.fault("\(name) is \(value), below 0") }
      return value
    }
    let kind = try reader.string("kind")
    switch kind {
    case "constant": self = .constant
    case "step":
      self = .stepDecay(
        every: try count("every"), factor: try reader.number("factor"), start: try count("start"))
    case "cosine":
      self = .cosine(
        warmUp: try count("warm_up"), total: try count("total"), minimum: try reader.number("minimum"))
    case "one-cycle":
      self = .oneCycle(
        total: try count("total"), rise: try count("rise"), initial: try reader.nonNegative("initial"),
        final: try reader.nonNegative("final"))
    default: throw reader.fault("there is no schedule \(printable(kind))")
    }
    if let fault { throw reader.fault(fault) }
  }
}
