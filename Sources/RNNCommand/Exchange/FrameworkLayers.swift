import Recurrent

/// A model as other frameworks spell it, for people: what to write in Python so that the weights fit.
enum FrameworkLayers {
  /// PyTorch's modules.
  static func pytorch(_ configuration: ModelConfiguration) -> [String] {
    var lines: [String] = []
    if case .embedding(let count, let size) = configuration.input {
      lines.append("embedding = nn.Embedding(\(count), \(size))")
    }
    if case .features(let tables, let letters) = configuration.input {
      let parts = tables.map { "nn.Embedding(\($0.vocabularySize), \($0.size))" }
      lines.append("embeddings = nn.ModuleList([\(parts.joined(separator: ", "))])")
      if let letters {
        let (hidden, size) = (letters.hiddenSize, letters.size)
        let own = [
          "embedding=nn.Embedding(\(letters.vocabularySize), \(size))",
          "rnn=nn.LSTM(\(size), \(hidden), bidirectional=True)",
          "linear=nn.Linear(\(2 * hidden), \(2 * hidden))",
        ]
        lines.append("letters = nn.ModuleDict(dict(\(own.joined(separator: ", "))))")
      }
    }
    let module = configuration.cell.name.hasPrefix("rnn") ? "RNN" : configuration.cell.name.uppercased()
    var options = ["\(configuration.input.size)", "\(configuration.hiddenSize(ofLayer: 0))"]
    if configuration.layerCount > 1 { options.append("num_layers=\(configuration.layerCount)") }
    if configuration.cell.name == "rnn-relu" { options.append("nonlinearity=\"relu\"") }
    if configuration.directions.count == 2 { options.append("bidirectional=True") }
    if let size = configuration.projectionSize { options.append("proj_size=\(size)") }
    lines.append("rnn = nn.\(module)(\(options.joined(separator: ", ")))")
    if configuration.head != .none {
      lines.append("linear = nn.Linear(\(configuration.headInputSize), \(configuration.outputSize))")
    }
    if configuration.crf != nil { lines.append("crf = torchcrf.CRF(\(configuration.outputSize))") }
    return lines
  }

  /// Keras's layers.
  static func keras(_ configuration: ModelConfiguration) -> [String] {
    var lines: [String] = []
    if case .embedding(let count, let size) = configuration.input { lines.append("Embedding(\(count), \(size))") }
    for layer in 0..<configuration.layerCount {
      var options = ["\(configuration.hiddenSize(ofLayer: layer))"]
      // The last step's output is all that the next layer gets, unless it is asked to give all.
      let isLast = layer == configuration.layerCount - 1 && configuration.head == .lastStep
      if !isLast { options.append("return_sequences=True") }
      let name: String
      switch configuration.cell.name {
      case "lstm": name = "LSTM"
      case "gru": name = "GRU"
      case "gru-reset-before":
        name = "GRU"
        options.append("reset_after=False")
      case "rnn-relu":
        name = "SimpleRNN"
        options.append("activation=\"relu\"")
      default: name = "SimpleRNN"
      }
      var text = "\(name)(\(options.joined(separator: ", ")))"
      if let merge = configuration.directions.merge {
        let mode: [Directions.Merge: String] = [.sum: "sum", .average: "ave", .product: "mul"]
        text = "Bidirectional(\(text)\(mode[merge].map { ", merge_mode=\"\($0)\"" } ?? ""))"
      }
      lines.append(text)
    }
    if configuration.head == .meanOverSteps { lines.append("GlobalAveragePooling1D()") }
    if configuration.head == .maxOverSteps { lines.append("GlobalMaxPooling1D()") }
    if configuration.head != .none { lines.append("Dense(\(configuration.outputSize))") }
    return lines
  }
}
