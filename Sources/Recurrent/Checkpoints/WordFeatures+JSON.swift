internal import Storage

/// Features of words in the files of their models: an annotation, as JSON.
///
///     "annotation.word_features": [{"kind": "word", "units": ["the", "of", …]}, {"kind": "suffix-3", …},
///       {"kind": "letters", "count": 20, "units": ["e", …]}]
extension WordFeatures {
  /// Under which a model has it.
  public static let annotation = "word_features"

  private static let lettersKind = "letters"

  /// What the annotation says.
  public var annotationText: String {
    ModelMetadata.text(
      .array(
        features.map { feature in
          .object([
            (key: "kind", value: .string(feature.kind.name)),
            (key: "units", value: .array(feature.units.map { .string($0) })),
          ])
        }
          + (letters.map { letters in
            [
              .object([
                (key: "kind", value: .string(Self.lettersKind)), (key: "count", value: .integer(letters.count)),
                (key: "units", value: .array(letters.units.map { .string($0) })),
              ])
            ]
          } ?? [])))
  }

  /// The features that `annotationText` describes.
  /// - Parameters:
  ///   - text: the value of the annotation.
  ///   - file: where it comes from, for errors.
  /// - Throws: `CheckpointError.invalidMetadata` where it describes none.
  public init(annotationText text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: ModelMetadata.annotationPrefix + Self.annotation, reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    guard let list = json.array, !list.isEmpty else { throw fault("there are no features") }
    var features: [Feature] = []
    var letters: Letters?
    for element in list {
      guard let name = element["kind"]?.string, letters == nil,
        let kind = Kind(name: name) ?? (name == Self.lettersKind ? .form : nil)
      else { throw fault("there is no such feature of a word") }
      let own = element["units"]?.array ?? []
      let units = own.compactMap(\.string)
      guard element["units"]?.array != nil, units.count == own.count,
        Set(units.map { ExactString($0) }).count == units.count
      else { throw fault("units of \(name) are no texts, or one comes twice") }
      guard name == Self.lettersKind else {
        features.append(Feature(kind, units: units))
        continue
      }
      guard let count = element["count"]?.integer, (1...1000).contains(count) else {
        throw fault("count of letters is missing")
      }
      letters = Letters(count: count, units: units)
    }
    guard !features.isEmpty else { throw fault("there are no features but letters") }
    self.init(features, letters: letters)
  }
}
