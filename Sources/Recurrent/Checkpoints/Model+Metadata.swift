extension Model {
  /// What a file of the model says about it, in a model file's metadata and in those of other formats: format and version,
  /// configuration, vocabulary, annotations.
  package var metadata: [(key: String, value: String)] {
    ModelMetadata(configuration, vocabulary, annotations).entries
  }
}
