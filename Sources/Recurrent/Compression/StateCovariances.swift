internal import Kernels

/// Covariances of what the matrices of a model are multiplied by on some data: what each layer reads, and each direction's output
/// before every step.
struct StateCovariances<S: Scalar> {
  /// Of each layer; nil where one-hot tokens choose among columns.
  private(set) var inputs: [Covariance?]
  /// Of each direction of each layer, the forward one first.
  private(set) var outputs: [Covariance]

  /// Rows that are turned into double precision at once.
  private static var blockRows: Int { 512 }

  /// - Throws: `PlanError` where the memory does not suffice.
  init(_ model: Model<S>, _ input: ModelInput<S>, products: Products, threads: Int) throws(PlanError) {
    let configuration = model.configuration
    let layers = 0..<configuration.layerCount
    let sizes = layers.map { configuration.inputSize(ofLayer: $0) }
    let widths = layers.flatMap { layer in
      [Int](repeating: configuration.directionSize(ofLayer: layer), count: configuration.directions.count)
    }
    let numbers = (sizes + widths).reduce(0.0) { $0 + Double($1) * Double($1) }
    try PlanError.refuse(bytesOver: Int(min(8 * numbers, 0x1p60)), for: "the covariances of the states")
    inputs = layers.map { $0 == 0 && configuration.isInputGathered ? nil : Covariance(size: sizes[$0]) }
    outputs = widths.map { Covariance(size: $0) }
    let evaluator = Evaluator<S>(
      configuration, loss: nil, batchSize: input.isFlat ? 1 : 64, products: products, threads: threads)
    var (inputs, outputs) = (inputs, outputs)
    try evaluator.forEachPiece(of: input, load: { $0.load(model) }) { engine, rows in
      for layer in engine.plan.layers {
        if let read = layer.read {
          Self.forEachBlock(read.rows(0..<rows.rowCount), in: engine.memory) { inputs[layer.index]?.add($0) }
        }
        for recurrence in layer.runsBothWays ? [layer.forward, layer.reverse] : [layer.forward] {
          Self.add(recurrence, rows, in: engine.memory, to: &outputs[recurrence.index])
        }
      }
    }
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  /// The outputs before all steps: those after them but the last of each sequence, and the initial ones.
  private static func add(
    _ recurrence: Recurrence, _ rows: Rows, in memory: Memory<S>, to covariance: inout Covariance
  ) {
    var before: [Double] = []
    for slot in 0..<rows.sequenceCount where rows.length(ofSlot: slot) > 0 {
      let initial = recurrence.states.row(rows.sequence(inSlot: slot)).columns(recurrence.outputColumns)
      before += memory.array(initial).map { Double($0) }
    }
    covariance.add(before)
    for step in 0..<max(0, rows.steps - 1) {
      // The longest sequences come first.
      let going = rows.activeCount(inStep: step + 1)
      let first = rows.firstRow(ofStep: step)
      forEachBlock(recurrence.outputs.rows(first..<first + going), in: memory) { covariance.add($0) }
    }
  }

  private static func forEachBlock(_ region: Region, in memory: Memory<S>, _ body: ([Double]) -> Void) {
    for first in stride(from: 0, to: region.rows, by: blockRows) {
      body(memory.array(region.rows(first..<min(first + blockRows, region.rows))).map { Double($0) })
    }
  }
}
