import Storage

/// What the metadata of a file of another format say about a model of this package: see `Model.metadata`.
package struct ModelDescription: Sendable {
  package let configuration: ModelConfiguration
  package let vocabulary: Vocabulary?
  package let annotations: [String: String]

  /// - Parameter file: stands for the file in errors.
  /// - Throws: `CheckpointError`, naming what is missing or makes no sense.
  package init(metadata: [String: String], file: String) throws(CheckpointError) {
    // The same reader, and so the same checks, as for a model file: one that holds nothing but its metadata.
    let entries = metadata.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSON.string($0.value)) }
    let header = ModelMetadata.text(.object([(key: Safetensors.metadataKey, value: .object(entries))]))
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let safetensors = try SafetensorsFile(bytes: length + Array(header.utf8), file: file)
    guard metadata["format_version"] == ModelFile.version else {
      throw .unsupportedVersion(
        file: file, found: metadata["format_version"] ?? "none", supported: ModelFile.version)
    }
    configuration = try ModelMetadata.configuration(MetadataReader(safetensors, "configuration"), cell: nil)
    vocabulary = try ModelMetadata.vocabulary(safetensors, "vocabulary", for: configuration)
    let prefix = ModelMetadata.annotationPrefix
    let annotations = metadata.filter { $0.key.hasPrefix(prefix) }
    self.annotations = Dictionary(
      uniqueKeysWithValues: annotations.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
  }
}
