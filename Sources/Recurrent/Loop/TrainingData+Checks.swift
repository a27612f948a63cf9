internal import Storage

// What can be found wrong with data before the first step is not found in the middle of a training; and sequences are
// counted here as the data count them, not as batches do.
extension TrainingData {
  /// Stops where the batches are not for a trainer. What a closure makes is seen when it is made.
  func check(_ configuration: ModelConfiguration, _ settings: TrainingSettings) {
    switch source {
    case .closure: return
    case .streams(let streams):
      require(
        streams.batchSize == settings.batchSize && streams.sequenceLength <= settings.sequenceLength,
        """
        expected streams of \(settings.batchSize) sequences and at most \(settings.sequenceLength) steps, got \
        \(streams.batchSize) and \(streams.sequenceLength)
        """)
    case .sequences(let source): source.check(configuration, settings)
    }
  }
}

extension TrainingData.SequenceSource {
  fileprivate func check(_ configuration: ModelConfiguration, _ settings: TrainingSettings) {
    // N is of flat arrays, which these are not.
    let input = InputSequences(inputs, batchSize: 1, width: configuration.input.size)
    let isPooled = configuration.head.isPooled
    input.check(configuration)
    EmptySequences.check(input.lengths, hasOneOutput: isPooled || settings.loss.targets == .labels)
    for (sequence, length) in input.lengths.enumerated() {
      require(
        length <= settings.sequenceLength,
        "sequence \(sequence) has \(length) steps; expected at most \(settings.sequenceLength), as the trainer is for")
    }
    checkBatches(numbers.map { input.lengths[$0] }, settings)
    switch goal {
    case .targets(let target):
      require(
        isPooled || !target.isFlat,
        "expected targets sequence by sequence for a head at every step, got an array with one for each sequence")
      _ = TargetSequences(
        target, lengths: input.lengths, batchSize: 1, isPooled: isPooled, loss: settings.loss,
        outputSize: configuration.outputSize)
    case .loss:
      require(
        settings.loss.targets == .custom, "the loss is \(settings.loss): one of your own needs Loss.custom")
    }
  }

  /// The last batch of an epoch may have fewer sequences.
  private func checkBatches(_ lengths: [Int], _ settings: TrainingSettings) {
    let (batchSize, count) = (loader.batchSize, lengths.count)
    require(
      min(batchSize, count) <= settings.batchSize,
      "expected batches of at most \(settings.batchSize) sequences, as the trainer is for, got \(batchSize)")
    if settings.isRagged { return }
    let (shortest, longest) = (lengths.min() ?? 0, lengths.max() ?? 0)
    require(
      shortest == longest && batchSize == settings.batchSize && count.isMultiple(of: batchSize),
      """
      \(count) sequences of \(shortest) to \(longest) steps in batches of \(batchSize), where the trainer is for batches of \
      \(settings.batchSize) of one length: ask for others with isRagged: true
      """)
  }
}

extension ModelTarget {
  /// Whether it does not say where sequences begin.
  fileprivate var isFlat: Bool {
    switch content {
    case .classes, .values: true
    case .classSequences, .valueSequences, .valueLists, .labels, .window: false
    }
  }
}
