package import Recurrent

/// What a traced graph turned out to be.
package struct TracedModel {
  package enum Input {
    case vectors(size: Int)
    case oneHot(count: Int)
    /// [V, E]
    case embedding(ONNXTensor)
  }

  /// y = x·W + b with W [F, O]; without bias nil.
  package struct Linear {
    package let weights: ONNXTensor
    package var bias: ONNXTensor?
  }

  package let file: String
  package var input: Input
  package var layers: [RecurrentLayer]
  /// The state each direction of each layer starts from, h and then an LSTM's c; all 0 where the graph says nothing.
  package var starts: [[[Double]]]
  /// nil: the outputs are the top layer's.
  package var head: Linear?
  /// Where the head reads.
  package var place: ModelConfiguration.Head

  package var configuration: ModelConfiguration {
    let input: ModelConfiguration.Input =
      switch input {
      case .vectors(let size): .vectors(size: size)
      case .oneHot(let count): .oneHot(vocabularySize: count)
      case .embedding(let table): .embedding(vocabularySize: table.shape[0], size: table.shape[1])
      }
    let sizes = layers.map(\.hiddenSize)
    var configuration = ModelConfiguration(
      cell: layers[0].cells[0], input: input, hiddenSize: sizes[0], layerCount: layers.count,
      directions: layers[0].directionCount == 2 ? .both(merge: .concatenate) : .forward)
    if Set(sizes).count > 1 { configuration.hiddenSizes = sizes }
    configuration.trainsInitialState = starts.joined().joined().contains { $0 != 0 }
    if let head {
      configuration.head = place
      configuration.outputSize = head.weights.shape[1]
    }
    return configuration
  }
}
