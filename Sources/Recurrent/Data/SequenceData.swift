internal import Storage

/// Inputs sequence by sequence, however they were given.
enum InputSequences<S: Scalar> {
  case tokens(Sequences<Int32>)
  case vectors(Sequences<S>)

  /// - Parameters:
  ///   - batchSize: N of flat arrays.
  ///   - width: I.
  init(_ input: ModelInput<S>, batchSize: Int, width: Int) {
    switch input.content {
    case .tokens(let tokens): self = .tokens(Sequences(timeMajor: tokens, batchSize: batchSize, width: 1, "tokens"))
    case .vectors(let vectors):
      self = .vectors(Sequences(timeMajor: vectors, batchSize: batchSize, width: width, "vector components"))
    case .tokenSequences(let tokens): self = .tokens(tokens)
    case .vectorSequences(let vectors): self = .vectors(vectors)
    case .vectorLists(let lists): self = .vectors(Sequences(lists, width: width))
    case .window(let window, let streams):
      self = .tokens(
        Sequences(
          timeMajor: streams.window(window, isTarget: false), batchSize: streams.batchSize, width: 1, "tokens"))
    }
  }

  var lengths: [Int] {
    switch self {
    case .tokens(let tokens): tokens.lengths
    case .vectors(let vectors): vectors.lengths
    }
  }

  /// Some steps of some sequences.
  func piece(_ sequences: Range<Int>, _ steps: Range<Int>) -> ModelInput<S> {
    switch self {
    case .tokens(let tokens): .tokens(tokens.piece(sequences, steps))
    case .vectors(let vectors): .vectors(vectors.piece(sequences, steps))
    }
  }
}

/// Targets sequence by sequence, however they were given.
struct TargetSequences<S: Scalar> {
  enum Content {
    case classes(Sequences<Int32>)
    case values(Sequences<S>)
    case labels([[Int32]])
  }

  let content: Content
  /// One for each sequence; nil: none.
  private let weights: [Double]?

  /// - Parameters:
  ///   - lengths: of the inputs.
  ///   - batchSize: N of flat arrays.
  ///   - isPooled: whether there is one output for each sequence.
  ///   - width: values of a target.
  init(_ target: ModelTarget<S>, lengths: [Int], batchSize: Int, isPooled: Bool, width: Int) {
    // With one output for each sequence, flat arrays are [N, ·].
    let flat = isPooled ? lengths.count : batchSize
    let content: Content =
      switch target.content {
      case .classes(let classes):
        .classes(Sequences(timeMajor: classes, batchSize: flat, width: 1, "classes"))
      case .values(let values): .values(Sequences(timeMajor: values, batchSize: flat, width: width, "values"))
      case .classSequences(let classes): .classes(classes)
      case .valueSequences(let values): .values(values)
      case .valueLists(let lists): .values(Sequences(lists, width: width))
      case .labels(let labels): .labels(labels)
      case .window(let window, let streams):
        .classes(
          Sequences(
            timeMajor: streams.window(window, isTarget: true), batchSize: streams.batchSize, width: 1, "classes"))
      }
    self.content = content
    switch content {
    case .classes(let classes): Self.check(classes.lengths, lengths, isPooled: isPooled)
    case .values(let values): Self.check(values.lengths, lengths, isPooled: isPooled)
    case .labels(let labels):
      require(labels.count == lengths.count, "expected labels of \(lengths.count) sequences, got \(labels.count)")
    }
    weights = target.weights
    require(
      (weights ?? []).count == (weights == nil ? 0 : lengths.count),
      "an evaluation takes a weight for each of its \(lengths.count) sequences, got \(weights?.count ?? 0)")
  }

  /// Some steps of some sequences.
  func content(of sequences: Range<Int>, _ steps: Range<Int>) -> Content {
    switch content {
    case .classes(let classes): .classes(classes.piece(sequences, steps))
    case .values(let values): .values(values.piece(sequences, steps))
    case .labels(let labels): .labels(Array(labels[sequences]))
    }
  }

  private static func check(_ own: [Int], _ lengths: [Int], isPooled: Bool) {
    require(own.count == lengths.count, "expected targets of \(lengths.count) sequences, got \(own.count)")
    for (sequence, length) in lengths.enumerated() {
      let expected = isPooled ? 1 : length
      require(own[sequence] == expected, "expected \(expected) targets of sequence \(sequence), got \(own[sequence])")
    }
  }

  /// A piece with the weights of its sequences.
  func target(_ piece: Content, of sequences: Range<Int>) -> ModelTarget<S> {
    let weights = weights.map { Array($0[sequences]) }
    return switch piece {
    case .classes(let classes): .classes(classes, weights: weights)
    case .values(let values): .values(values, weights: weights)
    case .labels(let labels): .labels(labels, weights: weights)
    }
  }
}

extension Sequences {
  /// [T, N, width] as N sequences.
  init(timeMajor values: [Element], batchSize: Int, width: Int, _ what: String) {
    let step = batchSize * width
    require(
      step > 0 && values.count.isMultiple(of: step),
      "expected whole steps of \(batchSize) sequences, \(step) \(what) each, got \(values.count)")
    let steps = step == 0 ? 0 : values.count / step
    var ordered: [Element] = []
    ordered.reserveCapacity(values.count)
    for sequence in 0..<batchSize {
      for step in 0..<steps {
        let start = (step * batchSize + sequence) * width
        ordered += values[start..<start + width]
      }
    }
    self.init(values: ordered, lengths: [Int](repeating: steps, count: batchSize), width: width)
  }

  /// The steps of `steps` that some sequences have.
  func piece(_ sequences: Range<Int>, _ steps: Range<Int>) -> Sequences {
    Sequences(
      sequences.map { sequence in
        let own = steps.clamped(to: 0..<lengths[sequence])
        let start = self[sequence].startIndex
        return Array(self[sequence][start + own.lowerBound * width..<start + own.upperBound * width])
      }, width: width)
  }
}
