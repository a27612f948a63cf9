public import Recurrent
import Storage

extension Model {
  /// Writes the parameters as a state dictionary of PyTorch's: `load_state_dict(load_file(path), strict=True)` of a module
  /// takes it whose `nn.Embedding`, `nn.RNN`/`nn.LSTM`/`nn.GRU` and `nn.Linear` are named `embedding`, `rnn` and `linear`
  /// (the first and the last where the model has them). The file appears whole or not at all.
  ///
  /// PyTorch's layers have whole matrices: those of low rank are multiplied out.
  ///
  /// A head at the last step of two directions reads PyTorch's `h_n`, `torch.cat((h_n[-2], h_n[-1]), 1)`.
  /// - Throws: `ExchangeError.inexpressible`, naming what PyTorch does not have; `ExchangeError.file`.
  public func saveStateDictionary(to path: String) throws(ExchangeError) {
    if let feature = configuration.featureBeyondPyTorch { throw .inexpressible(framework: "PyTorch", feature: feature) }
    guard configuration.ranks == nil, !configuration.tiesEmbedding else {
      return try multipliedOut(path).saveStateDictionary(to: path)
    }
    let type = Safetensors.DType(rawValue: S._dataType)!
    do {
      try Safetensors.write(
        to: path, tensors: table.entries.map { (name: $0.name, dtype: type, shape: $0.shape) },
        metadata: [(key: "format", value: "pt")]
      ) { (tensor, file) throws(FileError) in
        let entry = table[tensor.name]!
        try file.write(block.span.extracting(entry.offset..<entry.offset + entry.count))
      }
    } catch { throw .file(error) }
  }
}

extension Model {
  /// The same function with whole matrices, an embedding and a head of their own.
  /// - Parameter path: the file that it is for.
  func multipliedOut(_ path: String) throws(ExchangeError) -> Model {
    do { return try withWholeMatrices().untied() } catch { throw .memory(file: path, error) }
  }
}

extension ModelConfiguration {
  /// The first thing of this model that no nn.RNN, nn.LSTM or nn.GRU with an nn.Embedding and an nn.Linear has; nil: none.
  package var featureBeyondPyTorch: String? {
    guard ["rnn", "rnn-relu", "lstm", "gru"].contains(cell.name) else {
      return cell.name == "gru-reset-before"
        ? "cell gru-reset-before: its GRU resets after the product" : "cell \(cell.name)"
    }
    if Set((0..<layerCount).map { hiddenSize(ofLayer: $0) }).count > 1 { return "hidden sizes that differ by layer" }
    if let merge = directions.merge, merge != .concatenate { return "merge of two directions by \(merge.rawValue)" }
    return featureBeyondFrameworks
  }
}
