internal import Storage

/// Tokenizers in the files of their models: an annotation, as JSON.
///
///     "annotation.tokenizer": {"unit": "word", "normalization": "nfc", "lower_case": true, "units": ["the", "of", …]}
extension TextTokenizer {
  /// Under which a model has it.
  public static let annotation = "tokenizer"

  /// What the annotation says.
  public var annotationText: String {
    var members: [(key: String, value: JSON)] = [
      (key: "unit", value: .string(unit.rawValue)),
      (key: "normalization", value: .string(form.normalization.rawValue)),
      (key: "lower_case", value: .bool(form.isLowercased)),
    ]
    if let pieces = subwords?.pieces {
      members.append(
        (key: "merges", value: .array(pieces.parts.map { .array($0.map { .integer(Int($0)) }) })))
    } else {
      members.append((key: "units", value: .array(units.map { .string($0) })))
    }
    return ModelMetadata.text(.object(members))
  }

  /// The tokenizer that `annotationText` describes.
  /// - Parameters:
  ///   - text: the value of the annotation.
  ///   - file: where it comes from, for errors.
  /// - Throws: `CheckpointError.invalidMetadata` where it describes none.
  public init(annotationText text: String, file: String) throws(CheckpointError) {
    let key = ModelMetadata.annotationPrefix + Self.annotation
    func fault(_ reason: String) -> CheckpointError { .invalidMetadata(file: file, key: key, reason: reason) }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    let reader = MetadataReader(file: file, key: key, json: json)
    guard let unit = Unit(rawValue: try reader.string("unit")) else { throw fault("there is no such unit") }
    guard let normalization = Vocabulary.Normalization(rawValue: try reader.string("normalization")) else {
      throw fault("there is no such normalization")
    }
    guard let lowercases = json["lower_case"]?.bool else { throw fault("lower_case is missing") }
    let form = TextForm(isLowercased: lowercases, normalization: normalization)
    if unit == .subword {
      guard let list = json["merges"]?.array else { throw fault("merges are missing") }
      let merges = list.map { ($0.array ?? []).compactMap { $0.integer.flatMap { Int32(exactly: $0) } } }
      do throws(TextError) {
        let pieces = try Vocabulary.Pieces(.subword, parts: merges, symbolCount: 256)
        self.init(subwords: try Vocabulary(unit: .byte, symbols: Array(0...255), pieces: pieces), form: form)
      } catch { throw fault("\(error)") }
      return
    }
    guard let list = json["units"]?.array else { throw fault("units are missing") }
    let units = list.compactMap(\.string)
    guard units.count == list.count, !units.contains(""), Set(units.map(ExactString.init)).count == units.count else {
      throw fault("units are no texts, or one comes twice")
    }
    guard unit != .byte || (units.isEmpty && normalization == .none) else {
      throw fault("bytes with units or a normalization")
    }
    self.init(units: units, unit: unit, form: form)
  }
}

extension Model {
  /// Keeps the tokenizer of the texts that the model reads in its file.
  /// - Precondition: the model reads as many tokens as the tokenizer has.
  public mutating func setTokenizer(_ tokenizer: TextTokenizer) {
    let size = configuration.input.vocabularySize
    require(size == tokenizer.count, "the tokenizer has \(tokenizer.count) tokens, the model \(size ?? 0)")
    annotations[TextTokenizer.annotation] = tokenizer.annotationText
  }

  /// The tokenizer of the texts that the model reads; nil where it has none.
  /// - Parameter file: where the model comes from, for errors.
  /// - Throws: `CheckpointError.invalidMetadata` where what it has makes no sense, or has not as many tokens as the model.
  public func tokenizer(file: String = "the model") throws(CheckpointError) -> TextTokenizer? {
    guard let text = annotations[TextTokenizer.annotation] else { return nil }
    let tokenizer = try TextTokenizer(annotationText: text, file: file)
    guard configuration.input.vocabularySize == tokenizer.count else {
      throw .invalidMetadata(
        file: file, key: ModelMetadata.annotationPrefix + TextTokenizer.annotation,
        reason: "it has \(tokenizer.count) tokens, but the model has \(configuration.input.vocabularySize ?? 0)")
    }
    return tokenizer
  }
}
