internal import Storage

/// Checkpoints on disk: a model file with more in it. Tensors named training.… hold the moments of the optimizer
/// (training.moment1.rnn.weight_ih_l0, …, shaped as the parameter), the average of the weights, if there is one (training.average.…), and the carried state (training.state0.l0 is h of
/// the first layer, [N, width]; training.state1.l0_reverse an LSTM's c of its other direction). Where the best model is in the
/// same file, its parameters stand under their own names, and those that are trained on as training.model.…. The metadata
/// have "training" (see `TrainingMetadata`) and "note.NAME".
extension TrainingCheckpoint {
  /// Writes the checkpoint to `path`, whole or not at all: to a temporary file beside it, synced, then renamed.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String) throws(CheckpointError) {
    let type = Safetensors.DType(rawValue: S._dataType)!
    let places = places
    var tensors = model.table.entries.map { (name: $0.name, dtype: type, shape: $0.shape) }
    tensors += places.map { (name: $0.name, dtype: type, shape: $0.shape) }
    let byName = Dictionary(uniqueKeysWithValues: places.map { ($0.name, $0) })
    let shown = best ?? model
    let metadata =
      ModelMetadata(model.configuration, model.vocabulary, model.annotations).entries + TrainingMetadata(self).entries
    try Safetensors.write(to: path, tensors: tensors, metadata: metadata, checksum: true) {
      (tensor, file) throws(FileError) in
      if let entry = model.table[tensor.name] {
        try file.write(shown.block.span.extracting(entry.offset..<entry.offset + entry.count))
      } else if let place = byName[tensor.name] {
        let values =
          switch place.owner {
          case .model: model.block
          case .moment(let index): moments[index]
          case .average: average?.block ?? []
          case .state: state.values
          }
        try file.write(values.span.extracting(place.range))
      }
    }
  }

  /// Reads a checkpoint.
  /// - Parameters:
  ///   - path: of a file that `save` wrote.
  ///   - cell: the cell of the model where it is not built in; its name must be the file's.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit; `invalidMetadata` with the key
  ///   "training" for a model without training, or one in the other precision.
  public init(contentsOf path: String, cell: (any RecurrentCell)? = nil) throws(CheckpointError) {
    try self.init(SafetensorsFile(path: path), cell: cell)
  }

  /// Takes the bytes of a whole file; `file` names it in messages.
  package init(bytes: [UInt8], file: String, cell: (any RecurrentCell)? = nil) throws(CheckpointError) {
    try self.init(SafetensorsFile(bytes: bytes, file: file), cell: cell)
  }

  private init(_ file: SafetensorsFile, cell: (any RecurrentCell)?) throws(CheckpointError) {
    let model = try Model<S>(file, cell: cell)
    let metadata = try TrainingMetadata(file)
    try metadata.check(model.configuration, scalar: S.self, file)
    // Before anything is allocated by what the file says: its tensors have the sizes that follow from it.
    let batchSize = metadata.settings.batchSize
    let widths = RecurrentState<S>(zerosFor: model.configuration, batchSize: 1)
    for place in Self.statePlaces(widths, model.configuration.directions) {
      let shape = try file.tensor(place.name).shape
      let expected = [batchSize, place.shape[1]]
      guard shape == expected else {
        throw .shapeMismatch(file: file.file, tensor: place.name, expected: expected, actual: shape)
      }
    }
    settings = metadata.settings
    stepCount = metadata.stepCount
    dropoutSeeds = metadata.dropoutSeeds
    fingerprint = metadata.fingerprint
    notes = metadata.notes
    isFresh = metadata.isFresh
    var state = RecurrentState<S>(zerosFor: model.configuration, batchSize: batchSize)
    var moments: [[S]] = []
    for _ in 0..<metadata.settings.optimizer.momentCount { moments.append([S](repeating: 0, count: model.block.count)) }
    var names = Set(model.table.entries.map { ExactString($0.name) })
    let modelPlaces = Self.modelPlaces(model.table)
    let modelNames = Set(modelPlaces.map { ExactString($0.name) })
    let hasBest = file.tensors.contains { modelNames.contains(ExactString($0.name)) }
    best = hasBest ? model : nil
    var trained = model
    var average = metadata.settings.averageDecay.map { WeightAverage(model, decay: $0) }
    average?.count = metadata.averagedSteps ?? 0
    let places =
      (hasBest ? modelPlaces : []) + (average == nil ? [] : Self.averagePlaces(model.table))
      + Self.momentPlaces(model.table, count: moments.count)
      + Self.statePlaces(state, model.configuration.directions)
    for place in places {
      names.insert(ExactString(place.name))
      switch place.owner {
      case .model: try file.read(place, into: &trained.block)
      case .moment(let index): try file.read(place, into: &moments[index])
      case .average: if average != nil { try file.read(place, into: &average!.block) }
      case .state: try file.read(place, into: &state.values)
      }
    }
    self.model = trained
    if let extra = file.tensors.first(where: { !names.contains(ExactString($0.name)) }) {
      throw .unexpectedTensor(file: file.file, name: extra.name)
    }
    self.state = state
    self.moments = moments
    self.average = average
  }

  // MARK: Places

  /// A tensor of the training, and which part of what it is.
  fileprivate struct Place {
    enum Owner {
      case model, average, state
      case moment(Int)
    }

    let name: String
    let shape: [Int]
    let owner: Owner
    let range: Range<Int>
  }

  private var places: [Place] {
    (best == nil ? [] : Self.modelPlaces(model.table)) + (average == nil ? [] : Self.averagePlaces(model.table))
      + Self.momentPlaces(model.table, count: moments.count)
      + Self.statePlaces(state, model.configuration.directions)
  }

  private static func modelPlaces(_ table: ParameterTable) -> [Place] { places(table, "model", .model) }

  private static func averagePlaces(_ table: ParameterTable) -> [Place] { places(table, "average", .average) }

  private static func places(_ table: ParameterTable, _ name: String, _ owner: Place.Owner) -> [Place] {
    table.entries.map { entry in
      Place(
        name: "\(TrainingMetadata.tensorPrefix)\(name).\(entry.name)", shape: entry.shape, owner: owner,
        range: entry.offset..<entry.offset + entry.count)
    }
  }

  private static func momentPlaces(_ table: ParameterTable, count: Int) -> [Place] {
    (0..<count).flatMap { places(table, "moment\($0 + 1)", .moment($0)) }
  }

  private static func statePlaces(_ state: RecurrentState<S>, _ directions: Directions) -> [Place] {
    let names = state.recurrenceNames(directions)
    return (0..<state.partCount).flatMap { part in
      names.indices.map { recurrence in
        let first = state.range(part, recurrence, 0).lowerBound
        let width = state.widths[part][recurrence]
        return Place(
          name: "\(TrainingMetadata.tensorPrefix)state\(part).\(names[recurrence])",
          shape: [state.batchSize, width], owner: .state, range: first..<first + state.batchSize * width)
      }
    }
  }
}

extension SafetensorsFile {
  fileprivate func read<S: Scalar>(
    _ place: TrainingCheckpoint<S>.Place, into values: inout [S]
  ) throws(CheckpointError) {
    var span = values.mutableSpan
    try read(place.name, shape: place.shape, into: &span, place.range)
  }
}
