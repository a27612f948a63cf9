internal import Kernels

/// Targets of a shard: those of its sequences, of the whole batch's.
extension Engine {
  /// Sets what the outputs of a shard are compared with.
  func setPart(_ target: ModelTarget<S>, _ rows: Rows) {
    let isPooled = plan.configuration.head.isPooled
    let loss = loss(for: target)
    switch target.content {
    case .classes(let classes): setClasses(classes.span, loss, rows)
    case .values(let values): setValues(values.span, loss, rows)
    case .classSequences(let classes) where isPooled:
      requireOnlyElements(classes, "class")
      setClasses(classes.values.span, loss, rows)
    case .classSequences(let classes): setClasses(classes, rows)
    case .valueSequences(let values) where isPooled:
      requireOnlyElements(values, "step of values")
      setValues(values.values.span, loss, rows)
    case .valueSequences(let values): setValues(values, rows)
    case .valueLists: stop("values in lists are joined before a batch is cut into shards")
    case .labels(let labels): setLabels(labels, rows)
    case .window(let window, let streams): setWindow(window, of: streams, loss, rows)
    }
    setPartWeights(target.weights, loss, rows)
  }

  private func loss(for target: ModelTarget<S>) -> LossStage {
    switch target.content {
    case .classes, .classSequences, .window: loss(for: .classes)
    case .values, .valueSequences, .valueLists: loss(for: .values)
    case .labels: loss(for: .labels)
    }
  }

  /// Calls `body` with each run of rows that stand one after the other in flat targets of the whole batch: from where, how
  /// many, to which row of the shard.
  private func forEachRun(
    of count: Int, _ what: String, _ rows: Rows, _ body: (_ source: Int, _ count: Int, _ target: Int) -> Void
  ) {
    let part = rows.part
    if plan.configuration.head.isPooled {
      require(
        count <= part.whole && part.sequences(of: count).count == rows.sequenceCount,
        "expected \(what) of \(part.first + rows.sequenceCount) sequences, got \(count)")
      body(part.first, rows.sequenceCount, 0)
      return
    }
    require(!rows.isRagged, "the sequences differ in length: give \(what) as Sequences")
    require(
      count == rows.batchSteps * part.whole, "expected \(rows.batchSteps * part.whole) \(what), got \(count)")
    for step in 0..<rows.batchSteps { body(step * part.whole + part.first, part.count, step * part.count) }
  }

  private func setClasses(_ classes: Span<Int32>, _ loss: LossStage, _ rows: Rows) {
    forEachRun(of: classes.count, "classes", rows) { source, count, target in
      indices.write(classes.extracting(source..<source + count), at: loss.classes + target)
    }
    loss.classRange.check(indices.span(loss.classes, targetCount(rows))) { place(ofRow: $0, rows) }
    setChains(rows)
  }

  private func place(ofRow row: Int, _ rows: Rows) -> StepPlace {
    plan.configuration.head.isPooled ? StepPlace(sequence: rows.part.first + row) : rows.part.place(row)
  }

  private func setValues(_ values: Span<S>, _ loss: LossStage, _ rows: Rows) {
    let width = loss.targetSize
    require(values.count.isMultiple(of: width), "expected a multiple of \(width) target values, got \(values.count)")
    let place = loss.place(for: values)
    forEachRun(of: values.count / width, "steps of \(width) values", rows) { source, count, target in
      memory.write(
        values.extracting(source * width..<(source + count) * width), at: place.offset + target * width)
    }
  }

  private func setWindow(_ window: Int, of streams: TokenStreams, _ loss: LossStage, _ rows: Rows) {
    let part = rows.part
    require(!plan.configuration.head.isPooled, "token streams need a head at every step")
    require(
      !rows.isRagged && streams.batchSize == part.whole && streams.sequenceLength == rows.batchSteps,
      """
      expected targets for \(rows.batchSteps) steps of \(part.whole) sequences, got a window of \
      \(streams.sequenceLength) steps of \(streams.batchSize) streams
      """)
    var classes = indices.mutableSpan(loss.classes, rows.batchRowCount)
    streams.copyWindow(window, isTarget: true, streams: part.sequences(of: part.whole), into: &classes)
    loss.classRange.check(classes.span) { part.place($0) }
    setChains(rows)
  }

  /// Stops unless each sequence has one step.
  func requireOnlyElements<Element>(_ targets: Sequences<Element>, _ what: String) {
    for (sequence, length) in targets.lengths.enumerated() {
      require(
        length == 1, "there is one output for each sequence: expected 1 \(what) of sequence \(sequence), got \(length)")
    }
  }

  private func setPartWeights(_ weights: [Double]?, _ loss: LossStage, _ rows: Rows) {
    guard let place = loss.rowWeights, let weights else { return requireWeights(weights, loss) }
    let part = rows.part
    let isForSequences = loss.isForSequences || plan.configuration.head.isPooled
    if !isForSequences {
      if !rows.isRagged, weights.count == rows.batchSteps * part.whole {
        forEachRun(of: weights.count, "weights", rows) { source, count, target in
          for index in 0..<count { sums[place + target + index] = weights[source + index] }
        }
        return
      }
    }
    require(
      weights.count <= part.whole && part.sequences(of: weights.count).count == rows.sequenceCount,
      "expected weights of \(part.first + rows.sequenceCount) sequences, got \(weights.count)")
    if isForSequences {
      for sequence in 0..<rows.sequenceCount { sums[place + sequence] = weights[part.first + sequence] }
    } else {
      rows.forEachRow(in: 0..<rows.batchRowCount) { row, _, sequence in
        sums[place + row] = weights[part.first + sequence]
      }
    }
  }
}

// MARK: Lists

extension ModelInput {
  /// The same with lists of vectors of `width` joined: what shards are cut from.
  func joined(width: @autoclosure () -> Int) -> ModelInput {
    if case .vectorLists(let lists) = content { .vectors(Sequences(lists, width: width())) } else { self }
  }

  /// Of each sequence its steps; nil where all have as many.
  var lengths: [Int]? {
    switch content {
    case .tokenSequences(let tokens): tokens.lengths
    case .vectorSequences(let vectors): vectors.lengths
    case .tokens, .vectors, .vectorLists, .window: nil
    }
  }
}

extension ModelTarget {
  /// The same with lists of values joined.
  func joined(width: @autoclosure () -> Int) -> ModelTarget {
    if case .valueLists(let lists) = content {
      .values(Sequences(lists, width: width()), weights: weights)
    } else {
      self
    }
  }
}
