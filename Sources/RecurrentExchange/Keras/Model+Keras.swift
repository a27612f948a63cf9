public import Recurrent
import Storage

extension Model {
  /// Writes the parameters as Keras's layers have them, in the order of `get_weights()`: Embedding [V, E]; for each
  /// SimpleRNN, LSTM or GRU, and in a `Bidirectional` for each direction, kernel [I, G·H], recurrent kernel [H, G·H] and
  /// bias [G·H] ([2, 3·H] of a GRU with `reset_after=True`, our `gru`); Dense [width, O], [O].
  ///
  /// The path's end says how: `.safetensors`, or else a .npz file. Names are LAYER.kernel and so on, with `forward` or
  /// `backward` before the last part in a `Bidirectional`; layers count from 0. In Python, with the same layers:
  ///
  ///     model.set_weights(list(numpy.load("model.npz").values()))
  ///
  /// A safetensors file is sorted by name; its metadata `order` is the list, in JSON, of the names as `set_weights` wants
  /// them. Where Keras has one bias it is the sum of our two, rounded to the model's precision.
  /// Matrices of low rank are multiplied out.
  /// - Throws: `ExchangeError.inexpressible`, naming what Keras does not have; `ExchangeError.file`.
  public func saveKeras(to path: String) throws(ExchangeError) {
    if let feature = configuration.featureBeyondKeras { throw .inexpressible(framework: "Keras", feature: feature) }
    guard configuration.ranks == nil, !configuration.tiesEmbedding else {
      return try multipliedOut(path).saveKeras(to: path)
    }
    let arrays = kerasArrays
    guard path.hasSuffix(".safetensors") else {
      try NPZFile.write(to: path, arrays: arrays.map { ($0.name, $0.shape) }) { arrays[$0].values() }
      return
    }
    let order = ModelMetadata.text(.array(arrays.map { .string($0.name) }))
    let type = Safetensors.DType(rawValue: S._dataType)!
    do {
      try Safetensors.write(
        to: path, tensors: arrays.map { (name: $0.name, dtype: type, shape: $0.shape) },
        metadata: [(key: "format", value: "keras"), (key: "order", value: order)]
      ) { (tensor, file) throws(FileError) in
        try file.write(arrays.first { $0.name == tensor.name }!.values().span)
      }
    } catch { throw .file(error) }
  }

  private var kerasArrays: [(name: String, shape: [Int], values: () -> [S])] {
    var arrays: [(name: String, shape: [Int], values: () -> [S])] = []
    var layerNumber = 0
    if case .embedding(let count, let size) = configuration.input {
      arrays.append(("0.embeddings", [count, size], { self[parameter: "embedding.weight"] }))
      layerNumber += 1
    }
    let gates = KerasGates(configuration.cell)
    for layer in 0..<configuration.layerCount {
      let hidden = configuration.hiddenSize(ofLayer: layer)
      let inputs = configuration.inputSize(ofLayer: layer)
      for direction in 0..<configuration.directions.count {
        let suffix = "_l\(layer)" + (direction == 0 ? "" : "_reverse")
        let path =
          "\(layerNumber)." + (configuration.directions.count == 1 ? "" : direction == 0 ? "forward." : "backward.")
        let width = gates.count * hidden
        arrays.append(
          (
            path + "kernel", [inputs, width],
            { gates.kernel(ofRows: self[parameter: "rnn.weight_ih" + suffix], inputs: inputs, hidden: hidden) }
          ))
        arrays.append(
          (
            path + "recurrent_kernel", [hidden, width],
            { gates.kernel(ofRows: self[parameter: "rnn.weight_hh" + suffix], inputs: hidden, hidden: hidden) }
          ))
        let bias = {
          (
            gates.keras(self[parameter: "rnn.bias_ih" + suffix], hidden: hidden),
            gates.keras(self[parameter: "rnn.bias_hh" + suffix], hidden: hidden)
          )
        }
        if configuration.cell.name == "gru" {
          arrays.append((path + "bias", [2, width], { bias().0 + bias().1 }))
        } else {
          arrays.append((path + "bias", [width], { zip(bias().0, bias().1).map { $0 + $1 } }))
        }
      }
      layerNumber += 1
    }
    guard configuration.head != .none else { return arrays }
    let (inputs, outputs) = (configuration.headInputSize, configuration.outputSize)
    arrays.append(
      (
        "\(layerNumber).kernel", [inputs, outputs],
        { transposed(self[parameter: "linear.weight"], columns: inputs) }
      ))
    arrays.append(("\(layerNumber).bias", [outputs], { self[parameter: "linear.bias"] }))
    return arrays
  }
}

extension ModelConfiguration {
  /// The first thing of this model that Keras's layers do not have; nil: none.
  package var featureBeyondKeras: String? {
    guard ["rnn", "rnn-relu", "lstm", "gru", "gru-reset-before"].contains(cell.name) else { return "cell \(cell.name)" }
    if projectionSize != nil { return "projection of a layer's output" }
    if crf != nil { return "CRF" }
    if case .features = input { return "input of several tokens a step" }
    return featureBeyondFrameworks
  }
}
