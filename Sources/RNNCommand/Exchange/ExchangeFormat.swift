import ArgumentParser
import Recurrent
import RecurrentExchange

/// Formats of other frameworks.
enum ExchangeFormat: String, NamedChoice {
  /// A state dictionary of PyTorch's in a safetensors file.
  case safetensors
  /// Arrays in the order of Keras's `get_weights()`.
  case keras
  case onnx

  /// What a file to be written is, by its name.
  init?(path: String) {
    if path.hasSuffix(".safetensors") {
      self = .safetensors
    } else if path.hasSuffix(".npz") {
      self = .keras
    } else if path.hasSuffix(".onnx") {
      self = .onnx
    } else {
      return nil
    }
  }

  /// What a file to be read is: by its names, whatever the kind of file; else by that.
  init(_ file: ArrayFile) {
    if KerasWeights.hasNames(file) {
      self = .keras
    } else {
      self = file.kind == .safetensors || StateDictionary.hasNames(file) ? .safetensors : .keras
    }
  }

  var name: String {
    switch self {
    case .safetensors: "PyTorch state dictionary"
    case .keras: "Keras weights"
    case .onnx: "ONNX model"
    }
  }
}

/// The precision of a model in memory.
enum Precision: String, NamedChoice {
  case float, double

  /// That in which a model is kept: `double` where all of its numbers are.
  init(of file: ArrayFile) {
    // A checkpoint keeps more than the model.
    let parameters = file.entries.filter { !$0.name.hasPrefix("training.") }
    self = !parameters.isEmpty && parameters.allSatisfy { file.type(of: $0) == .float64 } ? .double : .float
  }
}

extension Model {
  /// The model in a file that has been opened: a pipe can be read once.
  init(_ file: ArrayFile, path: String) throws {
    guard let tensors = file.safetensors else {
      try self.init(contentsOf: path)
      return
    }
    try ModelUse.requireNetwork(tensors)
    try self.init(tensors)
  }
}

/// A shape as reports show it.
func shapeText(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: " × ") }
