import ArgumentParser
import Recurrent

/// A small model on vectors, and how it is trained.
struct TableModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The recurrent cell.", valueName: "name"))
  var cell = CellOption(LSTMCell.lstm)

  @Option(
    name: .customLong("hidden-size"), in: 1...largestSize,
    help: "Hidden units of each layer. (default: 32; 64 where texts are classified, 100 for tags)")
  var givenHiddenSize: Int?

  @Option(in: 1...1000, help: "Layers, one upon the other.")
  var layers = 1

  @Option(.fraction, help: "Share of a layer's outputs that is dropped on the way to the next layer, in training.")
  var dropout = 0.0

  @Option(
    name: .customLong("head-dropout"), .fraction,
    help:
      "Share of the top layer's outputs that is dropped on the way to the head, in training. (default: 0; 0.5 where texts are classified, and for tags)"
  )
  var givenHeadDropout: Double?

  var hiddenSize: Int { givenHiddenSize ?? 32 }
  var headDropout: Double { givenHeadDropout ?? 0 }

  /// With other defaults.
  func defaulting(hiddenSize: Int, headDropout: Double) -> TableModelOptions {
    var result = self
    result.givenHiddenSize = givenHiddenSize ?? hiddenSize
    result.givenHeadDropout = givenHeadDropout ?? headDropout
    return result
  }

  @OptionGroup var structure: StructureOptions

  @Option(
    reading:
      "Start from the weights of this model, which was trained on the same part of the same table, and may have been cut "
      + "since by rnn compress.")
  var initFrom: String?

  /// What the model that is started from has decided.
  private static let decided: Set = [
    "--cell", "--hidden-size", "--layers", "--residual", "--residual-blocks",
    "--feed-forward-size", "--projection-size", "--rank", "--trained-initial-state",
    "--bidirectional", "--head",
  ]

  func validate() throws {
    if initFrom != nil {
      if let option = GivenOptions.names.first(where: Self.decided.contains) {
        throw ValidationError("'\(option)' excludes '--init-from <file>': the model has decided it")
      }
      return
    }
    try refuseIdle(dropout: dropout, layers: layers, hasBlocks: structure.residualBlocks)
  }

  /// Refuses connections that the layers do not allow. For the command, which knows how large they are.
  func validateStructure() throws {
    guard initFrom == nil else { return }
    try structure.validate(cell.cell, hiddenSize: hiddenSize, dropout: dropout, headDropout: headDropout)
  }

  /// A model to be trained: a new one, or that of `--init-from`.
  /// - Parameters:
  ///   - configuration: without what the options say of its connections and regularisation.
  ///   - annotations: what the model is trained on.
  func start(
    _ configuration: ModelConfiguration, annotations: [String: String], seed: UInt64
  ) throws -> Model<Float> {
    guard let initFrom else {
      var configuration = configuration
      try structure.apply(to: &configuration)
      if let fault = configuration.blocksFault { throw ValidationError("'--residual-blocks': \(fault)") }
      var model = try Model<Float>(configuration, seed: seed)
      model.annotations = annotations
      return model
    }
    let file = try SafetensorsFile(path: initFrom)
    try ModelUse.requireNetwork(file)
    let model = try Model<Float>(file)
    guard annotations.allSatisfy({ model.annotations[$0.key] == $0.value }) else {
      throw Failure(
        message:
          "\(initFrom) was not trained on this part of this table: columns, classes, scaling and units of text must be the same, as the "
          + "same table, --validation and --seed give them")
    }
    try NonFinite.refuse(model, initFrom)
    var own = model.configuration
    (own.dropout, own.headDropout) = (dropout, headDropout)
    try structure.applyRegularisation(to: &own)
    try refuseIdle(dropout: dropout, layers: own.layerCount, hasBlocks: own.blocks != nil)
    try structure.validate(own.cell, hiddenSize: own.hiddenSize, dropout: dropout, headDropout: headDropout)
    Note.note("start from the weights of \(initFrom)")
    return model.with(own)
  }
}
