package import Recurrent

/// Writes a model as a graph: the input, layer by layer one recurrent operator and what joins its directions, the
/// attention, and the head. Inside, everything is time-major, [T, N, …].
///
/// Parameters keep their names; those of both directions stand in one tensor, as ONNX has them, under the forward
/// direction's: `rnn.weight_ih_l0` [D, G·H, I], `rnn.weight_hh_l0` [D, G·H, H], `rnn.bias_l0` [D, 2·G·H] (both biases),
/// `rnn.vectors_l0` [D, vectors·H], `rnn.initial_h_l0` and `rnn.initial_c_l0` [D, 1, H], gates in ONNX's order.
package struct ModelExporter<S: Scalar> {
  package typealias Value = GraphBuilder.Value
  package typealias Axis = GraphBuilder.Axis

  package let model: Model<S>
  package let configuration: ModelConfiguration
  package let options: ONNXExportOptions
  package let cell: RecurrentOperator
  package var builder: GraphBuilder

  // What the whole graph reads.
  /// [T, N, I]; for one-hot tokens they are written out.
  package var input = Value.absent
  /// The tokens or vectors as they come in, and the axes of steps and sequences there.
  private var source = Value.absent
  /// [N] int32; nil: all sequences have T steps.
  package var lengths: Value?
  /// What the sizes and masks of a batch are, once something has asked for them.
  private var shared: [String: Value] = [:]

  /// - Throws: `ONNXError.inexpressible` for what ONNX has no operator for.
  package init(_ model: Model<S>, _ options: ONNXExportOptions) throws(ONNXError) {
    guard ONNXExportOptions.opsets.contains(options.opset) else {
      throw .inexpressible(
        what: "operator set \(options.opset)",
        reason: "sets \(ONNXExportOptions.opsets.lowerBound) to \(ONNXExportOptions.opsets.upperBound) are")
    }
    if model.configuration.crf != nil {
      throw .inexpressible(what: "a CRF", reason: "there is no operator that finds the likeliest labels together")
    }
    if model.configuration.hasInputFeeding {
      throw .inexpressible(
        what: "input feeding", reason: "its attention is between the steps of recurrent operators, which run all steps")
    }
    if case .features = model.configuration.input {
      throw .inexpressible(
        what: "an input of several tokens a step", reason: "export models of one token or of vectors")
    }
    if model.configuration.blocks != nil {
      throw .inexpressible(
        what: "residual blocks", reason: "export models whose layers follow each other without feed-forward layers")
    }
    self.model = model
    self.options = options
    configuration = model.configuration
    cell = try RecurrentOperator(configuration.cell)
    builder = GraphBuilder(name: "recurrent", opset: options.opset)
  }

  /// D.
  package var directions: Int { configuration.directions.count }

  /// The model's precision.
  package var type: ONNXTensorProto.DataType { S.self == Float.self ? .float : .double }

  package mutating func graph() -> ONNXGraphProto {
    addInput()
    var outputs: [Value] = []
    var states: [FinalStates] = []
    var output = input
    for layer in 0..<configuration.layerCount {
      let (next, final) = addLayer(layer, reading: output)
      if let next {
        output = next
        outputs.append(next)
      }
      states.append(final)
    }
    addHead(outputs, states)
    if options.states { for (layer, final) in states.enumerated() { addOutputs(final, layer) } }
    return builder.graph
  }

  // MARK: Input

  private mutating func addInput() {
    let axes: [Axis] = options.batchFirst ? [.named("N"), .named("T")] : [.named("T"), .named("N")]
    let layout = options.batchFirst ? "[N, T" : "[T, N"
    switch configuration.input {
    case .vectors(let size):
      source = builder.input("input", type, axes + [.size(size)], "\(layout), \(size)] features of each step")
      input = options.batchFirst ? builder.transpose(source, [1, 0, 2], name: "time_major") : source
    case .features: return  // Refused by `init`.
    case .oneHot(let count):
      let tokens = addTokens(count, axes, layout)
      input = oneHot(tokens, count, name: "one_hot")
    case .embedding(let count, let size):
      let tokens = addTokens(count, axes, layout)
      let table = builder.parameter(
        "embedding.weight", model[parameter: "embedding.weight"], shape: [count, size])
      input = builder.node("Gather", table, tokens, name: "embedding")
    }
    if options.lengths {
      lengths = builder.input(
        "lengths", .int32, [.named("N")], "[N] steps of each sequence, 0...T; what comes after them does not matter")
    }
  }

  private mutating func addTokens(_ count: Int, _ axes: [Axis], _ layout: String) -> Value {
    source = builder.input("tokens", .int64, axes, "\(layout)] tokens, 0..<\(count)")
    return options.batchFirst ? builder.transpose(source, [1, 0], name: "time_major") : source
  }

  /// [..., count] of the model's precision.
  package mutating func oneHot(_ indices: Value, _ count: Int, name: String) -> Value {
    let depth = builder.constant(count, "count_\(count)")
    // ONNX Runtime has no such operator that gives doubles.
    let values = builder.constant([Float(0), 1], shape: [2], "off_on")
    let hot = builder.node("OneHot", indices, depth, values, name: name)
    return type == .float ? hot : builder.cast(hot, to: type, name: name + ".double")
  }

  // MARK: Sizes and masks of a batch

  /// A value that is made where it is first needed.
  package mutating func shared(_ name: String, _ make: (inout Self) -> Value) -> Value {
    if let value = shared[name] { return value }
    let value = make(&self)
    shared[name] = value
    return value
  }

  /// [1] int64 N.
  package mutating func sequenceCount() -> Value {
    shared("sequences") { $0.builder.size(ofAxis: $0.options.batchFirst ? 0 : 1, of: $0.source, name: "sequences") }
  }

  /// [1] int64 T.
  package mutating func stepCount() -> Value {
    shared("steps") { $0.builder.size(ofAxis: $0.options.batchFirst ? 1 : 0, of: $0.source, name: "steps") }
  }

  /// [N] int64 lengths. Only with lengths.
  package mutating func lengths64() -> Value {
    shared("lengths_int64") { $0.builder.cast($0.lengths!, to: .int64, name: "lengths_int64") }
  }

  /// [count, 1] int64 0, 1, …
  package mutating func range(_ count: Value, name: String) -> Value {
    let end = builder.squeeze(count, axis: 0, name: name + "_count")
    let numbers = builder.node(
      "Range", builder.constant(0, "index_0"), end, builder.constant(1, "index_1"), name: name + "_range")
    return builder.unsqueeze(numbers, axis: 1, name: name + "_column")
  }

  /// [T, N, 1] bool: whether a step is one of the sequence. Only with lengths.
  package mutating func isStep() -> Value {
    shared("is_step") { exporter in
      let times = exporter.times()
      let isStep = exporter.builder.node("Less", times, exporter.lengths64(), name: "is_step_of")
      return exporter.builder.unsqueeze(isStep, axis: 2, name: "is_step")
    }
  }

  /// [T, 1, 1] bool: whether a step is the first.
  package mutating func isFirstStep() -> Value {
    shared("is_first_step") { exporter in
      let times = exporter.times()
      let zero = exporter.builder.constant(0, "index_0")
      let isFirst = exporter.builder.node("Equal", times, zero, name: "is_first_step_of")
      return exporter.builder.unsqueeze(isFirst, axis: 2, name: "is_first_step")
    }
  }

  /// [T, N, 1] bool: whether a step is the sequence's last; [T, 1, 1] without lengths.
  package mutating func isLastStep() -> Value {
    shared("is_last_step") { exporter in
      let times = exporter.times()
      let one = exporter.builder.constant(1, "index_1")
      let lengths = exporter.lengths == nil ? exporter.stepCount() : exporter.lengths64()
      let last = exporter.builder.node("Sub", lengths, one, name: "last_step")
      let isLast = exporter.builder.node("Equal", times, last, name: "is_last_step_of")
      return exporter.builder.unsqueeze(isLast, axis: 2, name: "is_last_step")
    }
  }

  /// [N, 1] bool: whether a sequence has steps. Only with lengths.
  package mutating func hasSteps() -> Value {
    shared("has_steps") { exporter in
      let lengths = exporter.lengths64()
      let hasSteps = exporter.builder.node(
        "Greater", lengths, exporter.builder.constant(0, "index_0"), name: "is_longer")
      return exporter.builder.unsqueeze(hasSteps, axis: 1, name: "has_steps")
    }
  }

  /// [T, 1] int64.
  private mutating func times() -> Value {
    shared("times") { exporter in
      let steps = exporter.stepCount()
      return exporter.range(steps, name: "times")
    }
  }

  package mutating func zero() -> Value { number(0, "zero") }

  /// A scalar of the model's precision. The same name stands for the same number.
  package mutating func number(_ value: S, _ name: String) -> Value { builder.constant([value], shape: [], name) }
}
