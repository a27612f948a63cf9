import ArgumentParser
import Storage
import Recurrent
import RecurrentExchange
import RecurrentONNX

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a model file out of another framework's weights.",
    discussion: """
      From PyTorch, a file of safetensors.torch.save_file(module.state_dict(), path): one nn.RNN, nn.LSTM or nn.GRU, \
      perhaps an nn.Embedding, perhaps an nn.Linear, under any names; a .npz file with such names, too. From Keras, a file \
      of numpy.savez(path, *model.get_weights()), or a .npz or .safetensors file with the names of Keras's variables. An \
      .onnx file of one recurrent network, which says all itself.

      Files of torch.save, Keras's .h5 and .keras and pickles are not read, as they hold programs: the message says how to \
      make one that is. Weights do not say whether a layer of Keras has go_backwards=True, which reads the steps from the \
      last to the first: the model reads them forward; give it its sequences in reverse.

      Shapes tell the cell and the sizes. Standard output says which tensor became which parameter.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The weights.") var weights: String
  @Argument(writing: "The model file to write.") var target: String

  @Option(
    help: ArgumentHelp("The format: safetensors (PyTorch), keras or onnx. (default: as it looks)", valueName: "name"))
  var format: ExchangeFormat?

  @Option(
    help: ArgumentHelp(
      "The cell, where shapes do not tell it: rnn-relu; gru-reset-before. (default: by the number of gates)",
      valueName: "name"))
  var cell: CellOption?

  @Option(help: ArgumentHelp("Where the linear layer reads. (default: every-step)", valueName: "name"))
  var head: HeadOption?

  @Flag(help: "The inputs are tokens, as one-hot vectors.")
  var oneHot = false

  @Option(
    help: ArgumentHelp(
      "PyTorch: take names that begin with OLD as if they did with NEW; may be repeated. NEW is rnn, embedding or linear, "
        + "or for a whole name a whole one: --prefix a.b=rnn.weight_ih_l1.",
      valueName: "old=new"))
  var prefix: [PrefixOption] = []

  @Option(
    help: ArgumentHelp("PyTorch: leave out tensors of this name, or below it; may be repeated.", valueName: "name"))
  var ignore: [String] = []

  @Option(
    help: ArgumentHelp(
      "Keras: forward, or how both directions are merged: \(Directions.Merge.allCases.map(\.rawValue).joined(separator: ", ")). (default: as the shapes say, concatenate)",
      valueName: "name"))
  var directions: DirectionsOption?

  @Option(
    reading: "PyTorch: the configuration, as rnn inspect --json writes it. Keys: "
      + ModelConfiguration.keysInFiles.joined(separator: ", ") + "; of input: "
      + ModelConfiguration.inputKeysInFiles.joined(separator: ", ") + ".")
  var config: String?

  @Option(reading: "A text whose different characters, in ascending order, are the tokens.")
  var vocabulary: String?

  @Option(help: ArgumentHelp("The characters that the tokens stand for, in ascending order.", valueName: "text"))
  var symbols: String?

  @Flag(help: "The vocabulary is of bytes, not of characters.")
  var bytes = false

  @Option(help: ArgumentHelp("Keep numbers as float or double. (default: double where all are)", valueName: "name"))
  var precision: Precision?

  func validate() throws {
    if vocabulary != nil, symbols != nil { throw ValidationError("'--vocabulary' and '--symbols' exclude each other") }
    if config != nil, cell != nil || head != nil || oneHot {
      throw ValidationError(
        "'--config' says the cell, the head and the input: '--cell', '--head' and '--one-hot' do not go with it")
    }
  }

  func run() throws {
    let outputs = try FileUse(
      reading: [(weights, "<weights>"), (config, "--config"), (vocabulary, "--vocabulary")],
      writing: [(target, "<target>", .importedModel)]
    ).hold()
    defer { outputs.release() }
    switch format {
    case .onnx: try importGraph(ONNXModel(contentsOf: weights))
    case .safetensors, .keras: try importArrays(ArrayFile(path: weights))
    case nil:
      switch try ExchangeFile(path: weights) {
      case .graph(let graph): try importGraph(graph)
      case .arrays(let file): try importArrays(file)
      }
    }
  }

  private func importArrays(_ file: ArrayFile) throws {
    if let tensors = file.safetensors, let own = FileContent(own: tensors) {
      try ModelUse.requireNetwork(tensors)
      // With its names a model of this program is a state dictionary, too.
      guard case .model = own, format != nil || config != nil else {
        throw Failure(message: "\(printable(weights)) is \(own.name) of this program already")
      }
    }
    let precision = precision ?? Precision(of: file)
    switch format ?? ExchangeFormat(file) {
    case .safetensors:
      try refuseOptions(["--directions": directions != nil], of: .safetensors)
      let dictionary = try StateDictionary(file, options: try stateDictionaryOptions)
      if let assumption = dictionary.assumption { Note.note("\(weights): \(assumption)") }
      switch precision {
      case .float: try save(dictionary.model(as: Float.self), dictionary.report)
      case .double: try save(dictionary.model(as: Double.self), dictionary.report)
      }
    case .keras, .onnx:
      try refuseOptions(
        ["--prefix": !prefix.isEmpty, "--ignore": !ignore.isEmpty, "--config": config != nil], of: .keras)
      let weights = try KerasWeights(file, options: try kerasOptions)
      switch precision {
      case .float: try save(weights.model(as: Float.self), weights.report)
      case .double: try save(weights.model(as: Double.self), weights.report)
      }
    }
  }

  /// What a graph says leaves no questions.
  private func importGraph(_ graph: ONNXModel) throws {
    try refuseOptions(
      [
        "--cell": cell != nil, "--head": head != nil, "--one-hot": oneHot, "--prefix": !prefix.isEmpty,
        "--ignore": !ignore.isEmpty, "--directions": directions != nil, "--config": config != nil,
        "--vocabulary": vocabulary != nil, "--symbols": symbols != nil,
      ], of: .onnx)
    switch precision ?? .float {
    case .float: try save(Model<Float>(graph), [])
    case .double: try save(Model<Double>(graph), [])
    }
  }

  private func refuseOptions(_ options: [String: Bool], of format: ExchangeFormat) throws(Failure) {
    for (name, isGiven) in options.sorted(by: { $0.key < $1.key }) where isGiven {
      throw Failure(message: "\(name) is not for \(printable(weights)), \(format.name)", status: .usage)
    }
  }

  private var stateDictionaryOptions: StateDictionaryOptions {
    get throws {
      var options = StateDictionaryOptions()
      options.mapping = prefix.map { ($0.old, $0.new) }
      options.ignored = ignore
      options.cell = cell?.cell
      options.head = head?.head
      options.isOneHot = oneHot
      options.vocabulary = try knownVocabulary
      options.configuration = try config.map { try ModelConfiguration(jsonFile: $0) }
      return options
    }
  }

  private var kerasOptions: KerasOptions {
    get throws {
      var options = KerasOptions()
      options.cell = cell?.cell
      options.head = head?.head
      options.isOneHot = oneHot
      options.vocabulary = try knownVocabulary
      options.directions = directions?.directions
      return options
    }
  }

  private var knownVocabulary: Vocabulary? {
    get throws {
      let unit: Vocabulary.Unit = bytes ? .byte : .unicodeScalar
      if let vocabulary {
        return try Corpus(paths: [vocabulary], unit: unit).vocabulary
      }
      guard let symbols else { return nil }
      if !bytes, symbols.unicodeScalars.contains(where: { PathBytes.escaped($0) != nil }) {
        throw Failure(message: "--symbols is not valid UTF-8 (--bytes takes any)", status: .usage)
      }
      let values = bytes ? PathBytes.bytes(symbols).map { UInt32($0) } : symbols.unicodeScalars.map(\.value)
      do { return try Vocabulary(unit: unit, symbols: values) } catch {
        throw Failure(message: "--symbols: \(error)", status: .usage)
      }
    }
  }

  private func save<S: Scalar>(_ model: Model<S>, _ report: [ImportedTensor]) throws {
    NonFinite.warn(model.nonFiniteParameters, in: target)
    try model.save(to: target)
    let end = summary(model.configuration) + "; \(counted(model.parameterCount, "parameter"))"
    if report.isEmpty { return try RNNCommand.report(end, besides: target) }
    var rows = [["tensor", "type", "shape", "parameter", "shape"]]
    for tensor in report {
      rows.append([
        tensor.sources.isEmpty ? "none: 0" : printable(tensor.sources.joined(separator: " + "), limit: 80), tensor.type,
        shapeText(tensor.shape), tensor.parameter, shapeText(tensor.parameterShape),
      ])
    }
    try RNNCommand.report(table(rows) + "\n\n" + end, besides: target)
  }
}

/// A model in a line: `lstm, 2 × 128, both directions, embedding of 65 tokens in 16; 65 outputs at every step`.
func summary(_ configuration: ModelConfiguration) -> String {
  let sizes = configuration.hiddenSizes.map { $0.map(String.init).joined(separator: " + ") }
  var parts = [configuration.cell.name, sizes ?? "\(configuration.layerCount) × \(configuration.hiddenSize)"]
  if let merge = configuration.directions.merge { parts.append("both directions (\(merge.rawValue))") }
  if let size = configuration.projectionSize { parts.append("projected to \(size)") }
  switch configuration.input {
  case .oneHot(let count): parts.append("one-hot, \(counted(count, "token"))")
  case .embedding(let count, let size): parts.append("\(counted(count, "token")) embedded in \(size)")
  case .features(let tables, _):
    parts.append("\(counted(tables.count, "token")) a step embedded in \(configuration.input.size)")
  case .vectors(let size): parts.append("vectors of \(size)")
  }
  let head =
    configuration.head == .none
    ? "no head" : "\(counted(configuration.outputSize, "output")), \(configuration.head.nameInFiles)"
  return parts.joined(separator: ", ") + "; " + head
}
