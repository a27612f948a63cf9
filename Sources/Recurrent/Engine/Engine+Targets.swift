internal import Kernels

/// Targets into the engine's memory, and the loss.
extension Engine {
  /// Sets what the outputs of the batch are compared with.
  func set(_ target: ModelTarget<S>, _ rows: Rows) {
    switch target.content {
    case .classes(let classes): setClasses(classes.span, rows)
    case .values(let values): setValues(values.span, rows)
    case .classSequences(let classes):
      if plan.configuration.head.isPooled {
        setClasses(onlyElements(classes, "class").span, rows)
      } else {
        setClasses(classes, rows)
      }
    case .valueSequences(let values):
      if plan.configuration.head.isPooled {
        setValues(onlyElements(values, "step of values").span, rows)
      } else {
        setValues(values, rows)
      }
    case .valueLists(let lists):
      let width = loss(for: .values).targetSize
      if plan.configuration.head.isPooled {
        setValues(onlyElements(Sequences(lists, width: width), "step of values").span, rows)
      } else {
        setValues(Sequences(lists, width: width), rows)
      }
    case .labels(let labels): setLabels(labels, rows)
    case .window(let window, let streams): setWindow(window, of: streams, rows)
    }
    setWeights(target.weights, rows)
  }

  /// The steps of each sequence, where a loss is on chains of them.
  func setChains(_ rows: Rows) {
    guard let crf = plan.loss?.crf else { return }
    require(rows.untargetedSteps == 0, "a CRF reads all steps at once: take them all as new")
    for slot in 0..<rows.sequenceCount {
      crf.setStepCount(rows.length(ofSlot: slot), of: rows.sequence(inSlot: slot), in: indices)
    }
  }

  /// The elements of sequences of one step each: where there is one output for each sequence.
  private func onlyElements<Element>(_ targets: Sequences<Element>, _ what: String) -> [Element] {
    requireOnlyElements(targets, what)
    return targets.values
  }

  /// The tokens that follow those of a window.
  private func setWindow(_ window: Int, of streams: TokenStreams, _ rows: Rows) {
    let loss = loss(for: .classes)
    require(!plan.configuration.head.isPooled, "token streams need a head at every step")
    require(
      !rows.isRagged && streams.batchSize == plan.batchSize && streams.sequenceLength == rows.batchSteps,
      """
      expected targets for \(rows.batchSteps) steps of \(rows.sequenceCount) sequences, got a window of \
      \(streams.sequenceLength) steps of \(streams.batchSize) streams
      """)
    var classes = indices.mutableSpan(loss.classes, rows.batchRowCount)
    streams.copyWindow(window, isTarget: true, into: &classes)
    loss.classRange.check(classes.span) { StepPlace(timeMajor: $0, sequences: rows.sequenceCount) }
    setChains(rows)
  }

  /// How much each row of the outputs counts: a weight for each sequence, or for each row.
  private func setWeights(_ weights: [Double]?, _ rows: Rows) {
    guard let stage = plan.loss, let place = stage.rowWeights, let weights else {
      return requireWeights(weights, plan.loss)
    }
    let count = lossCount(rows)
    let isForSequences = stage.isForSequences || plan.configuration.head.isPooled
    if weights.count == count, isForSequences || !rows.isRagged {
      for row in 0..<count { sums[place + row] = weights[row] }
      return
    }
    require(
      weights.count == rows.sequenceCount,
      "expected \(rows.sequenceCount) weights, or \(count), got \(weights.count)")
    rows.forEachRow(in: 0..<rows.batchRowCount) { row, _, sequence in sums[place + row] = weights[sequence] }
  }

  /// Stops where weights were given that the loss does not take, or none that it does.
  func requireWeights(_ weights: [Double]?, _ stage: LossStage?) {
    if stage?.rowWeights == nil {
      require(
        weights == nil,
        "the loss takes no weights of samples: ask for \(plan.purpose.loss.map { "\($0)" } ?? "it").weighted")
    } else {
      require(weights != nil, "the loss is weighted: give the targets weights, one for each sequence")
    }
  }

  /// A class for each row of the outputs: [T, N], or [N] where there is one for each sequence.
  func setClasses(_ classes: Span<Int32>, _ rows: Rows) {
    checkOneForEachRow("classes", rows)
    let isPooled = plan.configuration.head.isPooled
    loss(for: .classes).setClasses(classes, rows: targetCount(rows), in: lossMemory) {
      isPooled ? StepPlace(sequence: $0) : StepPlace(timeMajor: $0, sequences: rows.sequenceCount)
    }
    setChains(rows)
  }

  /// A class for each step of each sequence.
  func setClasses(_ classes: Sequences<Int32>, _ rows: Rows) {
    let loss = loss(for: .classes)
    checkOneForEachStep("classes")
    rows.check(classes)
    loss.classRange.check(classes)
    write(classes, at: loss.classes, rows)
    setChains(rows)
  }

  /// Values [T, N, O], or [N, O] where there is one output for each sequence.
  func setValues(_ values: Span<S>, _ rows: Rows) {
    checkOneForEachRow("values", rows)
    loss(for: .values).setValues(values, rows: lossCount(rows), in: lossMemory)
  }

