package import Storage

/// Why an ONNX file cannot be read, run, taken as a model, or written.
///
/// A node is named as `"lstm_1" (LSTM)`, by its name and its operator, or as `#3 (LSTM)`, by its position from 0, where it
/// has no name.
public enum ONNXError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no such file.
  case missingFile(String)
  /// The system refused to read or write. A failed write leaves what was there before.
  case io(file: String, reason: String)
  /// The bytes are not those of an ONNX model.
  case notONNX(file: String, reason: String)
  /// The format's or an operator set's version is not read here.
  case unsupportedVersion(file: String, what: String, found: Int64, supported: ClosedRange<Int64>)
  /// The tensor's data stand in another file, which is never opened.
  case externalData(file: String, tensor: String)
  /// The operator is not run here. `domain` is empty for ONNX's own.
  case unsupportedOperator(file: String, node: String, domain: String)
  /// A part of the format that is not read here: a function, a subgraph, a sparse tensor.
  case unsupported(file: String, what: String)
  /// Data, type and shape of a tensor make no sense together.
  case invalidTensor(file: String, tensor: String, reason: String)
  /// The nodes do not make a graph that can be run in their order.
  case invalidGraph(file: String, reason: String)
  /// An attribute is missing, of a wrong kind or out of range, or not known.
  case invalidAttribute(file: String, node: String, attribute: String, reason: String)
  /// A node's inputs do not fit its operator, or each other.
  case invalidNode(file: String, node: String, reason: String)
  /// An input of a run is missing, unknown, or of a wrong type or shape.
  case invalidInput(file: String, input: String, reason: String)
  /// A run needs more memory than there is or than is allowed.
  case tooLarge(file: String, what: String, reason: String)
  /// The graph is not a `Model` of this package: `node` is where it differs.
  case notAModel(file: String, node: String, reason: String)
  /// The model has something for which ONNX has no operator.
  case inexpressible(what: String, reason: String)

  /// One line: which file, where in it, and what.
  public var description: String {
    switch self {
    case .missingFile(let file):
      "there is no file \(printable(file))"
    case .io(let file, let reason):
      "\(printable(file)): \(reason)"
    case .notONNX(let file, let reason):
      "\(printable(file)) is not an ONNX model: \(reason)"
    case .unsupportedVersion(let file, let what, let found, let supported):
      "\(printable(file)) is of \(printable(what)) \(found); supported: "
        + "\(supported.lowerBound) to \(supported.upperBound)"
    case .externalData(let file, let tensor):
      "\(printable(file)): the data of tensor \"\(printable(tensor))\" stand in another file, which is not read; "
        + "write the model with its data inside: torch.onnx.export(…, external_data=False), or in Python: import onnx; "
        + "onnx.save_model(onnx.load(\"\(printable(file))\"), \"whole.onnx\")"
    case .unsupportedOperator(let file, let node, let domain):
      "\(printable(file)): node \(printable(node)) is of an operator that is not supported"
        + (domain.isEmpty ? "" : ", of domain \"\(printable(domain))\"")
    case .unsupported(let file, let what):
      "\(printable(file)): \(printable(what)) is not supported"
    case .invalidTensor(let file, let tensor, let reason):
      "\(printable(file)): tensor \"\(printable(tensor))\": \(printable(reason))"
    case .invalidGraph(let file, let reason):
      "\(printable(file)): \(printable(reason))"
    case .invalidAttribute(let file, let node, let attribute, let reason):
      "\(printable(file)): node \(printable(node)), attribute \(printable(attribute)): \(printable(reason))"
    case .invalidNode(let file, let node, let reason):
      "\(printable(file)): node \(printable(node)): \(printable(reason))"
    case .invalidInput(let file, let input, let reason):
      "\(printable(file)): input \"\(printable(input))\": \(printable(reason))"
    case .tooLarge(let file, let what, let reason):
      "\(printable(file)): \(printable(what)): \(printable(reason))"
    case .notAModel(let file, let node, let reason):
      "\(printable(file)) cannot be trained here: node \(printable(node)): \(printable(reason))"
    case .inexpressible(let what, let reason):
      "\(what) cannot be written as ONNX: \(reason)"
    }
  }

  package init(_ error: FileError) {
    self =
      error.kind == .missing && error.operation == .open
      ? .missingFile(error.path)
      : .io(file: error.path, reason: "cannot \(error.operation.rawValue): \(error.reason)")
  }
}
