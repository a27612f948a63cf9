import Storage

/// What a checkpoint says of its training in its metadata.
///
///     "training": {"version": 1, "step": 1200, "scalar": "F32", "batch_size": 50, "sequence_length": 50, …,
///                  "optimizer": {"kind": "adam", …}, "dropout_generator": "9e3779b97f4a7c15",
///                  "fresh_sequences": [], "fingerprint": {…}},
///     "note.NAME": "TEXT"
package struct TrainingMetadata {
  package static let key = "training"
  static let tensorPrefix = "training."
  static let notePrefix = "note."
  static let version = 1

  let settings: TrainingSettings
  let stepCount: Int
  /// Steps in the average of the weights; nil without.
  let averagedSteps: Int?
  let dropoutSeeds: SeededGenerator
  let isFresh: [Bool]
  let fingerprint: Fingerprint
  let notes: [String: String]
  let scalar: String
  private let file: String

  init<S: Scalar>(_ checkpoint: TrainingCheckpoint<S>) {
    settings = checkpoint.settings
    stepCount = checkpoint.stepCount
    averagedSteps = checkpoint.average?.count
    dropoutSeeds = checkpoint.dropoutSeeds
    isFresh = checkpoint.isFresh
    fingerprint = checkpoint.fingerprint
    notes = checkpoint.notes
    scalar = S._dataType
    file = ""
  }

  var entries: [(key: String, value: String)] {
    let fresh = isFresh.indices.filter { isFresh[$0] }
    let json = JSON.object(
      [
        (key: "version", value: .integer(Self.version)),
        (key: "step", value: .integer(stepCount)),
        (key: "scalar", value: .string(scalar)),
      ] + settings.json
        + (averagedSteps.map { [(key: "averaged_steps", value: .integer($0))] } ?? []) + [
          (key: "dropout_generator", value: dropoutSeeds.json),
          (key: "fresh_sequences", value: .array(fresh.map { .integer($0) })),
          (key: "fingerprint", value: fingerprint.json),
        ])
    // Sorted: the same checkpoint gives the same bytes.
    return [(key: Self.key, value: ModelMetadata.text(json))]
      + Self.entries(of: notes)
  }

  /// Notes, sorted.
  static func entries(of notes: [String: String]) -> [(key: String, value: String)] {
    notes.sorted { $0.key < $1.key }.map { (key: notePrefix + $0.key, value: $0.value) }
  }

  static func notes(of file: SafetensorsFile) -> [String: String] {
    var notes: [String: String] = [:]
    for (key, value) in file.metadata where key.hasPrefix(notePrefix) {
      notes[String(key.dropFirst(notePrefix.count))] = value
    }
    return notes
  }

  /// What a file says of its training.
  static func reader(_ file: SafetensorsFile) throws(CheckpointError) -> MetadataReader {
    guard file.metadata(key) != nil else {
      throw .invalidMetadata(
        file: file.file, key: key, reason: "it is missing: the file holds a model, but no training to go on with")
    }
    let reader = try MetadataReader(file, key)
    let found = try reader.integer("version")
    guard found == version else {
      throw .unsupportedVersion(file: file.file, found: "\(found) of its training", supported: "\(version)")
    }
    return reader
  }

  init(_ file: SafetensorsFile) throws(CheckpointError) {
    let reader = try Self.reader(file)
    self.file = file.file
    settings = try TrainingSettings(reader)
    stepCount = try reader.integer("step")
    guard stepCount >= 0 else { throw reader.fault("step is \(stepCount), below 0") }
    averagedSteps = settings.averageDecay == nil ? nil : try reader.averagedSteps(of: stepCount)
    scalar = try reader.string("scalar")
    dropoutSeeds = try reader.generator("dropout_generator")
    guard let fresh = reader.json["fresh_sequences"]?.array else { throw reader.fault("fresh_sequences is no list") }
    guard settings.batchSize <= file.dataByteCount else {
      throw reader.fault("batch_size is \(settings.batchSize), more than the file has bytes")
    }
    var isFresh = [Bool](repeating: false, count: settings.batchSize)
    for item in fresh {
      guard let sequence = item.integer, isFresh.indices.contains(sequence) else {
        throw reader.fault("fresh_sequences holds what is no sequence")
      }
      isFresh[sequence] = true
    }
    self.isFresh = isFresh
    fingerprint = try Fingerprint(reader.member("fingerprint"))
    notes = Self.notes(of: file)
  }

  func fault(_ reason: String) -> CheckpointError { .invalidMetadata(file: file, key: Self.key, reason: reason) }

  /// Refuses settings that do not go with the model, and a training in the other precision: rounded, it would be another.
  func check<S: Scalar>(
    _ configuration: ModelConfiguration, scalar type: S.Type, _ file: SafetensorsFile
  ) throws(CheckpointError) {
    guard scalar == S._dataType else {
      throw fault("the training is in \(printable(scalar)), not in \(S._dataType)")
    }
    if let reason = settings.fault(for: configuration) ?? settings.precision.fault(of: S.self)
      ?? settings.exchange.fault(of: S.self)
    {
      throw fault(reason)
    }
  }
}

extension MetadataReader {
  /// Steps in an average of weights.
  func averagedSteps(of stepCount: Int) throws(CheckpointError) -> Int {
    let count = try integer("averaged_steps")
    guard (0...stepCount).contains(count) else {
      throw fault("averaged_steps is \(count), not in 0...\(stepCount)")
    }
    return count
  }

  func generator(_ name: String) throws(CheckpointError) -> SeededGenerator {
    guard let word = UInt64(try string(name), radix: 16) else { throw fault("\(name) is no state of a generator") }
    return SeededGenerator(seed: word)
  }
}

extension SeededGenerator {
  var json: JSON { .string(String(state, radix: 16)) }
}

extension Fingerprint {
  var json: JSON {
    let members = [
      ("version", version), ("kernels", instructionSet), ("openblas", openBLAS), ("openblas_core", openBLASCore),
      ("products", products),
    ]
    return .object(members.compactMap { name, value in value.map { (key: name, value: .string($0)) } })
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    // Checkpoints of versions before there was a choice of products lack the last two.
    func later(_ name: String) throws(CheckpointError) -> String? {
      reader.json[name] == nil ? nil : try reader.string(name)
    }
    self.init(
      version: try reader.string("version"), instructionSet: try reader.string("kernels"),
      openBLAS: try reader.string("openblas"), openBLASCore: try later("openblas_core"),
      products: try later("products"))
  }
}