  /// Values for each step of each sequence.
  func setValues(_ values: Sequences<S>, _ rows: Rows) {
    let targets = loss(for: .values).place(for: values.values.span)
    require(values.width == targets.columns, "expected \(targets.columns) values a step, got \(values.width)")
    checkOneForEachStep("values")
    write(values, to: targets, rows)
  }

  /// The labels of each sequence.
  func setLabels(_ labels: [[Int32]], _ rows: Rows) {
    guard let ctc = loss(for: .labels).ctc else { stop("the loss is not on labels") }
    require(
      labels.count <= rows.part.whole && rows.part.sequences(of: labels.count).count == rows.sequenceCount,
      "expected labels of \(rows.part.first + rows.sequenceCount) sequences, got \(labels.count)")
    for slot in 0..<rows.sequenceCount {
      let sequence = rows.sequence(inSlot: slot)
      ctc.setLabels(labels[rows.part.first + sequence], of: sequence, stepCount: rows.length(ofSlot: slot), in: indices)
    }
  }

  /// Stops where a batch that is to be learnt from breaks the rule of `EmptySequences`.
  func requireSteps(_ rows: Rows) {
    // Sequences of one length have a step.
    guard rows.isRagged else { return }
    require(rows.batchSteps > 0, EmptySequences.nothing(rows.sequenceCount))
    guard hasOneOutput else { return }
    let shortest = rows.sequenceCount - 1
    require(rows.length(ofSlot: shortest) > 0, EmptySequences.fault(rows.sequence(inSlot: shortest)))
  }

  /// Whether there is one output or loss for each sequence.
  var hasOneOutput: Bool { plan.loss?.ctc != nil || plan.configuration.head.isPooled }

  /// The loss of each row, or of each sequence, into the sums; its gradient takes the place of the outputs.
  func loss(_ call: Call) {
    guard let loss = plan.loss else { stop("the plan has no loss") }
    let (memory, rows, outputs) = (lossMemory, call.rows, loss.outputs)
    if let ctc = loss.ctc {
      let count = rows.sequenceCount
      let total = loss.divisor(rows: count, in: memory)
      for slot in call.share(of: count) {
        let sequence = rows.sequence(inSlot: slot)
        memory.sums[loss.losses + sequence] = ctc.loss(
          of: sequence, weight: loss.rowWeight(sequence, in: memory), outOf: total, outputs, in: memory
        ) {
          rows.firstRow(ofStep: $0) + slot
        }
      }
    } else if let crf = loss.crf {
      let count = rows.sequenceCount
      let total = loss.divisor(rows: count, in: memory)
      for slot in call.share(of: count) {
        let sequence = rows.sequence(inSlot: slot)
        memory.sums[loss.losses + sequence] = crf.loss(
          of: sequence, weight: loss.rowWeight(sequence, in: memory), outOf: total, outputs, classes: loss.classes,
          in: memory
        ) {
          rows.firstRow(ofStep: $0) + slot
        }
      }
    } else {
      let untargeted = rows.untargetedRows
      let first = plan.configuration.head.isPooled ? 0 : rows.rowOffset - untargeted
      let targeted = call.share(of: outputRowCount(rows) - untargeted).moved(by: untargeted)
      loss.perform(targeted, from: first, of: lossCount(rows), in: memory)
      for row in call.share(of: untargeted) { self.memory.fill(outputs.row(row), with: 0) }
    }
    pool.barrier()
  }

  /// The mean of the losses of rows or sequences of a batch, summed in their order.
  func meanLoss(_ rows: Rows) -> Double {
    guard let loss = plan.loss else { stop("the plan has no loss") }
    return loss.mean(rows: lossCount(rows), in: lossMemory)
  }

  /// The sum of the losses of rows or sequences of a batch.
  func lossSum(_ rows: Rows) -> Double {
    guard let loss = plan.loss else { stop("the plan has no loss") }
    return loss.sum(rows: lossCount(rows), in: lossMemory)
  }

  /// What the mean of a batch's losses counts for among those of others.
  func lossWeight(_ rows: Rows) -> Double {
    guard let loss = plan.loss else { stop("the plan has no loss") }
    return loss.weight(rows: lossCount(rows), in: lossMemory)
  }

  var lossMemory: LossMemory<S> { LossMemory(scalars: memory, indices: indices, sums: sums) }

  /// Losses that are summed: of rows of the outputs, or of sequences.
  func lossCount(_ rows: Rows) -> Int { plan.loss?.crf != nil ? rows.sequenceCount : targetCount(rows) }

  /// Targets: of rows of the outputs, or of sequences.
  func targetCount(_ rows: Rows) -> Int {
    hasOneOutput
      ? rows.sequenceCount : rows.batchRowCount - rows.untargetedRows
  }

  func loss(for targets: Loss.Targets) -> LossStage {
    guard let loss = plan.purpose.loss, let stage = plan.loss else { stop("the plan has no loss") }
    loss.requireTargets(targets)
    return stage
  }

  private func checkOneForEachRow(_ what: String, _ rows: Rows) {
    require(
      !rows.isRagged || plan.configuration.head.isPooled, "the sequences differ in length: give \(what) as Sequences")
  }

  private func checkOneForEachStep(_ what: String) {
    require(!plan.configuration.head.isPooled, "there is one output for each sequence: give \(what) as a Span")
  }
}

extension Rows {
  fileprivate var untargetedRows: Int { untargetedSteps * batchSize }
}
