internal import Storage

/// Both models in one safetensors file, their parameters named encoder.… and decoder.…. The metadata have "format":
/// "recurrent-encoder-decoder", "encoder", "decoder" (configurations), "encoder_vocabulary", "decoder_vocabulary", and
/// "marks"; annotations of the models are named encoder_… and decoder_….
extension EncoderDecoder {
  /// What the files of such models say that they are.
  package static var format: String { "recurrent-encoder-decoder" }

  /// Writes the model to `path`, whole or not at all.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String) throws(CheckpointError) {
    try Safetensors.write(to: path, tensors: tensors(), metadata: metadata, checksum: true) {
      (tensor, file) throws(FileError) in
      try write(tensor.name, to: &file)
    }
  }

  /// What a file of the model says about it.
  var metadata: [(key: String, value: String)] {
    var metadata = [(key: "format", value: Self.format), (key: "format_version", value: ModelFile.version)]
    for (name, model) in parts {
      metadata.append((key: name, value: ModelMetadata.text(model.configuration.json)))
      if let vocabulary = model.vocabulary {
        metadata.append((key: name + "_vocabulary", value: ModelMetadata.text(ModelMetadata.json(vocabulary))))
      }
      metadata += ModelMetadata.entries(of: model.annotations, owner: name + "_")
    }
    if let marks {
      let json = JSON.object([
        (key: "start", value: .integer(Int(marks.start))), (key: "end", value: .integer(Int(marks.end))),
      ])
      metadata.append((key: "marks", value: ModelMetadata.text(json)))
    }
    return metadata
  }

  /// - Parameter prefix: of all names.
  func tensors(prefix: String = "") -> [(name: String, dtype: Safetensors.DType, shape: [Int])] {
    parts.flatMap { name, model in
      model.table.entries.map {
        (name: "\(prefix)\(name).\($0.name)", dtype: Safetensors.DType(rawValue: S._dataType)!, shape: $0.shape)
      }
    }
  }

  /// Writes the parameter of this name, encoder.… or decoder.….
  func write(_ name: String, to file: inout DurableFile) throws(FileError) {
    // Both prefixes are of this length.
    let own = String(name.dropFirst("encoder.".count))
    if name.hasPrefix("encoder.") {
      try encoder.write(own, to: &file)
    } else {
      try decoder.write(own, to: &file)
    }
  }

  /// Reads a model. Numbers of the other precision are converted.
  /// - Parameters:
  ///   - path: of a file that `save` wrote.
  ///   - encoderCell: the encoder's cell where it is not built in; its name must be the file's.
  ///   - decoderCell: the decoder's, likewise.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or does not fit.
  public init(
    contentsOf path: String, encoderCell: (any RecurrentCell)? = nil, decoderCell: (any RecurrentCell)? = nil
  ) throws(CheckpointError) {
    try self.init(SafetensorsFile(path: path), encoderCell, decoderCell)
  }

  /// Reads a model of built-in cells from the bytes of its file; `file` names it in messages.
  package init(bytes: [UInt8], file: String) throws(CheckpointError) {
    try self.init(SafetensorsFile(bytes: bytes, file: file), nil, nil)
  }

  /// Reads a model of built-in cells of a file that is open: a pipe can be read once.
  package init(_ file: SafetensorsFile) throws(CheckpointError) { try self.init(file, nil, nil) }

  /// The model of a file that holds a model or a checkpoint.
  init(
    _ file: SafetensorsFile, _ encoderCell: (any RecurrentCell)?, _ decoderCell: (any RecurrentCell)?
  ) throws(CheckpointError) {
    guard file.metadata("format") == Self.format else {
      throw .foreignModel(file.file, reason: "its metadata do not name an encoder and a decoder as its format")
    }
    try ModelFile.verify(file)
    let encoder = try Self.metadata(file, "encoder", encoderCell)
    let decoder = try Self.metadata(file, "decoder", decoderCell)
    var marks: SequenceMarks?
    if file.metadata("marks") != nil {
      let reader = try MetadataReader(file, "marks")
      marks = SequenceMarks(start: try reader.token("start"), end: try reader.token("end"))
    }
    if let fault = BridgeFault.find(encoder.configuration, decoder.configuration)
      ?? BridgeFault.find(marks, decoder.configuration)
    {
      throw .invalidMetadata(file: file.file, key: "decoder", reason: fault.reason)
    }
    let names = try encoder.checkTensors(of: file, prefix: "encoder.")
      .union(decoder.checkTensors(of: file, prefix: "decoder."))
    let isCheckpoint = file.metadata(TrainingMetadata.key) != nil
    if let extra = file.tensors.first(where: {
      !names.contains(ExactString($0.name)) && !(isCheckpoint && $0.name.hasPrefix(TrainingMetadata.tensorPrefix))
    }) {
      throw .unexpectedTensor(file: file.file, name: extra.name)
    }
    self.init(
      encoder: try Model(encoder, file, prefix: "encoder."), decoder: try Model(decoder, file, prefix: "decoder."),
      marks: marks)
  }

  private var parts: [(name: String, model: Model<S>)] { [("encoder", encoder), ("decoder", decoder)] }

  private static func metadata(
    _ file: SafetensorsFile, _ key: String, _ cell: (any RecurrentCell)?
  ) throws(CheckpointError) -> ModelMetadata {
    let configuration = try ModelMetadata.configuration(MetadataReader(file, key), cell: cell)
    return ModelMetadata(
      configuration, try ModelMetadata.vocabulary(file, key + "_vocabulary", for: configuration),
      ModelMetadata.annotations(in: file, owner: key + "_"))
  }
}

extension Model {
  fileprivate func write(_ name: String, to file: inout DurableFile) throws(FileError) {
    let entry = table[name]!
    try file.write(block.span.extracting(entry.offset..<entry.offset + entry.count))
  }

  /// The tensors of a checked file whose names have a prefix.
  fileprivate init(_ metadata: ModelMetadata, _ file: SafetensorsFile, prefix: String) throws(CheckpointError) {
    do { try self.init(zeros: metadata.configuration, vocabulary: metadata.vocabulary) } catch {
      throw .io(file: file.file, reason: error.description)
    }
    annotations = metadata.annotations
    try read(file, prefix: prefix)
  }
}

extension MetadataReader {
  fileprivate func token(_ name: String) throws(CheckpointError) -> Int32 {
    guard let value = try member(name).json.integer.flatMap({ Int32(exactly: $0) }) else {
      throw fault("\(name) is no token")
    }
    return value
  }
}
