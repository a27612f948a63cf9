import Storage

/// The vocabulary in the metadata of a model file.
extension ModelMetadata {
  static func json(_ vocabulary: Vocabulary) -> JSON {
    var members: [(key: String, value: JSON)] = [
      (key: "unit", value: .string(vocabulary.unit == .byte ? "byte" : "scalar")),
      (key: "symbols", value: .array(vocabulary.symbols.map { .integer(Int($0)) })),
    ]
    // Left out where there is none: files are then those of earlier versions, to the byte.
    if vocabulary.normalization != .none {
      members.append((key: "normalization", value: .string(vocabulary.normalization.rawValue)))
    }
    if let pieces = vocabulary.pieces {
      let parts = pieces.parts.map { part in JSON.array(part.map { .integer(Int($0)) }) }
      members.append(
        (
          key: "pieces",
          value: .object([(key: "kind", value: .string(pieces.kind.rawValue)), (key: "parts", value: .array(parts))])
        ))
    }
    return .object(members)
  }

  /// nil where there is none under `key`.
  static func vocabulary(
    _ file: SafetensorsFile, _ key: String, for configuration: ModelConfiguration
  ) throws(CheckpointError) -> Vocabulary? {
    guard file.metadata(key) != nil else { return nil }
    let vocabulary = try vocabulary(MetadataReader(file, key))
    if let size = configuration.input.vocabularySize, vocabulary.count != size {
      throw .invalidMetadata(
        file: file.file, key: key,
        reason: "it has \(vocabulary.count) tokens, but the model has \(size)")
    }
    return vocabulary
  }

  private static func vocabulary(_ reader: MetadataReader) throws(CheckpointError) -> Vocabulary {
    let unit = try reader.string("unit")
    guard unit == "scalar" || unit == "byte" else { throw reader.fault("there is no unit \(unit)") }
    guard let list = reader.json["symbols"]?.array else { throw reader.fault("symbols are missing") }
    var symbols: [UInt32] = []
    for item in list {
      guard let value = item.integer.flatMap({ UInt32(exactly: $0) }) else {
        throw reader.fault("symbol \(symbols.count) is no number of a symbol")
      }
      symbols.append(value)
    }
    let name = reader.json["normalization"] == nil ? "none" : try reader.string("normalization")
    guard let normalization = Vocabulary.Normalization(rawValue: name) else {
      throw reader.fault("there is no normalization \(name)")
    }
    let pieces = reader.json["pieces"] == nil ? nil : try pieces(reader.member("pieces"), symbolCount: symbols.count)
    do {
      return try Vocabulary(
        unit: unit == "byte" ? .byte : .unicodeScalar, symbols: symbols, normalization: normalization, pieces: pieces)
    } catch { throw reader.fault(error.description) }
  }

  private static func pieces(
    _ reader: MetadataReader, symbolCount: Int
  ) throws(CheckpointError) -> Vocabulary.Pieces {
    let name = try reader.string("kind")
    guard let kind = Vocabulary.Pieces.Kind(rawValue: name) else { throw reader.fault("there are no pieces \(name)") }
    guard let list = reader.json["parts"]?.array else { throw reader.fault("parts are missing") }
    var parts: [[Int32]] = []
    for item in list {
      let part = item.array?.compactMap { $0.integer.flatMap { Int32(exactly: $0) } }
      guard let part, part.count == item.array?.count else {
        throw reader.fault("part \(parts.count) is no list of tokens")
      }
      parts.append(part)
    }
    do { return try Vocabulary.Pieces(kind, parts: parts, symbolCount: symbolCount) } catch {
      throw reader.fault(error.description)
    }
  }
}
