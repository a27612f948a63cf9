/// The tensors of a state dictionary by the modules that own them.
struct StateDictionaryNames {
  struct Tensor {
    /// In the file.
    let name: String
    let shape: [Int]
    /// After the mapping: MODULE.PARAMETER, or PARAMETER.
    let key: String
  }

  /// By module; of recurrent layers each parameter with its layer's suffix.
  private(set) var modules: [String: [String: Tensor]] = [:]
  /// Modules in the order of the file.
  private(set) var order: [String] = []

  /// Safetensors' `save_model` leaves out tensors that share another's memory and says so in the metadata: they are here
  /// under both names.
  init(_ file: ArrayFile, _ options: StateDictionaryOptions) throws(ExchangeError) {
    var tensors: [Tensor] = []
    let isOurs = file.metadata("format") == "recurrent"
    func add(_ name: String, _ entry: ArrayFile.Entry) {
      // What a checkpoint of ours keeps besides the model.
      if isOurs && name.hasPrefix("training.") { return }
      if let key = options.key(of: name) { tensors.append(Tensor(name: entry.name, shape: entry.shape, key: key)) }
    }
    for entry in file.entries { add(entry.name, entry) }
    for (name, original) in file.metadata where file.entry(name) == nil {
      if let entry = file.entry(original) { add(name, entry) }
    }
    for tensor in tensors {
      let dot = tensor.key.utf8.lastIndex(of: UInt8(ascii: "."))
      let module = dot.map { String(tensor.key[..<$0]) } ?? ""
      var parameter = dot.map { String(tensor.key[tensor.key.index(after: $0)...]) } ?? tensor.key
      // nn.RNNCell, nn.LSTMCell and nn.GRUCell: one layer.
      if Self.cellParameters.contains(parameter) { parameter += "_l0" }
      if modules[module] == nil { order.append(module) }
      if let other = modules[module, default: [:]].updateValue(tensor, forKey: parameter) {
        throw .ambiguous(
          file: file.file, what: "\"\(tensor.key)\"", candidates: [other.name, tensor.name],
          advice: "let the mapping of names give one of them another name, or leave it out (--ignore)")
      }
    }
  }

  /// Modules with weights of a recurrent layer.
  var recurrentModules: [String] { order.filter { modules[$0]!.keys.contains { Self.isRecurrent($0) } } }

  private static let cellParameters: Set = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]

  /// Whether a name in a file is that of a parameter of a recurrent layer, at any depth.
  static func isRecurrent(path: String) -> Bool {
    let parameter = path.split(separator: ".").last.map(String.init) ?? path
    return cellParameters.contains(parameter) || isRecurrent(parameter)
  }

  /// Gives a module another's tensor as its weight: the two share it.
  mutating func tie(_ module: String, to weight: Tensor) {
    if modules[module] == nil { order.append(module) }
    modules[module, default: [:]]["weight"] = weight
  }

  /// weight_ih_l0, vectors_l12_reverse …
  static func isRecurrent(_ parameter: String) -> Bool {
    for kind in ["weight_ih", "weight_hh", "weight_hr", "bias_ih", "bias_hh", "vectors", "initial_state"]
    where parameter.hasPrefix(kind + "_l") {
      var digits = parameter.dropFirst(kind.count + 2)
      if digits.hasSuffix("_reverse") { digits = digits.dropLast("_reverse".count) }
      return !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    return false
  }
}
