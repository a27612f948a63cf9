internal import Storage

/// A network on the letters of each step of an `Input.features`: an LSTM that reads them both ways, and a linear layer on where both
/// directions end (Ling et al. 2015; Lample et al. 2016, §4.1). Its vector stands behind those of the tables. So a word that was never seen has what its
/// letters say of it. Its parameters are those of a model of its own, under names that begin with `letters.`.
///
/// Letters are the last `count` tokens of a step: 1..<vocabularySize from the first on, and 0 behind the last.
public struct LetterEncoder: Sendable, Hashable {
  /// V of letters, 0 for none included.
  public var vocabularySize: Int
  /// Numbers of a letter's vector.
  public var size: Int
  /// H of each direction; the linear layer gives 2·H.
  public var hiddenSize: Int
  /// The most letters of a step.
  public var count: Int

  /// - Precondition: all at least 1.
  public init(vocabularySize: Int, size: Int = 25, hiddenSize: Int = 25, count: Int = 20) {
    (self.vocabularySize, self.size, self.hiddenSize, self.count) = (vocabularySize, size, hiddenSize, count)
    validate()
  }

  /// Numbers that a step gets.
  public var outputSize: Int { 2 * hiddenSize }

  func validate() {
    require(
      vocabularySize >= 1 && size >= 1 && hiddenSize >= 1 && count >= 1,
      "sizes of an encoder of letters must be 1 or more, got \(self)")
  }

  /// The model that it is.
  var configuration: ModelConfiguration {
    ModelConfiguration(
      cell: .lstm, input: .embedding(vocabularySize: vocabularySize, size: size), hiddenSize: hiddenSize,
      directions: .both(merge: .concatenate), outputSize: outputSize, head: .lastStep)
  }
}
