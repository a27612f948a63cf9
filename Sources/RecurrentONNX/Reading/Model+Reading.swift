public import Recurrent

extension Model {
  /// Reads an ONNX file as a model that can be trained further: see `init(_: ONNXModel)`.
  /// - Throws: `ONNXError`, naming the node or parameter that no model of this package has.
  public init(onnx path: String) throws(ONNXError) {
    try self.init(ONNXModel(contentsOf: path))
  }

  /// The model that an ONNX graph is: tokens or vectors, an embedding or one-hot vectors, RNN, LSTM or GRU layers in one or
  /// both directions, and a linear layer at every step, the last one, or the mean or maximum over all. What order and shape the graph brings its values
  /// into on the way does not matter: it is followed number by number.
  ///
  /// A softmax or sigmoid at the end is left out, as losses here take what comes before it; initial states and lengths
  /// that are inputs of the graph are left to `InferencePass.state` and `Sequences`. The batch may come first in the
  /// graph: here inputs and outputs are time-major. What `saveONNX` wrote is read back to the bit, whatever the model.
  /// - Throws: `ONNXError.notAModel`, naming where the graph is no model of this package.
  public init(_ onnx: ONNXModel) throws(ONNXError) {
    if onnx.metadata["format"] == "recurrent" {
      try self.init(exported: onnx)
      return
    }
    do throws(ModelTracer.Stop) {
      try self.init(traced: ModelTracer.trace(onnx, isBatchFirst: false))
    } catch {
      let first = error
      do throws(ModelTracer.Stop) {
        try self.init(traced: ModelTracer.trace(onnx, isBatchFirst: true))
      } catch {
        // The guess that led further says what is really in the way.
        throw error.position > first.position ? error.error : first.error
      }
    }
  }

  private init(traced: TracedModel) throws(ModelTracer.Stop) {
    let last = traced.layers.count - 1
    func stop(_ error: ONNXError) -> ModelTracer.Stop { ModelTracer.Stop(position: .max, error: error) }
    do { try self.init(traced.configuration, seed: 0) } catch {
      throw stop(.tooLarge(file: traced.file, what: "the model", reason: "\(error)"))
    }
    switch traced.input {
    case .embedding(let table): self[parameter: "embedding.weight"] = table.converted(to: S.self)
    case .vectors, .oneHot: break
    }
    for index in 0...last {
      for direction in 0..<traced.layers[index].directionCount {
        let suffix = "_l\(index)" + (direction == 0 ? "" : "_reverse")
        for (name, values) in traced.layers[index].parameters(ofDirection: direction, S.self) {
          self[parameter: "rnn.\(name)" + suffix] = values
        }
        guard traced.configuration.trainsInitialState else { continue }
        self[parameter: "rnn.initial_state" + suffix] =
          traced.starts[index][direction].map { S($0) }
      }
    }
    if let head = traced.head {
      self[parameter: "linear.weight"] = head.weights.transposed([1, 0]).converted(to: S.self)
      self[parameter: "linear.bias"] =
        head.bias?.converted(to: S.self) ?? [S](repeating: 0, count: traced.configuration.outputSize)
    }
  }
}

extension ONNXTensor {
  /// The values of a floating-point tensor, without a conversion where there is none to make.
  package func converted<S: Scalar>(to _: S.Type) -> [S] {
    switch values {
    case .float(let values): values as? [S] ?? values.map { S($0) }
    default: doubles as? [S] ?? doubles.map { S($0) }
    }
  }
}
