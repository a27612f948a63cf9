import Recurrent

extension ModelConfiguration {
  /// What neither PyTorch's layers nor Keras's have.
  var featureBeyondFrameworks: String? {
    if blocks != nil { return "residual blocks with feed-forward layers" }
    if (0..<layerCount).contains(where: { addsInput(layer: $0) }) { return "residual connections in its layers" }
    if headReadsAllLayers && layerCount > 1 { return "head that reads all layers" }
    if attention != nil { return "attention in its recurrent layers" }
    if trainsInitialState { return "trained initial state" }
    return nil
  }
}
