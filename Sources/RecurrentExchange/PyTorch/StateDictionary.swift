public import Recurrent

/// What a state dictionary of PyTorch's holds: a configuration, and a tensor for each parameter.
///
/// A file of `safetensors.torch.save_file(module.state_dict(), …)`, where the module has, at any depth and under any
/// names, one nn.RNN, nn.LSTM or nn.GRU, perhaps one nn.Embedding and perhaps one nn.Linear. The recurrent layer is found
/// by its parameters' names, cell, sizes and directions by their shapes; embedding and linear layer by name, or by which
/// shapes fit the layer's.
package struct StateDictionary: Sendable {
  package let configuration: ModelConfiguration
  package let vocabulary: Vocabulary?
  let file: ArrayFile
  /// What the import has assumed that may be otherwise; nil: nothing.
  package let assumption: String?
  /// In the order of the parameter table; nil: the biases of a layer without any.
  let sources: [(parameter: ParameterTable.Entry, tensor: String?)]

  package init(path: String, options: StateDictionaryOptions = StateDictionaryOptions()) throws(ExchangeError) {
    try self.init(ArrayFile(path: path), options: options)
  }

  package init(_ file: ArrayFile, options: StateDictionaryOptions) throws(ExchangeError) {
    let search = try StateDictionarySearch(file, options)
    configuration = search.configuration
    assumption = search.assumption
    self.file = file
    vocabulary = options.vocabulary
    if let vocabulary {
      guard let size = configuration.input.vocabularySize else {
        throw .invalidOptions(
          file: file.file,
          reason: "a vocabulary needs tokens, but the model reads vectors (one-hot ones: --one-hot)"
            + (search.assumption.map { "; \($0)" } ?? ""))
      }
      guard vocabulary.count == size else {
        throw .invalidOptions(
          file: file.file, reason: "the vocabulary has \(vocabulary.count) symbols, but the model has \(size) tokens")
      }
    }
    sources = try search.sources()
  }

  /// Whether arrays have the names of a recurrent layer's parameters in PyTorch.
  package static func hasNames(_ file: ArrayFile) -> Bool {
    file.entries.contains { StateDictionaryNames.isRecurrent(path: $0.name) }
  }

  /// What comes from where.
  package var report: [ImportedTensor] {
    sources.map { parameter, tensor in
      let entry = tensor.flatMap { file.entry($0) }
      return ImportedTensor(
        sources: tensor.map { [$0] } ?? [], type: entry?.type ?? "", shape: entry?.shape ?? [],
        parameter: parameter.name, parameterShape: parameter.shape)
    }
  }

  /// The model, its numbers rounded to `S` where they are wider.
  /// - Throws: `ExchangeError.unsupportedArray`, `memory`.
  package func model<S: Scalar>(as scalar: S.Type = S.self) throws(ExchangeError) -> Model<S> {
    var model: Model<S>
    do { model = try Model(zeros: configuration, vocabulary: vocabulary) } catch {
      throw .memory(file: file.file, error)
    }
    for (parameter, tensor) in sources {
      guard let tensor else { continue }
      model.setParameter(parameter, to: try file.values(tensor))
    }
    return model
  }
}

extension Model {
  /// Reads a state dictionary of PyTorch's that `safetensors.torch.save_file` or `save_model` wrote: see
  /// `StateDictionaryOptions` for what the file cannot say. Any prefixes, layers, both directions, `proj_size`, with and
  /// without biases (they are 0 then); numbers in 64, 32 or 16 bits, bfloat16 too.
  /// - Throws: `ExchangeError`, naming tensors that are missing, left over, of a shape that does not fit, or of which more
  ///   than one could be meant.
  public init(
    stateDictionary path: String, options: StateDictionaryOptions = StateDictionaryOptions()
  ) throws(ExchangeError) {
    self = try StateDictionary(path: path, options: options).model()
  }
}
