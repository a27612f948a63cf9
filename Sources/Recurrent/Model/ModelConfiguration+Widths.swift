internal import Storage

/// How wide what lies between the parts of a model is.
extension ModelConfiguration {
  /// H of a layer.
  /// - Precondition: there is such a layer.
  public func hiddenSize(ofLayer layer: Int) -> Int {
    require(layer >= 0 && layer < layerCount, "expected a layer in 0..<\(layerCount), got \(layer)")
    return hiddenSizes?[layer] ?? hiddenSize
  }

  /// Width of one direction's output: H, or P where it is projected.
  public func directionSize(ofLayer layer: Int) -> Int { projectionSize ?? hiddenSize(ofLayer: layer) }

  /// Width of a layer's output.
  public func outputSize(ofLayer layer: Int) -> Int {
    directions.merge == .concatenate ? 2 * directionSize(ofLayer: layer) : directionSize(ofLayer: layer)
  }

  /// I of a layer: the input's size for the first, the width of the layer below above.
  public func inputSize(ofLayer layer: Int) -> Int { layer == 0 ? input.size : outputSize(ofLayer: layer - 1) }

  /// Columns of a layer's input matrix: I, and in the first one with input feeding U more, which follow.
  public func inputColumns(ofLayer layer: Int) -> Int {
    inputSize(ofLayer: layer) + (layer == 0 && hasInputFeeding ? headInputSize : 0)
  }

  /// Width of what the head reads.
  public var headInputSize: Int {
    headReadsAllLayers
      ? (0..<layerCount).reduce(0) { $0 + outputSize(ofLayer: $1) } : outputSize(ofLayer: layerCount - 1)
  }

  /// Width of a part of the state of one direction of a layer: the first part is the output.
  func stateSize(ofPart part: Int, layer: Int) -> Int {
    part == 0 ? directionSize(ofLayer: layer) : hiddenSize(ofLayer: layer)
  }

  /// Whether a layer adds what it reads to its output.
  package func addsInput(layer: Int) -> Bool {
    (isResidual || blocks != nil) && inputColumns(ofLayer: layer) == outputSize(ofLayer: layer)
      && (layer > 0 || !isInputGathered)
  }

  /// Whether the head's gradient goes back through a batch segment by segment: that of each step, or where only the last
  /// step is read, that of the final state alone.
  var headGoesBackInSegments: Bool { head == .everyStep || (head == .lastStep && !isResidual && blocks == nil) }

  /// Whether the first layer's input product is a gather of weight columns.
  var isInputGathered: Bool {
    if case .oneHot = input { true } else { false }
  }
}
