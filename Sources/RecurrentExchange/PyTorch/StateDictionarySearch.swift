import Recurrent
import Storage

/// Finds a model's modules among the tensors of a state dictionary.
struct StateDictionarySearch {
  private let file: ArrayFile
  private var names: StateDictionaryNames
  /// Of the recurrent layer.
  private let recurrent: String
  private let embedding: String?
  private let linear: String?
  private let attention: String?
  let configuration: ModelConfiguration
  /// What was assumed that may be otherwise; nil: nothing.
  private(set) var assumption: String?

  init(_ file: ArrayFile, _ options: StateDictionaryOptions) throws(ExchangeError) {
    self.file = file
    names = try StateDictionaryNames(file, options)
    recurrent = try Self.recurrentModule(names, file)
    let stack: RecurrentStack
    if let configuration = options.configuration {
      // Sizes that overflow are found here.
      _ = try Self.table(configuration, file, recurrent)
      stack = RecurrentStack(configuration)
    } else {
      stack = try RecurrentStack(
        names.modules[recurrent]!, module: recurrent, cell: options.cell, file: file.file)
    }
    var others = try LinearModules(names, besides: recurrent, stack: stack, options: options, file: file.file)
    others.tie(&names, besides: recurrent, stack: stack, options: options)
    assumption = others.assumption(names, stack: stack, options: options)
    embedding = others.embedding
    linear = others.linear
    attention = options.configuration?.attention == nil ? nil : "attention"
    if let configuration = options.configuration {
      self.configuration = configuration
    } else {
      configuration = try Self.configuration(stack, others, names, options, file: file.file)
    }
  }

  private static func recurrentModule(
    _ names: StateDictionaryNames, _ file: ArrayFile
  ) throws(ExchangeError) -> String {
    let modules = names.recurrentModules
    guard let first = modules.first else {
      throw .noRecurrentLayer(file: file.file, found: file.entries.map(\.name))
    }
    if modules.count == 1 { return first }
    // A name of ours, which a mapping may have given.
    if modules.contains("rnn") { return "rnn" }
    throw .ambiguous(
      file: file.file, what: "the recurrent layer", candidates: modules,
      advice: "name the one by a mapping to \"rnn\" (--prefix \(modules[0])=rnn) and leave out the others (--ignore)")
  }

  private static func configuration(
    _ stack: RecurrentStack, _ others: LinearModules, _ names: StateDictionaryNames, _ options: StateDictionaryOptions,
    file: String
  ) throws(ExchangeError) -> ModelConfiguration {
    let input: ModelConfiguration.Input
    if let embedding = others.embedding {
      guard !options.isOneHot else {
        throw .invalidOptions(
          file: file, reason: "tokens are not one-hot where there is an embedding, \"\(embedding).weight\"")
      }
      let shape = names.modules[embedding]!["weight"]!.shape
      input = .embedding(vocabularySize: shape[0], size: shape[1])
    } else {
      input = options.isOneHot ? .oneHot(vocabularySize: stack.inputSize) : .vectors(size: stack.inputSize)
    }
    guard let linear = others.linear else {
      if let head = options.head, head != .none {
        throw .invalidOptions(
          file: file,
          reason: "there is no linear layer for a head; none was found whose input is \(stack.outputSize) wide")
      }
      return stack.configuration(input: input, outputSize: stack.outputSize, head: .none)
    }
    guard options.head != ModelConfiguration.Head.none else {
      throw .unexpectedTensors(
        file: file, names: names.modules[linear]!.values.map(\.name).sorted(),
        advice: "a model without head has no linear layer; leave it out (--ignore)")
    }
    return stack.configuration(
      input: input, outputSize: names.modules[linear]!["weight"]!.shape[0], head: options.head ?? .everyStep)
  }

  // MARK: Tensors

  /// The tensor of each parameter.
  /// - Throws: where one is missing, of another shape, or left over.
  func sources() throws(ExchangeError) -> [(parameter: ParameterTable.Entry, tensor: String?)] {
    let table = try Self.table(configuration, file, recurrent)
    var used: Set<ExactString> = []
    var sources: [(parameter: ParameterTable.Entry, tensor: String?)] = []
    for entry in table.entries {
      let tensor = try tensor(for: entry)
      if let tensor { used.insert(ExactString(tensor.key)) }
      sources.append((entry, tensor?.name))
    }
    let left = names.order.flatMap { names.modules[$0]!.values }.filter { !used.contains(ExactString($0.key)) }
    guard left.isEmpty else {
      throw .unexpectedTensors(
        file: file.file, names: left.map(\.name).sorted(),
        advice:
          "leave them out (--ignore NAME), or say what they are by a mapping to \"rnn\", \"embedding\" or \"linear\" "
          + "(--prefix NAME=linear)")
    }
    return sources
  }

  private static func table(
    _ configuration: ModelConfiguration, _ file: ArrayFile, _ recurrent: String
  ) throws(ExchangeError) -> ParameterTable {
    // A layer count out of a file or an option must not make a table of a size beyond that of the file.
    guard configuration.layerCount <= file.entries.count else {
      throw .missingTensor(
        file: file.file, name: key(recurrent, "weight_ih_l\(file.entries.count)"),
        reason: "the model has \(configuration.layerCount) layers")
    }
    do { return try ParameterTable(configuration) } catch { throw .memory(file: file.file, error) }
  }

  private static func key(_ module: String, _ parameter: String) -> String {
    module.isEmpty ? parameter : module + "." + parameter
  }

  private func tensor(for entry: ParameterTable.Entry) throws(ExchangeError) -> StateDictionaryNames.Tensor? {
    let dot = entry.name.firstIndex(of: ".")!
    let parameter = String(entry.name[entry.name.index(after: dot)...])
    let owner: (module: String?, role: String) =
      switch entry.name[..<dot] {
      case "rnn": (recurrent, "recurrent layer")
      case "embedding": (embedding, "embedding")
      case "attention": (attention, "attentional layer")
      default: (linear, "linear layer")
      }
    guard let module = owner.module, let parameters = names.modules[module] else {
      throw .missingTensor(
        file: file.file, name: entry.name, reason: "no module was found that could be the \(owner.role)")
    }
    guard let tensor = parameters[parameter] else {
      if isLeftOutBias(parameter, parameters) { return nil }
      throw .missingTensor(
        file: file.file, name: Self.key(module, parameter),
        reason: "the \(owner.role) needs it"
          + (parameter == "weight"
            ? "; tied weights keep both names if the file is written by safetensors.torch.save_model" : ""))
    }
    guard tensor.shape == entry.shape else {
      throw .shapeMismatch(
        file: file.file, tensor: tensor.name, expected: "\(entry.shape)", actual: tensor.shape)
    }
    guard let type = file.entry(tensor.name).flatMap({ file.type(of: $0) }), type.isFloatingPoint else {
      throw .unsupportedArray(
        file: file.file, array: tensor.name,
        reason: "is of type \(file.entry(tensor.name)?.type ?? "?"), expected F64, F32, F16 or BF16")
    }
    return tensor
  }

  /// `bias=False`: a layer has either both of its biases or none.
  private func isLeftOutBias(_ parameter: String, _ parameters: [String: StateDictionaryNames.Tensor]) -> Bool {
    if parameter == "bias" { return true }
    if parameter.hasPrefix("bias_ih_l") { return parameters["bias_hh_l" + parameter.dropFirst(9)] == nil }
    if parameter.hasPrefix("bias_hh_l") { return parameters["bias_ih_l" + parameter.dropFirst(9)] == nil }
    return false
  }
}
