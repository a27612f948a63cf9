internal import Storage

/// Features of words in the files of their models: an annotation, as JSON.
///
///     "annotation.word_features": [{"kind": "word", "units": ["the", "of", …]}, {"kind": "suffix-3", …}]
extension WordFeatures {
  /// Under which a model has it.
  public static let annotation = "word_features"

  /// What the annotation says.
  public var annotationText: String {
    ModelMetadata.text(
      .array(
        features.map { feature in
          .object([
            (key: "kind", value: .string(feature.kind.name)),
            (key: "units", value: .array(feature.units.map { .string($0) })),
          ])
        }))
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
    for element in list {
      guard let name = element["kind"]?.string, let kind = Kind(name: name) else {
        throw fault("there is no such feature of a word")
      }
      let own = element["units"]?.array ?? []
      let units = own.compactMap(\.string)
      guard element["units"]?.array != nil, units.count == own.count,
        Set(units.map { ExactString($0) }).count == units.count
      else { throw fault("units of \(name) are no texts, or one comes twice") }
      features.append(Feature(kind, units: units))
    }
    self.init(features)
  }
}
