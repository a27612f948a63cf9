import Recurrent
import RecurrentExchange

extension FuzzEntries {
  /// A .npy, .npz or safetensors file: each array as every kind of number, and all as the weights of a model of PyTorch's
  /// or Keras's.
  @Sendable package static func arrays(_ bytes: [UInt8]) {
    let file: ArrayFile
    do { file = try ArrayFile(bytes: bytes, file: "input") } catch {
      precondition(!error.description.contains("\n"), "a message of several lines: \(error)")
      return
    }
    for entry in file.entries {
      let count = entry.shape.reduce(1, *)
      if let floats = try? file.values(entry.name, as: Float.self) {
        precondition(floats.count == count, "\(floats.count) numbers, not \(count)")
      }
      if let doubles = try? file.values(entry.name, as: Double.self) {
        precondition(doubles.count == count, "\(doubles.count) numbers, not \(count)")
      }
      if let integers = try? file.integers(entry.name) {
        precondition(integers.count == count, "\(integers.count) numbers, not \(count)")
      }
    }
    let state = StateDictionaryOptions()
    var named = state
    named.isOneHot = true
    named.head = .lastStep
    for options in [state, named] {
      if let dictionary = try? StateDictionary(file, options: options) {
        _ = dictionary.report
        _ = try? dictionary.model(as: Float.self)
      }
    }
    if let weights = try? KerasWeights(file, options: KerasOptions()) { _ = try? weights.model(as: Float.self) }
  }
}
