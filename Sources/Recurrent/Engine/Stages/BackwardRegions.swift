internal import Kernels

/// dL/d(outputs and inputs of layers), which the layers use in turn. Empty without a backward pass.
struct BackwardRegions: Sendable {
  /// [R, U] dL/d(outputs of the layer whose turn it is), as wide as the widest.
  let outputs: Region
  /// [R, U] dL/d(what the recurrence gave to be added), where residual blocks drop some of that; else `outputs`.
  let branch: Region
  /// [R, ·] dL/d(what norms of residual blocks gave), as wide as the widest; empty without blocks.
  let normalized: Region
  /// [R, F] dL/d(the gated product of feed-forward layers), as wide as the widest; empty without blocks.
  let feedForward: Region
  /// [R, P] the same as `outputs` of each direction, where there are two.
  private let directions: (forward: Region, reverse: Region)
  /// [R, I] dL/d(input) in the other direction's order, as wide as the widest.
  let mirrored: Region
  /// [R, I] dL/d(input); nil where nobody wants it.
  let input: Region?

  init(
    _ configuration: ModelConfiguration, _ sizes: BatchSizes, wantsInput: Bool, _ arenas: inout ArenaLayout
  ) {
    let rows = sizes.isTraining ? sizes.keptRows : 0
    let layers = 0..<configuration.layerCount
    func widest(_ widths: some Sequence<Int>) -> Int { widths.max() ?? 0 }
    outputs = arenas.matrix(
      "dlayer output", .scratch, rows, widest(layers.map { configuration.outputSize(ofLayer: $0) }))
    let hasBlocks = configuration.blocks != nil
    branch =
      configuration.dropsBranches ? arenas.matrix("dlayer branch", .scratch, rows, outputs.columns) : outputs
    normalized = arenas.matrix(
      "dnorm", .scratch, hasBlocks ? rows : 0,
      widest(
        layers.map { configuration.outputSize(ofLayer: $0) }
          + layers.filter { configuration.normalizesInput(layer: $0) }.map { configuration.inputSize(ofLayer: $0) }))
    feedForward = arenas.matrix(
      "dfeed-forward product", .scratch, hasBlocks ? rows : 0,
      widest(layers.map { configuration.feedForwardSize(ofLayer: $0) }))
    input = wantsInput ? arenas.matrix("dinput", .scratch, rows, configuration.input.size) : nil
    guard configuration.directions != .forward else {
      (directions, mirrored) = ((branch, branch), .empty)
      return
    }
    let direction = widest(layers.map { configuration.directionSize(ofLayer: $0) })
    directions = (
      arenas.matrix("dforward output", .scratch, rows, direction),
      arenas.matrix("dreverse output", .scratch, rows, direction)
    )
    let inputs = layers.filter { $0 > 0 || wantsInput || configuration.normalizesInput(layer: $0) }.map {
      configuration.inputSize(ofLayer: $0)
    }
    mirrored = arenas.matrix("dreverse input", .scratch, inputs.isEmpty ? 0 : rows, widest(inputs))
  }

  /// [R, P] dL/d(output) of a direction of a layer, P wide.
  func output(isReverse: Bool, width: Int) -> Region {
    (isReverse ? directions.reverse : directions.forward).columns(0..<width)
  }
}
