package import Storage

/// What a model file says in its metadata: format and version, configuration, vocabulary, and what a program keeps with
/// its model, each annotation under its name with a prefix.
///
///     "format": "recurrent", "format_version": "2", "checksum": "crc32c:90ab12ef",
///     "configuration": {"cell": "lstm", "input": {"kind": "one-hot", "vocabulary_size": 65}, "hidden_size": 128,
///                       "layers": 2, "output_size": 65, "head": "every-step", "dropout": 0.0,
///                       "head_dropout": 0.0},
///     "vocabulary": {"unit": "scalar", "symbols": [10, 32, …], "normalization": "nfc"},
///     "annotation.NAME": "TEXT"
package struct ModelMetadata {
  let configuration: ModelConfiguration
  let vocabulary: Vocabulary?
  let annotations: [String: String]

  static let annotationPrefix = "annotation."

  init(_ configuration: ModelConfiguration, _ vocabulary: Vocabulary?, _ annotations: [String: String] = [:]) {
    self.configuration = configuration
    self.vocabulary = vocabulary
    self.annotations = annotations
  }
}

// MARK: Writing

extension ModelMetadata {
  var entries: [(key: String, value: String)] {
    var entries = [
      (key: "format", value: "recurrent"),
      (key: "format_version", value: ModelFile.version),
      (key: "configuration", value: Self.text(configuration.json)),
    ]
    if let vocabulary { entries.append((key: "vocabulary", value: Self.text(Self.json(vocabulary)))) }
    return entries + Self.entries(of: annotations)
  }

  /// A model's annotations as metadata. Sorted: the same model gives the same bytes.
  /// - Parameter owner: before the names, where a file has several models.
  static func entries(of annotations: [String: String], owner: String = "") -> [(key: String, value: String)] {
    annotations.sorted { $0.key < $1.key }.map { (key: owner + annotationPrefix + $0.key, value: $0.value) }
  }

  static func annotations(in file: SafetensorsFile, owner: String = "") -> [String: String] {
    let prefix = owner + annotationPrefix
    var annotations: [String: String] = [:]
    for (key, value) in file.metadata where key.hasPrefix(prefix) {
      annotations[String(key.dropFirst(prefix.count))] = value
    }
    return annotations
  }

