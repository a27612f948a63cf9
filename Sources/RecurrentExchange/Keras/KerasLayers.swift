/// Arrays in the order of Keras's `get_weights()`, by the layers they belong to: their names.
struct KerasLayers: Hashable {
  /// One direction of a recurrent layer.
  struct Cell: Hashable {
    var kernel: String
    var recurrentKernel: String
    var bias: String?

    /// Whether the layer is a CuDNNLSTM or CuDNNGRU, by its bias: both of the input's and of the state's, [2·G·H].
    func isCuDNN(_ file: ArrayFile) -> Bool {
      guard let bias = bias.flatMap({ file.entry($0)?.shape }), let kernel = file.entry(recurrentKernel)?.shape,
        bias.count == 1, kernel.count == 2, kernel[0] > 0, [3, 4].contains(kernel[1] / kernel[0])
      else { return false }
      return bias[0].isMultiple(of: 2) && bias[0] / 2 == kernel[1]
    }
  }

  /// [V, E]
  var embedding: String?
  /// Layer by layer, the forward direction first.
  var recurrent: [[Cell]] = []
  /// [width, O], [O]
  var dense: (kernel: String, bias: String?)?

  static func == (left: KerasLayers, right: KerasLayers) -> Bool {
    left.embedding == right.embedding && left.recurrent == right.recurrent && left.dense?.kernel == right.dense?.kernel
      && left.dense?.bias == right.dense?.bias
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(embedding)
    hasher.combine(recurrent)
    hasher.combine(dense?.kernel)
  }
}

/// The last part of an array's name, after a dot or a slash, and what is before it.
private struct KerasName {
  let path: [String]
  let array: String

  init(_ name: String) {
    // TensorFlow's variables end in the number of an output, :0.
    let name = name.hasSuffix(":0") ? String(name.dropLast(2)) : name
    let parts = name.split { $0 == "." || $0 == "/" }.map(String.init)
    path = Array(parts.dropLast())
    array = parts.last ?? ""
  }

  /// 0 forward, 1 backward; nil where the name does not say.
  var direction: Int? {
    guard let part = directionPart else { return nil }
    return path[part].hasPrefix("forward") ? 0 : 1
  }

  private var directionPart: Int? { path.firstIndex { $0.hasPrefix("forward") || $0.hasPrefix("backward") } }

  /// The layer, both directions of a `Bidirectional` being one.
  var layer: [String] { directionPart.map { Array(path[..<$0]) } ?? path }
}

extension KerasLayers {
  static func hasNames(_ file: ArrayFile) -> Bool {
    file.entries.contains { KerasName($0.name).array == "recurrent_kernel" }
  }

  /// By names that end in `embeddings`, `kernel`, `recurrent_kernel` and `bias`, as Keras's variables have them. Layers
  /// come in the order of their names, numbers in them counted: lstm, lstm_2, lstm_10.
  init(named file: ArrayFile) throws(ExchangeError) {
    var groups: [[String]: [[String: String]]] = [:]
    var names: [[String]] = []
    for entry in file.entries {
      let name = KerasName(entry.name)
      if groups[name.layer] == nil {
        groups[name.layer] = [[:], [:]]
        names.append(name.layer)
      }
      if let other = groups[name.layer]![name.direction ?? 0].updateValue(entry.name, forKey: name.array) {
        throw .ambiguous(
          file: file.file, what: "the \(name.array) of layer \(name.layer.joined(separator: "/"))",
          candidates: [other, entry.name], advice: "names must differ by more than their separators")
      }
    }
    var used = 0
    for name in names.sorted(by: Self.naturallyPrecedes) {
      let directions = groups[name]!.filter { !$0.isEmpty }
      let arrays = groups[name]![0]
      if arrays["recurrent_kernel"] != nil || groups[name]![1]["recurrent_kernel"] != nil {
        var cells: [Cell] = []
        for arrays in directions {
          guard let kernel = arrays["kernel"], let recurrentKernel = arrays["recurrent_kernel"] else {
            throw .missingTensor(
              file: file.file, name: (name + ["kernel"]).joined(separator: "."),
              reason: "a recurrent layer has a kernel and a recurrent_kernel")
          }
          cells.append(Cell(kernel: kernel, recurrentKernel: recurrentKernel, bias: arrays["bias"]))
          used += arrays["bias"] == nil ? 2 : 3
        }
        recurrent.append(cells)
      } else if let table = arrays["embeddings"], embedding == nil {
        embedding = table
        used += 1
      } else if let kernel = arrays["kernel"], dense == nil {
        dense = (kernel, arrays["bias"])
        used += arrays["bias"] == nil ? 1 : 2
      }
    }
    if used != file.entries.count {
      var known = Set(recurrent.joined().flatMap { [$0.kernel, $0.recurrentKernel, $0.bias ?? ""] })
      known.formUnion([embedding, dense?.kernel, dense?.bias].compactMap { $0 })
      throw .unexpectedTensors(
        file: file.file, names: file.entries.map(\.name).filter { !known.contains($0) },
        advice: "a model here is at most one Embedding, recurrent layers and one Dense")
    }
  }

  /// lstm, lstm_2, lstm_10.
  static func naturallyPrecedes(_ left: [String], _ right: [String]) -> Bool {
    func key(_ parts: [String]) -> [(text: String, number: Int)] {
      parts.map { part in
        let digits = String(part.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
        return (String(part.dropLast(digits.count)).trimmingUnderscores, Int(digits) ?? -1)
      }
    }
    for (a, b) in zip(key(left), key(right)) where a != b { return a < b }
    return left.count < right.count
  }
}

extension String {
  fileprivate var trimmingUnderscores: String { hasSuffix("_") ? String(dropLast()) : self }
}
