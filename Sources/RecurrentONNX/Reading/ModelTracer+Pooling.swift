internal import Recurrent

extension ModelTracer {
  /// The mean or the maximum over all steps of the last layer, for a head that reads it.
  mutating func addPooling(_ node: Node, _ call: Call, _ ids: ONNXTensor) throws(ONNXError) {
    let given = try call.integers(1, or: "axes") ?? []
    let axes = try call.axes(given, rank: ids.shape.count)
    guard axes.count == 1, let axis = axes.first, axis < ids.shape.count - 1 else {
      throw node.unfit("it does not pool the steps alone")
    }
    let others = ids.shape.indices.filter { $0 != axis }
    guard let (source, rows) = rows(of: ids.transposed([axis] + others)),
      case .layer(layers.count - 1) = sources[source].kind,
      ids.shape[axis] == steps, rows == Array(0..<steps * batch)
    else { throw node.unfit("it does not pool all steps of the last layer") }
    guard !hasLengths else {
      throw node.unfit("it pools steps after the end of a sequence, too; here a head reads those of the sequence alone")
    }
    let head: ModelConfiguration.Head = node.kind == .reduceMean ? .meanOverSteps : .maxOverSteps
    let pooled = addSource(.pooled(head), rows: batch, width: sources[source].width)
    var shape = Array(ids.shape.dropLast())
    if try node.int("keepdims") ?? 1 != 0 { shape[axis] = 1 } else { shape.remove(at: axis) }
    try set(node, [.traced(identities(pooled, rows: Array(0..<batch), shape: shape))])
  }
}
