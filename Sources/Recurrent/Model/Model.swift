internal import Storage

/// A model: configuration and parameters, as a value. A `Trainer` changes a copy; `Trainer.model` gives it back.
public struct Model<S: Scalar>: Sendable {
  /// What the model is: its input, layers, cell and head.
  public private(set) var configuration: ModelConfiguration
  /// Name, shape and place of each parameter.
  public let table: ParameterTable
  /// The flat block of all parameters, laid out by `table`.
  package var block: [S]
  /// The symbols that the tokens stand for; nil where the model does not work on text.
  public var vocabulary: Vocabulary?
  /// What a program keeps with its model, such as the scaling of its inputs: texts by name, saved in the model's file.
  public var annotations: [String: String] = [:]
  /// How the file that it was read from stores the weights that products read; `.full` of a model that was made here. The
  /// weights are the rounded ones: give it as the precision of a pass to run it with as few bytes.
  public package(set) var storedPrecision = WeightPrecision.full

  /// A new model. The same seed gives the same parameters. Matrices of low rank are drawn whole and cut to the nearest product of
  /// their rank (spectral initialization, Khodak et al. 2021): with the full rank it is the same function.
  /// - Throws: `PlanError` where the parameters would not fit into memory.
  public init(
    _ configuration: ModelConfiguration, initialization: Initialization = .pytorch, seed: UInt64,
    vocabulary: Vocabulary? = nil
  ) throws(PlanError) {
    try self.init(zeros: configuration, vocabulary: vocabulary)
    guard configuration.ranks == nil else {
      let whole = try Model(
        configuration.withWholeMatrices, initialization: initialization, seed: seed, vocabulary: vocabulary)
      try takeParameters(of: whole)
      return
    }
    var generator = SeededGenerator(seed: seed)
    try initialization.fill(&block, table, configuration, using: &generator)
  }

  /// A model whose parameters are all 0, to be filled from a file.
  package init(zeros configuration: ModelConfiguration, vocabulary: Vocabulary?) throws(PlanError) {
    if let vocabulary, let size = configuration.input.vocabularySize {
      require(
        vocabulary.count == size, "expected a vocabulary of \(size) symbols, got \(vocabulary.count)")
    }
    self.configuration = configuration
    self.vocabulary = vocabulary
    table = try ParameterTable(configuration)
    try PlanError.refuse(bytesOver: table.blockCount * MemoryLayout<S>.stride, for: "the parameters")
    block = [S](repeating: 0, count: table.blockCount)
  }

  /// The same parameters, to be trained with other dropout, zoneout and the like.
  /// - Precondition: the configuration has the same parameters.
  public func with(_ configuration: ModelConfiguration) -> Model {
    configuration.validate()
    let entries = try? ParameterTable(configuration).entries
    require(entries == table.entries, "the configuration has other parameters than the model")
    var result = self
    result.configuration = configuration
    return result
  }

  /// Scalars in all parameters.
  public var parameterCount: Int { table.parameterCount }

  /// The values of a parameter, row-major. Setting needs as many values as there were.
  /// - Precondition: the model has a parameter of this name.
  public subscript(parameter name: String) -> [S] {
    get {
      let entry = entry(name)
      return Array(block[entry.offset..<entry.offset + entry.count])
    }
    set {
      let entry = entry(name)
      require(
        newValue.count == entry.count,
        "\(name) has shape \(entry.shape), \(entry.count) values; got \(newValue.count)")
      block.replaceSubrange(entry.offset..<entry.offset + entry.count, with: newValue)
    }
  }

  /// - Parameter values: as many as the parameter has.
  package mutating func setParameter(_ entry: ParameterTable.Entry, to values: [S]) {
    require(values.count == entry.count, "\(values.count) values for \(entry.name) of shape \(entry.shape)")
    block.replaceSubrange(entry.offset..<entry.offset + entry.count, with: values)
  }

  private func entry(_ name: String) -> ParameterTable.Entry {
    guard let entry = table[name] else {
      stop("no parameter \(name); there are \(table.entries.map(\.name))")
    }
    return entry
  }
}
