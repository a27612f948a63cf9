import Storage

/// An encoder of letters, as model files have it.
extension LetterEncoder {
  var json: JSON {
    .object([
      (key: "vocabulary_size", value: .integer(vocabularySize)), (key: "size", value: .integer(size)),
      (key: "hidden_size", value: .integer(hiddenSize)), (key: "count", value: .integer(count)),
    ])
  }

  init(_ reader: MetadataReader) throws(CheckpointError) {
    self.init(
      vocabularySize: try reader.size("vocabulary_size"), size: try reader.size("size"),
      hiddenSize: try reader.size("hidden_size"), count: try reader.size("count"))
  }
}
