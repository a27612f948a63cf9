extension WordFeatures {
  /// The tokens of sentences, as a model reads them.
  public func encode(_ sentences: [[String]]) -> Sequences<Int32> {
    Sequences(sentences.map { encode($0) }, width: width)
  }
}
