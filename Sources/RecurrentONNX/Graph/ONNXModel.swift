internal import Storage
internal import SwiftProtobuf

/// A graph of an ONNX file, checked and ready to be run.
///
/// Read are models of IR versions 3 to 14 and operator sets 7 to 28, with all their data inside. Run are the operators that
/// recurrent models need: RNN, LSTM and GRU with all their attributes, on this package's engine, and what exporters write
/// around them. Anything else is refused by name, before anything is computed.
///
/// ```swift
/// let model = try ONNXModel(contentsOf: "model.onnx")
/// let outputs = try model.run(["x": ONNXTensor(shape: [10, 1, 3], values)])
/// ```
public struct ONNXModel: Sendable {
  /// An input or output of the graph, as the file declares it.
  public struct Port: Sendable, Hashable {
    /// As in the graph.
    public let name: String
    /// Of its elements.
    public let type: ONNXTensor.ElementType
    /// nil for a size that the file leaves open; nil as a whole where it does not even say how many there are.
    public let shape: [Int?]?
  }

  /// Versions of the file format that are read.
  public static let irVersions: ClosedRange<Int64> = 3...14
  /// Of ONNX's own operator set.
  public static let operatorSets: ClosedRange<Int64> = 7...28

  /// The path, or what stands for it in messages.
  public let file: String
  /// What a run must be given.
  public let inputs: [Port]
  /// What a run gives.
  public let outputs: [Port]
  /// Who wrote the file; may be empty.
  public let producer: String
  /// Texts by name that the file carries.
  public let metadata: [String: String]
  /// Inputs that have a value in the file, and may be given another one in a run.
  public let defaultedInputs: [Port]
  /// Bytes that all tensors of a run may take together.
  public var memoryLimit = 4 << 30

  package let nodes: [Node]
  package let initializers: [String: ONNXTensor]

  /// Tensors that the file holds: initializers by their names, and what nodes give, by the name of their output.
  package var constants: [(name: String, tensor: ONNXTensor)] {
    let given = nodes.compactMap { node -> (name: String, tensor: ONNXTensor)? in
      guard node.kind == .constant, case .tensor(let tensor) = node.attributes["value"] else { return nil }
      return (node.outputs[0], tensor)
    }
    return initializers.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) } + given
  }
}

extension ONNXModel {
  /// Reads a file.
  /// - Throws: `ONNXError`, naming what is wrong or not supported.
  public init(contentsOf path: String) throws(ONNXError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw ONNXError(error) }
    do throws(ONNXError) { try self.init(bytes: bytes, file: path) } catch {
      // What the user may have taken for one.
      guard case .notONNX = error, let format = (try? ForeignFormat(.memory(bytes))) ?? nil, format != .onnx else {
        throw error
      }
      throw .notONNX(file: path, reason: "it is \(format.advice(path))")
    }
  }

  /// Reads what a file holds.
  /// - Parameter file: stands for the file in messages.
  public init(bytes: [UInt8], file: String) throws(ONNXError) {
    let message: ONNXModelProto
    var options = BinaryDecodingOptions()
    // Model, graph, node, attribute, tensor, segment: nothing that is read lies deeper.
    options.messageDepthLimit = 16
    do { message = try ONNXModelProto(serializedBytes: bytes, options: options) } catch {
      throw .notONNX(file: file, reason: Self.reason(error))
    }
    guard message.hasGraph else { throw .notONNX(file: file, reason: "it has no graph") }
    guard Self.irVersions.contains(message.irVersion) else {
      throw .unsupportedVersion(
        file: file, what: "IR version", found: message.irVersion, supported: Self.irVersions)
    }
    if let function = message.functions.first {
      throw .unsupported(file: file, what: "the function \"\(function.name)\" of domain \"\(function.domain)\"")
    }
    var version: Int64?
    for set in message.opsetImport where set.domain.isEmpty || set.domain == "ai.onnx" {
      guard version == nil || version == set.version else {
        throw .invalidGraph(file: file, reason: "two versions of ONNX's operator set, \(version!) and \(set.version)")
      }
      version = set.version
    }
    guard let version else { throw .invalidGraph(file: file, reason: "it names no version of ONNX's operator set") }
    guard Self.operatorSets.contains(version) else {
      throw .unsupportedVersion(file: file, what: "operator set", found: version, supported: Self.operatorSets)
    }
    try self.init(message, version: version, file: file)
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? BinaryDecodingError {
    case .truncated: "it ends within a field"
    case .malformedProtobuf, .invalidUTF8: "its fields are damaged"
    case .messageDepthLimit: "messages are nested too deeply"
    default: "it cannot be decoded"
    }
  }
}