  package static func text(_ json: JSON) -> String {
    // Every number here is finite, the only thing that JSON cannot say.
    guard let bytes = try? json.serialized() else { stop("metadata is not finite") }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ModelConfiguration {
  /// As model files and `rnn inspect` write it.
  package var json: JSON {
    let inputJSON: JSON =
      switch input {
      case .oneHot(let count):
        .object([(key: "kind", value: .string("one-hot")), (key: "vocabulary_size", value: .integer(count))])
      case .embedding(let count, let size):
        .object([
          (key: "kind", value: .string("embedding")), (key: "vocabulary_size", value: .integer(count)),
          (key: "size", value: .integer(size)),
        ])
      case .features(let tables, let letters):
        .object(
          [
            (key: "kind", value: .string("features")),
            (key: "vocabulary_sizes", value: .array(tables.map { .integer($0.vocabularySize) })),
            (key: "sizes", value: .array(tables.map { .integer($0.size) })),
          ] + (letters.map { [(key: "letters", value: $0.json)] } ?? []))
      case .vectors(let size):
        .object([(key: "kind", value: .string("vectors")), (key: "size", value: .integer(size))])
      }
    return .object(
      [
        (key: "cell", value: .string(cell.name)),
        (key: "input", value: inputJSON),
        (key: "hidden_size", value: .integer(hiddenSize)),
        (key: "layers", value: .integer(layerCount)),
        (key: "output_size", value: .integer(outputSize)),
        (key: "head", value: .string(head.nameInFiles)),
        (key: "dropout", value: .number(dropout)),
        (key: "head_dropout", value: .number(headDropout)),
      ] + optionsJSON)
  }
}

extension ModelConfiguration.Head {
  /// As model files and `rnn inspect` write it.
  package var nameInFiles: String {
    switch self {
    case .everyStep: "every-step"
    case .lastStep: "last-step"
    case .meanOverSteps: "mean-over-steps"
    case .maxOverSteps: "max-over-steps"
    case .none: "none"
    }
  }
}

// MARK: Reading

extension ModelMetadata {
  init(_ file: SafetensorsFile, cell: (any RecurrentCell)?) throws(CheckpointError) {
    guard file.metadata("format") == "recurrent" else {
      throw .foreignModel(
        file.file,
        reason:
          "its metadata do not name Recurrent as its format; 'rnn import \(printable(file.file)) MODEL' makes one of "
          + "the weights of PyTorch or Keras")
    }
    try ModelFile.verify(file)
    let reader = try MetadataReader(file, "configuration")
    configuration = try Self.configuration(reader, cell: cell)
    annotations = Self.annotations(in: file)
    vocabulary = try Self.vocabulary(file, "vocabulary", for: configuration)
  }

  /// Checks names and shapes before anything of the model's size is allocated: a file's configuration may lie. A checkpoint
  /// has tensors of its training besides.
  func checkTensors(of file: SafetensorsFile) throws(CheckpointError) {
    let names = try checkTensors(of: file, prefix: "")
    let isCheckpoint = file.metadata(TrainingMetadata.key) != nil
    if let extra = file.tensors.first(where: {
      !names.contains(ExactString($0.name)) && !(isCheckpoint && $0.name.hasPrefix(TrainingMetadata.tensorPrefix))
    }) {
      throw .unexpectedTensor(file: file.file, name: extra.name)
    }
  }

  /// Checks that the model's tensors are there, and returns their names with the prefix that they have in the file.
  func checkTensors(of file: SafetensorsFile, prefix: String) throws(CheckpointError) -> Set<ExactString> {
    let perLayer = configuration.directions.count * (configuration.cell.structure.recurrentProduct == .none ? 2 : 4)
    if configuration.layerCount > file.tensors.count / perLayer {
      throw .missingTensor(file: file.file, name: prefix + "rnn.weight_ih_l\(file.tensors.count / perLayer)")
    }
    let table: ParameterTable
    do { table = try ParameterTable(configuration) } catch {
      throw .invalidMetadata(file: file.file, key: "configuration", reason: error.description)
    }
    var names: Set<ExactString> = []
    func check(_ name: String, _ expected: [Int]) throws(CheckpointError) {
      let shape = try file.tensor(name).shape
      guard shape == expected else {
        throw .shapeMismatch(file: file.file, tensor: name, expected: expected, actual: shape)
      }
      names.insert(ExactString(name))
    }
    for entry in table.entries {
      let name = prefix + entry.name
      try check(name, entry.shape)
      if try ModelFile.hasScales(entry, name, in: file) { try check(name + ModelFile.scaleSuffix, [entry.shape[0]]) }
    }
    return names
  }

  package static func configuration(
    _ reader: MetadataReader, cell given: (any RecurrentCell)?
  ) throws(CheckpointError) -> ModelConfiguration {
    let name = try reader.string("cell")
    if let given, given.name != name {
      throw reader.fault("the model's cell is \(name), not \(given.name)")
    }
    guard let cell = given ?? BuiltInCells.named(name) else {
      throw reader.fault("there is no built-in cell \(name); to load the model, give its cell")
    }
    let input = try reader.member("input")
    let kind = try input.string("kind")
    let parsed: ModelConfiguration.Input
    switch kind {
    case "one-hot": parsed = .oneHot(vocabularySize: try input.size("vocabulary_size"))
    case "embedding":
      parsed = .embedding(vocabularySize: try input.size("vocabulary_size"), size: try input.size("size"))
    case "features":
      let (counts, sizes) = (try input.sizes("vocabulary_sizes"), try input.sizes("sizes"))
      guard counts.count == sizes.count else {
        throw reader.fault("the input has \(counts.count) vocabularies and \(sizes.count) sizes")
      }
      let letters = input.json["letters"] == nil ? nil : try LetterEncoder(try input.member("letters"))
      parsed = .features(zip(counts, sizes).map { .init(vocabularySize: $0, size: $1) }, letters: letters)
    case "vectors": parsed = .vectors(size: try input.size("size"))
    default: throw reader.fault("there is no input of kind \(kind)")
    }
    let headName = try reader.string("head")
    guard let head = ModelConfiguration.Head.allCases.first(where: { $0.nameInFiles == headName }) else {
      throw reader.fault("there is no head \(headName)")
    }
    let hiddenSize = try reader.size("hidden_size")
    let outputSize = try reader.size("output_size")
    let dropout = try reader.probability("dropout")
    // Files of earlier versions do not have it.
    let headDropout = try reader.probability("head_dropout")
    guard head != .none || headDropout == 0 else { throw reader.fault("head_dropout is \(headDropout) without a head") }
    var configuration = ModelConfiguration(
      cell: cell, input: parsed, hiddenSize: hiddenSize, layerCount: try reader.size("layers"),
      outputSize: head == .none ? hiddenSize : outputSize, head: head, dropout: dropout, headDropout: headDropout)
    try configuration.readOptions(reader)
    guard configuration.outputSize == outputSize else {
      throw reader.fault("without a head output_size is hidden_size, \(configuration.outputSize), not \(outputSize)")
    }
    return configuration
  }
}

/// Members of one JSON object in the metadata, with errors that say where.
package struct MetadataReader {
  let file: String
  let key: String
  let json: JSON

  init(_ file: SafetensorsFile, _ key: String) throws(CheckpointError) {
    self.file = file.file
    self.key = key
    guard let text = file.metadata(key) else {
      throw .invalidMetadata(file: file.file, key: key, reason: "it is missing")
    }
    do { json = try JSON(parsing: text) } catch {
      throw .invalidMetadata(file: file.file, key: key, reason: error.description)
    }
  }

  package init(file: String, key: String, json: JSON) {
    (self.file, self.key, self.json) = (file, key, json)
  }

  func fault(_ reason: String) -> CheckpointError { .invalidMetadata(file: file, key: key, reason: reason) }

  func member(_ name: String) throws(CheckpointError) -> MetadataReader {
    guard let value = json[name] else { throw fault("\(name) is missing") }
    return MetadataReader(file: file, key: key, json: value)
  }

  func string(_ name: String) throws(CheckpointError) -> String {
    guard let value = try member(name).json.string else { throw fault("\(name) is not a text") }
    return value
  }

  func number(_ name: String) throws(CheckpointError) -> Double {
    guard let value = try member(name).json.number else { throw fault("\(name) is not a number") }
    return value
  }

  func integer(_ name: String) throws(CheckpointError) -> Int {
    guard let value = try member(name).json.integer else { throw fault("\(name) is not a whole number") }
    return value
  }

  /// A finite number of at least 0.
  func nonNegative(_ name: String) throws(CheckpointError) -> Double {
    let value = try number(name)
    guard value >= 0 else { throw fault("\(name) is \(value), below 0") }
    return value
  }

  /// nil where it is missing, else a number above 0.
  func positive(_ name: String) throws(CheckpointError) -> Double? {
    if json[name] == nil { return nil }
    let value = try number(name)
    guard value > 0 else { throw fault("\(name) is \(value), not above 0") }
    return value
  }

  /// Whole numbers of at least 1, one or more.
  func sizes(_ name: String) throws(CheckpointError) -> [Int] {
    let list = try member(name).json.array ?? []
    let sizes = list.compactMap(\.integer)
    guard !list.isEmpty, sizes.count == list.count, sizes.allSatisfy({ $0 >= 1 }) else {
      throw fault("\(name) is no list of whole numbers of at least 1")
    }
    return sizes
  }

  /// A whole number of at least 1.
  func size(_ name: String) throws(CheckpointError) -> Int {
    guard let value = try member(name).json.integer, value >= 1 else {
      throw fault("\(name) is not a whole number of at least 1")
    }
    return value
  }
}
