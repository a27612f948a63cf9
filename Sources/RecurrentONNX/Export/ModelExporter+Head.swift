internal import Recurrent

/// What the head reads, attention, the head itself, and the output.
extension ModelExporter {
  /// - Parameter outputs: [T, N, U] of each layer, the top one's only where something reads it.
  package mutating func addHead(_ outputs: [Value], _ states: [FinalStates]) {
    let top = configuration.layerCount - 1
    var value: Value
    switch configuration.head {
    case .none: value = outputs[top]
    case .everyStep:
      value =
        configuration.headReadsAllLayers && top > 0
        ? builder.concatenate(outputs, axis: 2, name: "all_layers") : outputs[top]
      if let attention = configuration.attention { value = addAttention(attention, value) }
      value = addLinear(value, "linear", rank: 3)
    case .lastStep: value = addLinear(lastStep(states[top], outputs.last ?? input), "linear", rank: 2)
    case .meanOverSteps: value = addLinear(mean(outputs[top]), "linear", rank: 2)
    case .maxOverSteps: value = addLinear(greatest(outputs[top]), "linear", rank: 2)
    }
    if options.softmax { value = builder.node("Softmax", value, name: "probabilities", attributes: ["axis": .int(-1)]) }
    let width = configuration.outputSize
    guard !configuration.head.isPooled else {
      builder.output(value, "output", type, [.named("N"), .size(width)], "[N, \(width)] of each sequence")
      return
    }
    if lengths != nil { value = onlySteps(value, else: zero(), name: "steps_only") }
    if options.batchFirst { value = builder.transpose(value, [1, 0, 2], name: "batch_first") }
    let axes: [Axis] = options.batchFirst ? [.named("N"), .named("T")] : [.named("T"), .named("N")]
    builder.output(
      value, "output", type, axes + [.size(width)],
      "\(options.batchFirst ? "[N, T" : "[T, N"), \(width)] of each step of each sequence")
  }

  /// x·Wᵀ + b with the parameters `name.weight` and `name.bias`.
  mutating func addLinear(_ input: Value, _ name: String, rank: Int) -> Value {
    let entry = model.table[name + ".weight"]!
    let weights = builder.parameter(name + ".weight", model[parameter: name + ".weight"], shape: entry.shape)
    let bias = builder.parameter(name + ".bias", model[parameter: name + ".bias"], shape: [entry.shape[0]])
    if rank == 2 { return builder.node("Gemm", input, weights, bias, name: name, attributes: ["transB": .int(1)]) }
    let transposed = builder.transpose(weights, [1, 0], name: name + ".weight_transposed")
    let product = builder.node("MatMul", input, transposed, name: name + ".product")
    return builder.node("Add", product, bias, name: name)
  }

  // MARK: One row for each sequence

  /// - Parameter input: what the top layer reads.
  private mutating func lastStep(_ final: FinalStates, _ input: Value) -> Value {
    let top = configuration.layerCount - 1
    let states = merge(final.hidden!, axis: 0, name: "rnn_l\(top).last")
    guard addsInput(top) else { return states }
    let last: Value
    if lengths == nil {
      last = builder.element(-1, of: input, axis: 0, name: "last_input")
    } else {
      let isLast = isLastStep()
      let only = builder.node("Where", isLast, input, zero(), name: "last_input_only")
      last = builder.sum(only, axis: 0, name: "last_input")
    }
    return builder.node("Add", states, last, name: "rnn_l\(top).last_residual")
  }

  private mutating func mean(_ values: Value) -> Value {
    let counted = lengths == nil ? values : onlySteps(values, else: zero(), name: "mean.steps_only")
    let sum = builder.sum(counted, axis: 0, name: "mean.sum")
    let steps: Value
    if lengths == nil {
      let count = stepCount()
      steps = builder.cast(count, to: type, name: "mean.count")
    } else {
      let lengths = lengths64()
      let counts = builder.cast(lengths, to: type, name: "mean.counts")
      steps = builder.unsqueeze(counts, axis: 1, name: "mean.count")
    }
    return orZero(builder.node("Div", sum, steps, name: "mean"), name: "mean_or_zero")
  }

  private mutating func greatest(_ values: Value) -> Value {
    let counted =
      lengths == nil
      ? values : onlySteps(values, else: number(-.infinity, "less_than_all"), name: "greatest.steps_only")
    return orZero(builder.greatest(counted, axis: 0, name: "greatest"), name: "greatest_or_zero")
  }

  /// [T, N, U] with something else past the end of each sequence.
  private mutating func onlySteps(_ values: Value, else other: Value, name: String) -> Value {
    let isStep = isStep()
    return builder.node("Where", isStep, values, other, name: name)
  }

  /// [N, U] with 0 for sequences without steps.
  private mutating func orZero(_ values: Value, name: String) -> Value {
    guard lengths != nil else { return values }
    let hasSteps = hasSteps()
    return builder.node("Where", hasSteps, values, zero(), name: name)
  }

  // MARK: Attention

  /// tanh(W·[c; h] + b), where c is the mean of the memory's rows, weighted by the softmax of their scores.
  private mutating func addAttention(_ attention: Attention, _ states: Value) -> Value {
    let width = configuration.headInputSize
    let layout = options.batchFirst ? "[N, M" : "[M, N"
    let memory = builder.input(
      "memory", type, (options.batchFirst ? [.named("N"), .named("M")] : [.named("M"), .named("N")]) + [.size(width)],
      "\(layout), \(width)] what each sequence attends to")
    // [N, M, U]
    let rows = options.batchFirst ? memory : builder.transpose(memory, [1, 0, 2], name: "attention.memory")
    // [N, U, M]
    let keys =
      attention == .additive
      ? rows : builder.transpose(memory, options.batchFirst ? [0, 2, 1] : [1, 2, 0], name: "attention.keys")
    let queries = builder.transpose(states, [1, 0, 2], name: "attention.queries")
    var scores = addScores(attention, queries, keys)
    var hasRows: Value?
    if lengths != nil {
      let lengths = builder.input(
        "memory_lengths", .int32, [.named("N")], "[N] rows of each sequence's memory, 0...M")
      (scores, hasRows) = mask(scores, lengths, memory)
    }
    let weights = builder.node("Softmax", scores, name: "attention.weights", attributes: ["axis": .int(-1)])
    var contexts = builder.node("MatMul", weights, rows, name: "attention.contexts")
    if let hasRows { contexts = builder.node("Where", hasRows, contexts, zero(), name: "attention.contexts_or_zero") }
    let stepwise = builder.transpose(contexts, [1, 0, 2], name: "attention.contexts_by_step")
    let joined = builder.concatenate([stepwise, states], axis: 2, name: "attention.joined")
    return builder.node("Tanh", addLinear(joined, "attention", rank: 3), name: "attention.output")
  }

  /// Scores [N, T, M] of queries [N, T, U] with a memory [N, U, M], for additive ones with its rows [N, M, U].
  private mutating func addScores(_ attention: Attention, _ queries: Value, _ memory: Value) -> Value {
    let width = configuration.headInputSize
    let asked =
      attention == .general || attention == .additive
      ? addProduct(queries, "attention.query.weight", "attention.general_queries") : queries
    if attention == .additive {
      let keys = addProduct(memory, "attention.key.weight", "attention.projected_memory")
      // [N, T, 1, U] and [N, 1, M, U]
      let left = builder.unsqueeze(asked, axis: 2, name: "attention.queries_by_row")
      let right = builder.unsqueeze(keys, axis: 1, name: "attention.keys_by_step")
      let sums = builder.node("Add", left, right, name: "attention.sums")
      let layer = builder.node("Tanh", sums, name: "attention.hidden")
      let scores = addProduct(layer, "attention.score.weight", "attention.scores_in_columns", rows: 1)
      return builder.squeeze(scores, axis: 3, name: "attention.scores")
    }
    let scores = builder.node("MatMul", asked, memory, name: "attention.scores")
    guard attention == .scaledDot else { return scores }
    let scale = number(S(1 / Double(width).squareRoot()), "attention.scale")
    return builder.node("Mul", scores, scale, name: "attention.scaled_scores")
  }

  /// X·Wᵀ
  /// - Parameter rows: of W; nil: it is square.
  private mutating func addProduct(_ input: Value, _ parameter: String, _ name: String, rows: Int? = nil) -> Value {
    let width = configuration.headInputSize
    let weights = builder.parameter(parameter, model[parameter: parameter], shape: [rows ?? width, width])
    let transposed = builder.transpose(weights, [1, 0], name: parameter + "_transposed")
    return builder.node("MatMul", input, transposed, name: name)
  }

  /// Scores [N, T, M] with −∞ past the end of each memory, and whether a memory has rows, [N, 1, 1].
  private mutating func mask(_ scores: Value, _ lengths: Value, _ memory: Value) -> (scores: Value, hasRows: Value) {
    let rows = builder.size(ofAxis: options.batchFirst ? 1 : 0, of: memory, name: "memory_rows")
    let count = builder.squeeze(rows, axis: 0, name: "memory_row_count")
    let (zero, one) = (builder.constant(0, "index_0"), builder.constant(1, "index_1"))
    let places = builder.node("Range", zero, count, one, name: "memory_places")
    let whole = builder.cast(lengths, to: .int64, name: "memory_lengths_int64")
    let axes = builder.constant([1, 2], "axes_1_2")
    // [N, 1, 1]
    let ends = builder.node("Unsqueeze", whole, axes, name: "memory_ends")
    let isRow = builder.node("Less", places, ends, name: "is_memory")
    let masked = builder.node(
      "Where", isRow, scores, number(-.infinity, "less_than_all"), name: "attention.masked_scores")
    return (masked, builder.node("Greater", ends, zero, name: "has_memory"))
  }
}
