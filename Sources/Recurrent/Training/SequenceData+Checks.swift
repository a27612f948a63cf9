// Whole data sets against the model and the loss that they are for, so that messages count sequences and steps as the data do.

extension InputSequences {
  /// Stops where a token is none of the model's.
  func check(_ configuration: ModelConfiguration) {
    guard case .tokens(let tokens) = self, let size = configuration.input.vocabularySize else { return }
    if case .features = configuration.input {
      IndexRange.check(tokens, configuration.input.vocabularySizes)
    } else {
      IndexRange(name: "token", count: size).check(tokens)
    }
  }
}

extension TargetSequences {
  /// Targets that a loss takes. Stops where they are others.
  /// - Parameter outputSize: O.
  init(
    _ target: ModelTarget<S>, lengths: [Int], batchSize: Int, isPooled: Bool, loss: Loss, outputSize: Int
  ) {
    self.init(
      target, lengths: lengths, batchSize: batchSize, isPooled: isPooled, width: loss.valueCount(outputs: outputSize))
    switch content {
    case .classes(let classes):
      loss.requireTargets(.classes)
      IndexRange(name: "class", count: outputSize, ignored: loss.ignoredClass).check(classes)
    case .values: loss.requireTargets(.values)
    case .labels: loss.requireTargets(.labels)
    }
  }
}
