internal import Storage

/// Checkpoints on disk: the file of a model with more in it. Tensors named training.… hold the moments of the optimizer
/// (training.moment1.encoder.rnn.weight_ih_l0, …), the average of the weights, if there is one (training.average.…), and,
/// where the best model is in the same file, the one that is trained on
/// (training.model.encoder.…). The metadata have "training", much as `TrainingMetadata` writes it, and "note.NAME".
extension EncoderDecoderCheckpoint {
  /// Writes the checkpoint to `path`, whole or not at all: to a temporary file beside it, synced, then renamed.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String) throws(CheckpointError) {
    let shown = best ?? model
    let (modelPrefix, blocks) = (Self.modelPrefix, self.blocks)
    var tensors = shown.tensors()
    if best != nil { tensors += model.tensors(prefix: modelPrefix) }
    for block in blocks { tensors += model.tensors(prefix: block.prefix) }
    try Safetensors.write(to: path, tensors: tensors, metadata: model.metadata + entries, checksum: true) {
      (tensor, file) throws(FileError) in
      if tensor.name.hasPrefix(modelPrefix) {
        return try model.write(String(tensor.name.dropFirst(modelPrefix.count)), to: &file)
      }
      for block in blocks where tensor.name.hasPrefix(block.prefix) {
        return try block.values.write(String(tensor.name.dropFirst(block.prefix.count)), to: &file)
      }
      try shown.write(tensor.name, to: &file)
    }
  }

  /// Reads a checkpoint.
  /// - Parameters:
  ///   - path: of a file that `save` wrote.
  ///   - encoderCell: the encoder's cell where it is not built in; its name must be the file's.
  ///   - decoderCell: the decoder's, likewise.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit; `invalidMetadata` with the key "training"
  ///   for a model without training, or one in the other precision.
  public init(
    contentsOf path: String, encoderCell: (any RecurrentCell)? = nil, decoderCell: (any RecurrentCell)? = nil
  ) throws(CheckpointError) {
    let file = try SafetensorsFile(path: path)
    let shown = try EncoderDecoder<S>(file, encoderCell, decoderCell)
    let reader = try TrainingMetadata.reader(file)
    let scalar = try reader.string("scalar")
    guard scalar == S._dataType else {
      throw reader.fault("the training is in \(printable(scalar)), not in \(S._dataType)")
    }
    settings = try EncoderDecoderSettings(reader)
    if let fault = EncoderDecoderSettings.fault(of: settings.loss, forMarks: shown.marks)
      ?? settings.loss.outputSizeFault(shown.decoder.configuration.outputSize)
      ?? settings.shardFault ?? settings.precision.fault(of: settings.products) ?? settings.precision.fault(of: S.self)
      ?? settings.exchange.fault(of: S.self)
    {
      throw reader.fault(fault)
    }
    stepCount = try reader.integer("step")
    guard stepCount >= 0 else { throw reader.fault("step is \(stepCount), below 0") }
    dropoutSeeds = try reader.generator("dropout_generator")
    samplingSeeds = try reader.generator("sampling_generator")
    fingerprint = try Fingerprint(reader.member("fingerprint"))
    notes = TrainingMetadata.notes(of: file)

    let hasBest = file.tensors.contains { $0.name.hasPrefix(Self.modelPrefix) }
    best = hasBest ? shown : nil
    model = shown
    var names = Set(shown.tensors().map { ExactString($0.name) })
    if hasBest { try model.read(file, prefix: Self.modelPrefix, names: &names) }
    var moments: (encoder: [[S]], decoder: [[S]]) = ([], [])
    for moment in 0..<settings.optimizer.momentCount {
      // Of the model's layout: every parameter is read.
      var block = shown
      try block.read(file, prefix: Self.momentPrefix(moment), names: &names)
      moments.encoder.append(block.encoder.block)
      moments.decoder.append(block.decoder.block)
    }
    self.moments = moments
    if let decay = settings.averageDecay {
      var block = shown
      try block.read(file, prefix: Self.averagePrefix, names: &names)
      let count = try reader.averagedSteps(of: stepCount)
      var average = (
        encoder: WeightAverage(block.encoder, decay: decay), decoder: WeightAverage(block.decoder, decay: decay)
      )
      (average.encoder.count, average.decoder.count) = (count, count)
      self.average = average
    } else {
      average = nil
    }
    if let extra = file.tensors.first(where: { !names.contains(ExactString($0.name)) }) {
      throw .unexpectedTensor(file: file.file, name: extra.name)
    }
  }

  private static var modelPrefix: String { TrainingMetadata.tensorPrefix + "model." }
  private static var averagePrefix: String { TrainingMetadata.tensorPrefix + "average." }
  private static func momentPrefix(_ index: Int) -> String { "\(TrainingMetadata.tensorPrefix)moment\(index + 1)." }

  /// The moments, and the average, as models of the same layout.
  private var blocks: [(prefix: String, values: EncoderDecoder<S>)] {
    func block(_ prefix: String, _ encoder: [S], _ decoder: [S]) -> (prefix: String, values: EncoderDecoder<S>) {
      var values = model
      (values.encoder.block, values.decoder.block) = (encoder, decoder)
      return (prefix, values)
    }
    return moments.encoder.indices.map {
      block(Self.momentPrefix($0), moments.encoder[$0], moments.decoder[$0])
    } + (average.map { [block(Self.averagePrefix, $0.encoder.block, $0.decoder.block)] } ?? [])
  }

  private var entries: [(key: String, value: String)] {
    var members: [(key: String, value: JSON)] = [
      (key: "version", value: .integer(TrainingMetadata.version)), (key: "step", value: .integer(stepCount)),
      (key: "scalar", value: .string(S._dataType)),
    ]
    members += settings.json
    if let average { members.append((key: "averaged_steps", value: .integer(average.encoder.count))) }
    members += [
      (key: "dropout_generator", value: dropoutSeeds.json), (key: "sampling_generator", value: samplingSeeds.json),
      (key: "fingerprint", value: fingerprint.json),
    ]
    return [(key: TrainingMetadata.key, value: ModelMetadata.text(.object(members)))]
      + TrainingMetadata.entries(of: notes)
  }
}

extension EncoderDecoder {
  /// Reads all parameters from tensors named like them, after a prefix.
  /// - Parameter names: gets the names of the tensors.
  fileprivate mutating func read(
    _ file: SafetensorsFile, prefix: String, names: inout Set<ExactString>
  ) throws(CheckpointError) {
    for tensor in tensors(prefix: prefix) { names.insert(ExactString(tensor.name)) }
    try encoder.read(file, prefix: prefix + "encoder.")
    try decoder.read(file, prefix: prefix + "decoder.")
  }
}
