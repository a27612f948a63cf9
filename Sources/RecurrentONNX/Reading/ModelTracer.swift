package import Recurrent

/// Follows a graph's numbers from its input through its layers to its output.
///
/// Every number that depends on the input has an identity: which of a source's numbers it is. Operators that only move
/// numbers about are run on the identities themselves, so that whatever way an exporter takes with Transpose, Reshape,
/// Slice or Gather, what arrives at a layer is known number by number. Everything else (sizes, zero states) is computed.
package struct ModelTracer {
  /// Why a trace ended: the error, and how far it came.
  package struct Stop: Error {
    package let position: Int
    package let error: ONNXError
  }

  package enum Value {
    case known(ONNXTensor)
    /// Identities.
    case traced(ONNXTensor)
  }

  /// Something that gives numbers: rows of `width` each. Of steps there are T·N rows, row t·N + n; else N.
  package struct Source {
    package enum Kind {
      case input
      case oneHot(Int)
      case embedding(ONNXTensor)
      /// The outputs of a layer, or its last ones.
      case layer(Int)
      case final(Int)
      /// The mean or maximum of the last layer's outputs, as that head reads it.
      case pooled(ModelConfiguration.Head)
      /// Of the layer's outputs, last or pooled ones, by their source.
      case linear(TracedModel.Linear, of: Int)
      /// A cell's inner state, or an input of the graph besides the first.
      case state
      case otherInput
    }
    package let kind: Kind
    package let first: Int
    package let rows: Int
    package let width: Int
  }

  package let onnx: ONNXModel
  package let isBatchFirst: Bool
  /// T and N: the graph's own, or 3 and 2 where it leaves them open.
  package var steps = 3
  package var batch = 2
  package var sources: [Source] = []
  package var values: [String: Value] = [:]
  package var layers: [RecurrentLayer] = []
  package var starts: [[[Double]]] = []
  /// What the first layer reads.
  package var input: TracedModel.Input?
  /// Whether the graph takes lengths: then the last step of the tensor is not that of every sequence.
  package var hasLengths = false

  /// The most numbers of a source: the sizes of a batch may be anything where a file fixes them.
  package static let maximumCount = 1 << 23

  package static func trace(_ onnx: ONNXModel, isBatchFirst: Bool) throws(Stop) -> TracedModel {
    var tracer = ModelTracer(onnx: onnx, isBatchFirst: isBatchFirst)
    do { try tracer.addInputs() } catch { throw Stop(position: -1, error: error) }
    for (position, node) in onnx.nodes.enumerated() {
      do { try tracer.add(node) } catch { throw Stop(position: position, error: error) }
    }
    do { return try tracer.result() } catch { throw Stop(position: onnx.nodes.count, error: error) }
  }

  private init(onnx: ONNXModel, isBatchFirst: Bool) {
    (self.onnx, self.isBatchFirst) = (onnx, isBatchFirst)
    for (name, tensor) in onnx.initializers { values[name] = .known(tensor) }
  }

  // MARK: Identities

  package mutating func addSource(_ kind: Source.Kind, rows: Int, width: Int) -> Int {
    let first = sources.last.map { $0.first + $0.rows * $0.width } ?? 0
    sources.append(Source(kind: kind, first: first, rows: rows, width: width))
    return sources.count - 1
  }

  /// The identities of a source's rows, as a tensor of any shape: `[shape..., width]`.
  package func identities(_ source: Int, rows: [Int], shape: [Int]) -> ONNXTensor {
    let (first, width) = (sources[source].first, sources[source].width)
    return ONNXTensor(
      shape: shape + [width], rows.flatMap { row in (0..<width).map { Int64(first + row * width + $0) } })
  }

  /// The source and its rows that a tensor consists of; nil where it is made of anything else.
  package func rows(of identities: ONNXTensor) -> (source: Int, rows: [Int])? {
    guard let ids = identities.integers, let start = ids.first,
      let index = sources.firstIndex(where: { start >= $0.first && start < $0.first + $0.rows * $0.width })
    else { return nil }
    let source = sources[index]
    guard identities.shape.last == source.width else { return nil }
    var rows: [Int] = []
    for place in stride(from: 0, to: ids.count, by: source.width) {
      let (row, column) = (ids[place] - source.first).quotientAndRemainder(dividingBy: source.width)
      guard column == 0, row >= 0, row < source.rows,
        (0..<source.width).allSatisfy({ ids[place + $0] == ids[place] + $0 })
      else { return nil }
      rows.append(row)
    }
    return (index, rows)
  }

  /// Whether every number comes from sources of a kind.
  package func consists(_ identities: ONNXTensor, of isKind: (Source.Kind) -> Bool) -> Bool {
    let allowed = sources.filter { isKind($0.kind) }
    return (identities.integers ?? []).allSatisfy { id in
      allowed.contains { id >= $0.first && id < $0.first + $0.rows * $0.width }
    }
  }

  // MARK: Beginning and end

  private mutating func addInputs() throws(ONNXError) {
    func invalid(_ reason: String) -> ONNXError { .notAModel(file: onnx.file, node: "input", reason: reason) }
    guard let port = onnx.inputs.first, let shape = port.shape else { throw invalid("the shape of the input is open") }
    let isTokens = port.type == .int32 || port.type == .int64
    guard shape.count == (isTokens ? 2 : 3) else {
      throw invalid("expected tokens [T, N] or vectors [T, N, I], \"\(port.name)\" is \(port.typeText)")
    }
    steps = shape[isBatchFirst ? 1 : 0] ?? steps
    batch = shape[isBatchFirst ? 0 : 1] ?? batch
    // Where the file leaves the features open, the first layer knows.
    let width = isTokens ? 1 : shape[2] ?? firstLayerInputSize ?? 1
    guard let count = Shape.count([steps, batch, width]), count > 0, count <= Self.maximumCount else {
      throw invalid("\"\(port.name)\" is \(port.typeText)")
    }
    let source = addSource(.input, rows: steps * batch, width: width)
    let rows =
      isBatchFirst
      ? (0..<batch).flatMap { n in (0..<steps).map { $0 * batch + n } } : Array(0..<steps * batch)
    let ids = identities(source, rows: rows, shape: isBatchFirst ? [batch, steps] : [steps, batch])
    values[port.name] = .traced(isTokens ? ids.reshaped(ids.shape.dropLast()) : ids)
    for port in onnx.inputs.dropFirst() {
      let shape = (port.shape ?? [nil]).map { $0 ?? batch }
      guard let count = Shape.count(shape), count <= Self.maximumCount else {
        throw invalid("\"\(port.name)\" is \(port.typeText)")
      }
      let source = addSource(.otherInput, rows: count, width: 1)
      values[port.name] = .traced(identities(source, rows: Array(0..<count), shape: [count]).reshaped(shape))
    }
  }

  private var firstLayerInputSize: Int? {
    for node in onnx.nodes where [.rnn, .lstm, .gru].contains(node.kind) {
      return onnx.initializers[node.inputs[1]]?.shape.last
    }
    return nil
  }

  private func result() throws(ONNXError) -> TracedModel {
    func invalid(_ name: String, _ reason: String) -> ONNXError {
      .notAModel(file: onnx.file, node: "output", reason: "\"\(name)\" \(reason)")
    }
    let output = onnx.outputs[0].name
    guard !layers.isEmpty, let input else { throw invalid(output, "comes from no recurrent layer") }
    guard case .traced(let ids) = values[output], let (source, rows) = rows(of: ids) else {
      throw invalid(output, "is not the output of the last layer")
    }
    var head: TracedModel.Linear?
    var origin = source
    if case .linear(let linear, of: let parent) = sources[source].kind { (head, origin) = (linear, parent) }
    let last = layers.count - 1
    var place: ModelConfiguration.Head = ids.shape.count == 2 ? .lastStep : .everyStep
    let isPooled = ids.shape.count == 2
    let lastSteps = (0..<batch).map { (steps - 1) * batch + $0 }
    switch sources[origin].kind {
    case .layer(last) where !isPooled:
      let byStep = ids.shape[0] == steps && rows == Array(0..<steps * batch)
      let bySequence =
        ids.shape[0] == batch && rows == (0..<batch).flatMap { n in (0..<steps).map { $0 * batch + n } }
      guard ids.shape.count == 3, byStep || bySequence else {
        throw invalid(output, "is not every step of every sequence")
      }
    case .layer(last):
      guard rows == lastSteps, !hasLengths else { throw invalid(output, "is not the last step of every sequence") }
      guard layers[last].directionCount == 1 else {
        throw invalid(output, "reads both directions at the last step; here each is read where it ends")
      }
    case .final(last):
      guard isPooled, rows == Array(0..<batch) else { throw invalid(output, "is not the last step of every sequence") }
    case .pooled(let pooled):
      guard isPooled, rows == Array(0..<batch) else { throw invalid(output, "is not one row for every sequence") }
      place = pooled
    default: throw invalid(output, "does not come from the last layer")
    }
    guard head != nil || !isPooled else {
      throw invalid(
        output, "is \(place == .lastStep ? "a last step" : "pooled over the steps") without a linear layer after it")
    }
    for other in onnx.outputs.dropFirst() {
      guard case .traced(let ids) = values[other.name] else { continue }
      let isState = consists(ids) { kind in
        switch kind {
        case .final, .state: true
        default: false
        }
      }
      guard isState else { throw invalid(other.name, "is a second output that is no state") }
    }
    return TracedModel(
      file: onnx.file, input: input, layers: layers, starts: starts, head: head, place: place)
  }
}
