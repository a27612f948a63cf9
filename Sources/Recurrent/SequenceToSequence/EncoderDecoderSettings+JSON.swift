import Storage

/// Settings of a training as checkpoints have them.
extension EncoderDecoderSettings {
  var json: [(key: String, value: JSON)] {
    var members: [(key: String, value: JSON)] = [
      (key: "batch_size", value: .integer(batchSize)), (key: "source_length", value: .integer(sourceLength)),
      (key: "target_length", value: .integer(targetLength)), (key: "loss", value: loss.json),
      (key: "optimizer", value: optimizer.json), (key: "schedule", value: schedule.json),
    ]
    members += clipping.json + products.json + precision.json
    if accumulatesGradients { members.append((key: "accumulates_gradients", value: .bool(true))) }
    if shards > 1 { members.append((key: "shards", value: .integer(shards))) }
    members += exchange.json
    if let averageDecay { members.append((key: "average_decay", value: .number(averageDecay))) }
    if let scheduledSampling { members.append((key: "scheduled_sampling", value: scheduledSampling.json)) }
    return members
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    batchSize = try reader.size("batch_size")
    sourceLength = try reader.size("source_length")
    targetLength = try reader.size("target_length")
    loss = try Loss(reader.member("loss"))
    optimizer = try Optimizer(reader.member("optimizer"))
    schedule = try LearningRateSchedule(reader.member("schedule"))
    clipping = try GradientClipping(reader)
    products = try Products(reader)
    precision = try WeightPrecision(reader)
    accumulatesGradients =
      reader.json["accumulates_gradients"] == nil ? false : try reader.flag("accumulates_gradients")
    if reader.json["shards"] != nil { shards = try reader.size("shards") }
    exchange = try GradientExchange(reader)
    averageDecay = reader.json["average_decay"] == nil ? nil : try reader.nonNegative("average_decay")
    if let averageDecay, averageDecay >= 1 { throw reader.fault("average_decay is \(averageDecay), not below 1") }
    scheduledSampling =
      reader.json["scheduled_sampling"] == nil
      ? nil : try ScheduledSampling(reader.member("scheduled_sampling"))
  }
}

extension ScheduledSampling {
  fileprivate var json: JSON {
    let own: [(key: String, value: JSON)] =
      switch schedule {
      case .constant(let probability):
        [(key: "kind", value: .string("constant")), (key: "probability", value: .number(probability))]
      case .linear(let first, let last, let steps):
        [
          (key: "kind", value: .string("linear")), (key: "from", value: .number(first)),
          (key: "to", value: .number(last)), (key: "steps", value: .integer(steps)),
        ]
      case .inverseSigmoid(let k): [(key: "kind", value: .string("inverse-sigmoid")), (key: "k", value: .number(k))]
      }
    return .object(
      own + [
        (key: "temperature", value: .number(draw.temperature)),
        (key: "top_k", value: draw.topK.map { .integer($0) } ?? .null),
        (key: "top_p", value: draw.topP.map { .number($0) } ?? .null),
      ])
  }

  fileprivate init(_ reader: MetadataReader) throws(CheckpointError) {
    func chance(_ name: String) throws(CheckpointError) -> Double {
      let value = try reader.nonNegative(name)
      guard value <= 1 else { throw reader.fault("\(name) is \(value), above 1") }
      return value
    }
    let schedule: Schedule
    let kind = try reader.string("kind")
    switch kind {
    case "constant": schedule = .constant(try chance("probability"))
    case "linear": schedule = .linear(from: try chance("from"), to: try chance("to"), steps: try reader.size("steps"))
    case "inverse-sigmoid":
      let k = try reader.number("k")
      guard k >= 1 else { throw reader.fault("k is \(k), below 1") }
      schedule = .inverseSigmoid(k: k)
    default: throw reader.fault("there is no scheduled sampling \(printable(kind))")
    }
    let topP = reader.json["top_p"]?.number
    guard topP.map({ $0 > 0 && $0 <= 1 }) ?? true else { throw reader.fault("top_p is no share") }
    let topK = reader.json["top_k"]?.integer
    guard topK ?? 1 >= 1 else { throw reader.fault("top_k is below 1") }
    self.init(
      schedule,
      draw: SamplingOptions(temperature: try reader.nonNegative("temperature"), topK: topK, topP: topP))
  }
}