extension ONNXModel {
  /// Checks the graph: every name is given once, before it is read.
  private init(_ message: ONNXModelProto, version: Int64, file: String) throws(ONNXError) {
    let graph = message.graph
    func invalid(_ reason: String) -> ONNXError { .invalidGraph(file: file, reason: reason) }
    if let tensor = graph.sparseInitializer.first {
      throw .unsupported(file: file, what: "the sparse initializer \"\(tensor.values.name)\"")
    }
    var initializers: [String: ONNXTensor] = [:]
    for tensor in graph.initializer {
      guard !tensor.name.isEmpty else { throw invalid("an initializer has no name") }
      let value = try ONNXTensor(tensor, name: tensor.name, file: file)
      guard initializers.updateValue(value, forKey: tensor.name) == nil else {
        throw invalid("there are two initializers \"\(tensor.name)\"")
      }
    }
    var ports: [Port] = []
    for input in graph.input {
      guard !ports.contains(where: { $0.name == input.name }) else {
        throw invalid("there are two inputs \"\(input.name)\"")
      }
      ports.append(try Port(input, fallback: initializers[input.name]?.type, file: file))
    }
    var known = Set(initializers.keys).union(ports.map(\.name))
    var nodes: [Node] = []
    nodes.reserveCapacity(graph.node.count)
    for (position, message) in graph.node.enumerated() {
      let node = try Node(message, position: position, version: version, file: file)
      for input in node.inputs where !input.isEmpty && !known.contains(input) {
        throw node.invalid("\"\(input)\" is not given by the graph or by a node before this one")
      }
      for output in node.outputs where !output.isEmpty {
        guard known.insert(output).inserted else { throw node.invalid("\"\(output)\" has been given before") }
      }
      nodes.append(node)
    }
    guard !graph.output.isEmpty else { throw invalid("it has no output") }
    var outputs: [Port] = []
    for output in graph.output {
      guard known.contains(output.name) else { throw invalid("nothing gives the output \"\(output.name)\"") }
      guard !outputs.contains(where: { $0.name == output.name }) else {
        throw invalid("there are two outputs \"\(output.name)\"")
      }
      outputs.append(try Port(output, fallback: .float, file: file))
    }
    self.init(
      file: file, inputs: ports.filter { initializers[$0.name] == nil }, outputs: outputs,
      producer: [message.producerName, message.producerVersion].filter { !$0.isEmpty }.joined(separator: " "),
      metadata: Dictionary(message.metadataProps.map { ($0.key, $0.value) }) { first, _ in first },
      defaultedInputs: ports.filter { initializers[$0.name] != nil }, nodes: nodes, initializers: initializers)
  }
}

extension ONNXModel.Port {
  /// - Parameter fallback: the type where the file names none.
  package init(
    _ value: ONNXValueInfoProto, fallback: ONNXTensor.ElementType?, file: String
  ) throws(ONNXError) {
    func invalid(_ reason: String) -> ONNXError { .invalidGraph(file: file, reason: "\"\(value.name)\" \(reason)") }
    guard !value.name.isEmpty else { throw invalid("is an input or output without a name") }
    name = value.name
    let tensor = value.type.tensorType
    switch ONNXTensorProto.DataType(rawValue: Int(tensor.elemType)) {
    case .float, .float16, .bfloat16: type = .float
    case .double: type = .double
    case .int32: type = .int32
    case .int64: type = .int64
    case .bool: type = .bool
    case .undefined:
      guard !value.hasType || tensor.elemType == 0, let fallback else { throw invalid("has no type") }
      type = fallback
    case let other: throw invalid("is of type \(other.map { "\($0)" } ?? "\(tensor.elemType)"), which is not supported")
    }
    guard tensor.hasShape else {
      shape = nil
      return
    }
    guard tensor.shape.dim.count <= Shape.maximumRank else {
      throw invalid("has \(tensor.shape.dim.count) dimensions; at most \(Shape.maximumRank) are supported")
    }
    var sizes: [Int?] = []
    for dimension in tensor.shape.dim {
      guard case .dimValue(let size) = dimension.value else {
        sizes.append(nil)
        continue
      }
      guard size >= 0 else { throw invalid("has a size of \(size)") }
      sizes.append(Int(size))
    }
    shape = sizes
  }
}
