public import Recurrent
package import Storage

/// Why a model cannot be taken from a file of another framework's, or be given to one.
public enum ExchangeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file is missing, cannot be read or written, or is no sound safetensors file.
  case file(CheckpointError)
  /// A .npy or .npz file is not as its format asks, or not as it is read here. `offset` is that of the byte in the file that is to blame.
  case invalidArrayFile(String, offset: Int?, reason: String)
  /// An array's numbers, or the way in which they are stored, are of a kind that is not read here.
  case unsupportedArray(file: String, array: String, reason: String)
  /// No tensor has the name of a weight of `nn.RNN`, `nn.LSTM` or `nn.GRU`; `found` are the names that there are.
  case noRecurrentLayer(file: String, found: [String])
  /// More than one reading fits.
  case ambiguous(file: String, what: String, candidates: [String], advice: String)
  /// Tensors for which the model has no place.
  case unexpectedTensors(file: String, names: [String], advice: String)
  /// A tensor that the model needs is not there.
  case missingTensor(file: String, name: String, reason: String)
  /// A tensor has not the shape that its neighbours ask for.
  case shapeMismatch(file: String, tensor: String, expected: String, actual: [Int])
  /// An option asks for what the file does not have, or for what no model can be.
  case invalidOptions(file: String, reason: String)
  /// The model is of a kind that the other framework does not have.
  case inexpressible(framework: String, feature: String)
  /// The model does not fit into memory.
  case memory(file: String, PlanError)

  /// One line: which file, what, and what to do.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .invalidArrayFile(let file, let offset, let reason):
      "\(printable(file)) cannot be read: \(reason)" + (offset.map { " (byte \($0) of the file)" } ?? "")
    case .unsupportedArray(let file, let array, let reason):
      "\(printable(file)): \(Self.named("array", array)) \(reason)"
    case .noRecurrentLayer(let file, let found):
      "\(printable(file)) has no tensor named as a weight of nn.RNN, nn.LSTM or nn.GRU (…weight_ih_l0); it has "
        + Self.list(found) + "; other names are given by a mapping, such as --prefix NAME=rnn.weight_ih_l0"
    case .ambiguous(let file, let what, let candidates, let advice):
      "\(printable(file)): \(what) could be \(Self.list(candidates, "or")); \(advice)"
    case .unexpectedTensors(let file, let names, let advice):
      "\(printable(file)): the model has no place for \(Self.list(names)); \(advice)"
    case .missingTensor(let file, let name, let reason):
      "\(printable(file)) has no tensor \"\(printable(name))\": \(reason)"
    case .shapeMismatch(let file, let tensor, let expected, let actual):
      "\(printable(file)): \(Self.named("tensor", tensor)) has shape \(actual), expected \(expected)"
    case .invalidOptions(let file, let reason): "\(printable(file)): \(reason)"
    case .inexpressible(let framework, let feature): "\(framework) has no \(feature)"
    case .memory(let file, let error): "\(printable(file)): \(error)"
    }
  }

  /// The array of a .npy file has no name.
  private static func named(_ kind: String, _ name: String) -> String {
    name.isEmpty ? "the array" : "\(kind) \"\(printable(name))\""
  }

  /// A few names, and how many more there are.
  package static func list(_ names: [String], _ word: String = "and") -> String {
    guard !names.isEmpty else { return "none" }
    let shown = names.prefix(8).map { "\"\(printable($0, limit: 80))\"" }
    if names.count > shown.count {
      return shown.joined(separator: ", ") + " and \(names.count - shown.count) more"
    }
    return shown.count == 1
      ? shown[0] : shown.dropLast().joined(separator: ", ") + " \(word) " + shown[shown.count - 1]
  }

  package init(_ error: FileError) { self = .file(CheckpointError(error)) }
}
