import ArgumentParser
import Recurrent

/// Connections and regularisation of a model beyond the usual.
struct StructureOptions: ParsableArguments {
  @Flag(help: "Add to a layer's output what it reads, where both are equally wide.")
  var residual = false

  @Flag(
    help:
      "Make each layer a residual block: a norm before the cell, what the layer reads added behind it, and then a gated feed-forward layer with a norm and an addition of its own; a norm before the head. For --cell rglru, mingru, minlstm, slstm. --dropout then drops of what is added."
  )
  var residualBlocks = false

  @Option(
    in: 1...largestSize,
    help:
      "Units of the feed-forward layer of --residual-blocks. (default: 8/3 of a layer's outputs, in multiples of 16)")
  var feedForwardSize: Int?

  @Option(in: 1...largestSize, help: "Project each cell's output to so many units (PyTorch's proj_size).")
  var projectionSize: Int?

  @Option(
    in: 1...largestSize,
    help: "Make recurrent and input matrices products of two thin ones of this rank, where that makes them smaller.")
  var rank: Int?

  @Flag(help: "Train the state from which sequences start.")
  var trainedInitialState = false

  @Flag(help: "Drop the same units at all steps of a sequence, between layers and before the head.")
  var variationalDropout = false

  @Option(.fraction, help: "Share of the units that are dropped on their way back into the recurrent product.")
  var recurrentDropout = 0.0

  @Option(
    .fraction, help: "Share of the entries of the recurrent matrices that are 0 in a batch (the weight-dropped LSTM).")
  var weightDropout = 0.0

  @Option(.fraction, help: "Share of the tokens whose vectors are 0 in a batch; of embeddings.")
  var embeddingDropout = 0.0

  @Option(.fraction, help: "Share of the outputs that keep their old value at a step.")
  var zoneoutHidden = 0.0

  @Option(.fraction, help: "Share of the other parts of the state that keep their old value at a step.")
  var zoneoutCell = 0.0

  /// Refuses what the cell, or the model without it, does not allow.
  func validate(_ cell: any RecurrentCell, hiddenSize: Int, dropout: Double, headDropout: Double) throws {
    if residualBlocks, residual {
      throw ValidationError("'--residual-blocks' excludes '--residual': blocks add what a layer reads already")
    }
    if feedForwardSize != nil, !residualBlocks {
      throw ValidationError("'--feed-forward-size <n>' needs '--residual-blocks'")
    }
    if let projectionSize {
      if !cell.structure.allowsProjection {
        throw ValidationError(
          "The value '\(projectionSize)' is invalid for '--projection-size <n>': the cell \(cell.name) reads its own output"
        )
      }
      if projectionSize >= hiddenSize {
        throw ValidationError(
          "The value '\(projectionSize)' is invalid for '--projection-size <n>': expected fewer than the \(hiddenSize) "
            + "hidden units")
      }
    }
    if let rank {
      let invalid = "The value '\(rank)' is invalid for '--rank <n>': "
      if let reason = cell.lowRankFault { throw ValidationError(invalid + reason) }
      let rows = cell.structure.gateCount * hiddenSize
      let largest = LowRank.largestUseful(rows: rows, columns: projectionSize ?? hiddenSize)
      guard rank <= largest else {
        throw ValidationError(
          invalid + "the recurrent matrix of \(hiddenSize) hidden units does not become smaller above \(largest)")
      }
    }
    if recurrentDropout > 0, cell.structure.recurrentProduct == .none {
      throw ValidationError(
        "The value '\(recurrentDropout)' is invalid for '--recurrent-dropout <x>': the cell \(cell.name) has no recurrent "
          + "product")
    }
    if zoneoutCell > 0, cell.structure.stateCount == 1 {
      throw ValidationError(
        "The value '\(zoneoutCell)' is invalid for '--zoneout-cell <x>': the state of \(cell.name) is its output alone")
    }
    if variationalDropout, dropout == 0, headDropout == 0 {
      throw ValidationError("'--variational-dropout' needs '--dropout' or '--head-dropout'")
    }
  }

  /// - Throws: `ValidationError` where what is to be dropped is not there.
  func apply(to configuration: inout ModelConfiguration) throws {
    configuration.isResidual = residual
    if residualBlocks { configuration.blocks = ResidualBlocks(feedForwardSize: feedForwardSize) }
    configuration.projectionSize = projectionSize
    configuration.trainsInitialState = trainedInitialState
    if let rank { configuration.cutMatrices(to: rank) }
    try applyRegularisation(to: &configuration)
  }

  /// What does not change the model's parameters.
  /// - Throws: `ValidationError` where what is to be dropped is not there.
  func applyRegularisation(to configuration: inout ModelConfiguration) throws {
    configuration.isDropoutVariational = variationalDropout
    configuration.recurrentDropout = recurrentDropout
    configuration.weightDropout = weightDropout
    configuration.embeddingDropout = embeddingDropout
    configuration.zoneout = Zoneout(hidden: zoneoutHidden, cell: zoneoutCell)
    if let fault = configuration.maskFault { throw ValidationError(fault) }
  }
}
