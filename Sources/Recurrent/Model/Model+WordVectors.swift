internal import Storage

extension Model {
  /// Starts an embedding with vectors that were learnt elsewhere. The first row, of unknown words, becomes the mean of all that were
  /// found; words without a vector keep what they have.
  /// - Parameters:
  ///   - name: of the embedding, `embedding.weight` or of a table of several `embeddings.0.weight`.
  ///   - vectors: as long as the embedding's.
  ///   - words: those of its rows from the second on.
  /// - Returns: how many words have a vector.
  /// - Precondition: there is such an embedding, with a row for each word and one for those that are unknown.
  public mutating func start(embedding name: String, with vectors: WordVectors, of words: [String]) -> Int {
    let shape = table[name]?.shape ?? []
    require(
      shape == [words.count + 1, vectors.size],
      "expected an embedding \(name) of shape [\(words.count + 1), \(vectors.size)], got \(shape)")
    var rows = self[parameter: name]
    var sums = [Double](repeating: 0, count: vectors.size)
    var count = 0
    for (index, word) in words.enumerated() {
      guard let vector = vectors.vector(of: word) else { continue }
      count += 1
      for (column, value) in vector.enumerated() {
        rows[(index + 1) * vectors.size + column] = S(value)
        sums[column] += Double(value)
      }
    }
    if count > 0 { for column in sums.indices { rows[column] = S(sums[column] / Double(count)) } }
    self[parameter: name] = rows
    return count
  }
}
