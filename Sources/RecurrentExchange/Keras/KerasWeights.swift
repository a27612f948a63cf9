public import Recurrent

/// What arrays of weights of Keras's hold: a configuration, and where each parameter comes from.
///
/// A file of `numpy.savez(path, *model.get_weights())`, or arrays by the names of Keras's variables in a .npz or
/// safetensors file. Gates stand in the order i f c o (LSTM) and z r h (GRU), kernels are [inputs, units].
package struct KerasWeights: Sendable {
  package let configuration: ModelConfiguration
  package let vocabulary: Vocabulary?
  let file: ArrayFile
  let layers: KerasLayers
  private let table: ParameterTable

  package init(path: String, options: KerasOptions = KerasOptions()) throws(ExchangeError) {
    try self.init(ArrayFile(path: path), options: options)
  }

  package init(_ file: ArrayFile, options: KerasOptions) throws(ExchangeError) {
    self.file = file
    layers = try Self.layers(file, options)
    configuration = try KerasShapes(file: file, layers: layers, options: options).configuration()
    vocabulary = options.vocabulary
    if let vocabulary {
      guard vocabulary.count == configuration.input.vocabularySize else {
        throw .invalidOptions(
          file: file.file,
          reason: configuration.input.vocabularySize.map {
            "the vocabulary has \(vocabulary.count) symbols, but the model has \($0) tokens"
          } ?? "a vocabulary needs tokens, but the model reads vectors (one-hot ones: --one-hot)")
      }
    }
    do { table = try ParameterTable(configuration) } catch { throw .memory(file: file.file, error) }
  }

  /// Whether arrays have the names of Keras's variables.
  package static func hasNames(_ file: ArrayFile) -> Bool { KerasLayers.hasNames(file) }

  private static func layers(_ file: ArrayFile, _ options: KerasOptions) throws(ExchangeError) -> KerasLayers {
    if KerasLayers.hasNames(file) { return try KerasLayers(named: file) }
    // The order of a .npz file is that in which the arrays were saved; safetensors files are sorted by name.
    var entries = file.entries
    if file.kind == .safetensors { entries.sort { KerasLayers.naturallyPrecedes([$0.name], [$1.name]) } }
    let readings = KerasReadings(entries, options).readings
    guard !entries.isEmpty else { throw .noRecurrentLayer(file: file.file, found: []) }
    guard let first = readings.first else {
      try refuseOptions(entries, options, file)
      throw .unexpectedTensors(
        file: file.file, names: entries.map { "\($0.name) \($0.shape)" },
        advice: "these are not the weights of an Embedding, recurrent layers and a Dense in the order of get_weights()")
    }
    guard readings.count == 1 else {
      throw .ambiguous(
        file: file.file, what: "the arrays",
        candidates: readings.map { reading in
          (reading.embedding == nil ? "" : "Embedding, ")
            + "\(reading.recurrent.count) × " + (reading.recurrent[0].count == 2 ? "Bidirectional" : "one direction")
            + (reading.dense == nil ? "" : ", Dense")
        }, advice: "say which by --directions, or save them with their names")
    }
    return first
  }

  /// Where the arrays would be a model but for an option, says that.
  private static func refuseOptions(
    _ entries: [ArrayFile.Entry], _ options: KerasOptions, _ file: ArrayFile
  ) throws(ExchangeError) {
    guard options.cell != nil || options.directions != nil else { return }
    var free = options
    (free.cell, free.directions) = (nil, nil)
    guard let layers = KerasReadings(entries, free).readings.first else { return }
    // The reading says the cell and the directions that there are, and so refuses the option.
    _ = try KerasShapes(file: file, layers: layers, options: options).configuration()
  }

  // MARK: Values

  package var report: [ImportedTensor] {
    table.entries.map { entry in
      let sources = sources(of: entry.name)
      let first = sources.first.flatMap { file.entry($0) }
      return ImportedTensor(
        sources: sources, type: first?.type ?? "", shape: first?.shape ?? [], parameter: entry.name,
        parameterShape: entry.shape)
    }
  }

  /// The model, its numbers rounded to `S` where they are wider.
  package func model<S: Scalar>(as scalar: S.Type = S.self) throws(ExchangeError) -> Model<S> {
    var model: Model<S>
    do { model = try Model(zeros: configuration, vocabulary: vocabulary) } catch {
      throw .memory(file: file.file, error)
    }
    if let embedding = layers.embedding { try set("embedding.weight", file.values(embedding), &model) }
    let gates = KerasGates(configuration.cell)
    for (layer, directions) in layers.recurrent.enumerated() {
      for (direction, cell) in directions.enumerated() {
        let suffix = "_l\(layer)" + (direction == 0 ? "" : "_reverse")
        let hidden = configuration.hiddenSize(ofLayer: layer)
        let inputs = configuration.inputSize(ofLayer: layer)
        for (name, kernel, inputs) in [("weight_ih", cell.kernel, inputs), ("weight_hh", cell.recurrentKernel, hidden)]
        {
          let values: [S] = try file.values(kernel)
          try set(
            "rnn." + name + suffix,
            cell.isCuDNN(file)
              ? gates.rows(ofCuDNNKernel: values, inputs: inputs, hidden: hidden)
              : gates.rows(ofKernel: values, inputs: inputs, hidden: hidden), &model)
        }
        guard let bias = cell.bias else { continue }
        let values: [S] = try file.values(bias)
        let width = gates.count * hidden
        try set("rnn.bias_ih" + suffix, gates.ours(Array(values[..<width]), hidden: hidden), &model)
        // One bias in Keras: ours is all in the input's.
        guard values.count > width else { continue }
        try set("rnn.bias_hh" + suffix, gates.ours(Array(values[width...]), hidden: hidden), &model)
      }
    }
    if let dense = layers.dense {
      let kernel: [S] = try file.values(dense.kernel)
      try set("linear.weight", transposed(kernel, columns: configuration.outputSize), &model)
      if let bias = dense.bias { try set("linear.bias", file.values(bias), &model) }
    }
    return model
  }

  private func set<S: Scalar>(
    _ name: String, _ values: @autoclosure () throws(ExchangeError) -> [S], _ model: inout Model<S>
  ) throws(ExchangeError) {
    model.setParameter(table[name]!, to: try values())
  }

  private func sources(of parameter: String) -> [String] {
    switch parameter {
    case "embedding.weight": return [layers.embedding!]
    case "linear.weight": return [layers.dense!.kernel]
    case "linear.bias": return layers.dense!.bias.map { [$0] } ?? []
    default: break
    }
    for (layer, directions) in layers.recurrent.enumerated() {
      for (direction, cell) in directions.enumerated() {
        switch parameter.dropFirst("rnn.".count) {
        case "weight_ih_l\(layer)" + (direction == 0 ? "" : "_reverse"): return [cell.kernel]
        case "weight_hh_l\(layer)" + (direction == 0 ? "" : "_reverse"): return [cell.recurrentKernel]
        case "bias_ih_l\(layer)" + (direction == 0 ? "" : "_reverse"): return cell.bias.map { [$0] } ?? []
        case "bias_hh_l\(layer)" + (direction == 0 ? "" : "_reverse"):
          return configuration.cell.name == "gru" || cell.isCuDNN(file) ? cell.bias.map { [$0] } ?? [] : []
        default: break
        }
      }
    }
    return []
  }
}

extension Model {
  /// Reads weights of a Keras model, an Embedding or none, SimpleRNN, LSTM or GRU layers, `Bidirectional` or not, and a
  /// Dense or none: see `KerasOptions` for what arrays cannot say. A .npz file of
  /// `numpy.savez(path, *model.get_weights())`, or one or a safetensors file with names that end, after a dot or slash, in
  /// `embeddings`, `kernel`, `recurrent_kernel`, `bias`.
  /// - Throws: `ExchangeError`.
  public init(keras path: String, options: KerasOptions = KerasOptions()) throws(ExchangeError) {
    self = try KerasWeights(path: path, options: options).model()
  }
}
