internal import Kernels

/// Trains an encoder and a decoder together, with teacher forcing: the decoder is fed the target, one step late, and its
/// loss goes back through it, over the bridge of its initial states (and by attention through the encoder's outputs), and
/// through the encoder. The gradient is clipped by the norm of both. Everything is planned and allocated in `init`.
///
/// **From tasks.** `Sendable`, as it alone owns its memory and workers: it may be sent on to another task, or be kept by an
/// actor. All that changes it is `mutating`, and so the compiler sees to it that one task at a time does.
public struct EncoderDecoderTrainer<S: Scalar>: ~Copyable, @unchecked Sendable {
  let encoder: Engine<S>
  let decoder: Engine<S>
  let trained: EncoderDecoder<S>
  private var mixer: InputMixer<S>?
  private(set) var dropoutSeeds: SeededGenerator
  /// Of scheduled sampling.
  var samplingSeeds: SeededGenerator
  private var chosen: EncoderDecoderSettings
  /// Room for the lengths of a batch, and for the slot of each sequence.
  private var lengths: [Int] = []
  private var slots: [Int]
  /// The decoder's batch in the last step.
  private(set) var lastTarget: Rows?
  /// The processes that train this model together; nil: this one alone.
  let communicator: (any Communicator)?
  /// Of the weights of both, where the settings ask for it.
  var average: (encoder: WeightAverage<S>, decoder: WeightAverage<S>)?
  /// Steps done; one whose loss or gradient was not finite does not count.
  public internal(set) var stepCount = 0
  /// What `accumulate` has summed up for the next step.
  private(set) var accumulated = (batches: 0, loss: 0.0)

  /// - Parameters:
  ///   - model: that training starts from.
  ///   - batchSize: N, the most pairs of a step.
  ///   - sourceLength: the most steps of a source.
  ///   - targetLength: the most steps of a target, start and end not counted.
  ///   - loss: on classes for a decoder of tokens, else on values.
  ///   - optimizer: how the parameters follow their gradients.
  ///   - schedule: what its learning rate is multiplied by at each step.
  ///   - clipping: bounds on the gradient of both together.
  ///   - scheduledSampling: nil: the decoder is always fed the target.
  ///   - averageDecay: β of a moving average of the weights (`averagedModel`); nil: none is kept.
  ///   - accumulatesGradients: whether `accumulate` will be called, which needs memory for another gradient.
  ///   - shards: S, parts of the batch whose gradients are computed one after the other: `TrainingSettings.shards`.
  ///   - exchange: in which precision the gradients of shards are summed, and exchanged between processes.
  ///   - communicator: several processes that share the shards, and train the same model; nil: this one alone.
  ///   - products: who multiplies.
  ///   - precision: `.full`, or `.bfloat16Dot` for training in mixed precision: see `TrainingSettings.precision`.
  ///   - threads: workers that share the batch; 0: one for each processor. Results do not depend on it.
  ///   - seed: of the masks of dropout and zoneout and of scheduled sampling.
  /// - Throws: `PlanError` where the memory does not suffice.
  public init(
    _ model: EncoderDecoder<S>, batchSize: Int, sourceLength: Int, targetLength: Int, loss: Loss = .crossEntropy,
    optimizer: Optimizer = .adam(), schedule: LearningRateSchedule = .constant, clipping: GradientClipping = .none,
    scheduledSampling: ScheduledSampling? = nil, averageDecay: Double? = nil, accumulatesGradients: Bool = false,
    shards: Int = 1, exchange: GradientExchange = .full, over communicator: (any Communicator)? = nil,
    products: Products = .automatic, precision: WeightPrecision = .full, threads: Int = 0, seed: UInt64 = 0
  ) throws(PlanError) {
    let settings = EncoderDecoderSettings(
      batchSize: batchSize, sourceLength: sourceLength, targetLength: targetLength, loss: loss, optimizer: optimizer,
      schedule: schedule, clipping: clipping, scheduledSampling: scheduledSampling,
      accumulatesGradients: accumulatesGradients, averageDecay: averageDecay, shards: shards,
      exchange: exchange, products: products, precision: precision)
    try self.init(
      model, settings, threads: threads, over: communicator, dropoutSeeds: SeededGenerator(seed: seed),
      samplingSeeds: SeededGenerator(seed: seed ^ 0x5C4E_D01E_D5A3_B1E5))
  }

  init(
    _ model: EncoderDecoder<S>, _ settings: EncoderDecoderSettings, threads: Int,
    over communicator: (any Communicator)?, dropoutSeeds: SeededGenerator, samplingSeeds: SeededGenerator
  ) throws(PlanError) {
    settings.check()
    if let fault = EncoderDecoderSettings.fault(of: settings.loss, forMarks: model.marks) { stop(fault) }
    let moments = settings.optimizer.momentCount
    if let fault = settings.exchange.fault(of: S.self) { stop(fault) }
    let share = ShardShare(count: settings.shards, exchange: settings.exchange, over: communicator).atOnce
    let (sourceLength, products) = (settings.sourceLength, settings.products)
    let batchSize = settings.batchSize / settings.shards
    let encoderPlan = try Plan(
      model.encoder.configuration, steps: sourceLength, batchSize: batchSize, shards: share,
      purpose: .training(loss: nil, momentCount: moments), inputGradient: false, isRagged: true, segmentSteps: nil,
      accumulatesGradients: settings.accumulatesGradients, memory: nil, products: products,
      precision: settings.precision, scalar: S.self)
    let configuration = model.decoder.configuration
    let memory = configuration.attention.map { _ in MemoryShape(steps: sourceLength) }
    let decoderPlan = try Plan(
      configuration, steps: settings.targetLength + (model.marks == nil ? 0 : 1), batchSize: batchSize,
      shards: share, purpose: .training(loss: settings.loss, momentCount: moments), inputGradient: false,
      isRagged: true, segmentSteps: nil, accumulatesGradients: settings.accumulatesGradients, memory: memory,
      products: products,
      precision: settings.precision, scalar: S.self)
    let engines = try (Engine<S>(encoderPlan, threads: threads), Engine<S>(decoderPlan, threads: threads))
    if let scheduledSampling = settings.scheduledSampling {
      mixer = try InputMixer(
        scheduledSampling, decoder: configuration, batchSize: batchSize, memory: memory, products: products,
        threads: threads)
    } else {
      mixer = nil
    }
    (encoder, decoder) = engines
    self.communicator = communicator
    encoder.load(model.encoder)
    decoder.load(model.decoder)
    trained = model
    average = settings.averageDecay.map {
      (WeightAverage(model.encoder, decay: $0), WeightAverage(model.decoder, decay: $0))
    }
    (self.dropoutSeeds, self.samplingSeeds) = (dropoutSeeds, samplingSeeds)
    chosen = settings
    lengths.reserveCapacity(batchSize)
    slots = [Int](repeating: 0, count: batchSize)
  }

  /// What the training goes by. Optimizer, schedule and clipping may be changed between steps; the rest was decided by
  /// `init`.
  public var settings: EncoderDecoderSettings {
    get { chosen }
    set {
      chosen.requireSamePlan(newValue)
      newValue.check()
      chosen = newValue
    }
  }

  /// The buffers of the encoder and their sizes.
  public var encoderPlan: Plan { encoder.plan }
  /// The buffers of the decoder and their sizes; scheduled sampling has its own.
  public var decoderPlan: Plan { decoder.plan }

  /// A copy of the model as it is now.
  public func model() -> EncoderDecoder<S> {
    var model = trained
    encoder.read(into: &model.encoder)
    decoder.read(into: &model.decoder)
    return model
  }

  // MARK: Steps

  /// One step on up to N pairs.
  /// - Parameters:
  ///   - source: what the encoder reads, sequences of tokens or vectors.
  ///   - target: what the decoder is to say: classes of each sequence for a decoder of tokens, or values of 1 step or more.
  public mutating func step(_ source: ModelInput<S>, _ target: ModelTarget<S>) -> StepReport {
    if decoder.plan.update.tree != nil { return update(loss: computeShards(source, target), hasSquares: false) }
    let rows = encoder.set(source)
    let targetRows = setTarget(target, rows)
    computeGradient(rows, targetRows)
    return update(loss: decoder.meanLoss(targetRows), hasSquares: true)
  }

  /// Adds the gradient of a batch to that of the next step, which then goes by the mean of all its batches' gradients.
  /// - Returns: the loss of the batch.
  /// - Precondition: the trainer was made with `accumulatesGradients`.
  public mutating func accumulate(_ source: ModelInput<S>, _ target: ModelTarget<S>) -> Double {
    require(chosen.accumulatesGradients, "ask for it with EncoderDecoderTrainer(…, accumulatesGradients: true)")
    let mean: Double
    if decoder.plan.update.tree == nil {
      let rows = encoder.set(source)
      let targetRows = setTarget(target, rows)
      computeGradient(rows, targetRows)
      mean = decoder.meanLoss(targetRows)
    } else {
      mean = computeShards(source, target)
    }
    encoder.accumulateGradient(isFirst: accumulated.batches == 0)
    decoder.accumulateGradient(isFirst: accumulated.batches == 0)
    accumulated = (accumulated.batches + 1, accumulated.loss + mean)
    return mean
  }

  mutating func setTarget(_ target: ModelTarget<S>, _ source: Rows) -> Rows {
    require(target.weights == nil, "targets of a decoder have no weights")
    switch target.content {
    case .classSequences(let classes): return setTarget(classes, source)
    case .valueSequences(let values): return setTarget(values, source)
    case .valueLists(let lists):
      return setTarget(Sequences(lists, width: decoder.plan.configuration.outputSize), source)
    case .classes, .values, .labels, .window:
      stop("a target of a decoder is classes or values sequence by sequence: one array for each")
    }
  }

  /// - Parameter source: whose targets these are, of all those given.
  private mutating func setTarget(_ target: Sequences<Int32>, _ source: Rows) -> Rows {
    guard let marks = trained.marks else { stop("the decoder takes vectors, not tokens") }
    check(count: target.count, source)
    lengths.removeAll(keepingCapacity: true)
    for index in source.part.sequences(of: target.count) {
      let length = target.lengths[index]
      require(
        length < decoder.plan.steps, "target \(index) has \(length) steps; expected 0...\(decoder.plan.steps - 1)")
      lengths.append(length + 1)
    }
    return decoder.setTeacherForced(target, source.part, lengths: lengths, marks: marks)
  }

  private mutating func setTarget(_ target: Sequences<S>, _ source: Rows) -> Rows {
    require(trained.marks == nil, "the decoder takes tokens, not vectors")
    check(count: target.count, source)
    EmptySequences.requireSteps(target.lengths)
    return decoder.setTeacherForced(target, source.part)
  }

  private func check(count: Int, _ source: Rows) {
    let part = source.part
    require(
      count <= part.whole && part.sequences(of: count).count == source.sequenceCount,
      "expected \(part.first + source.sequenceCount) targets as sources, got \(count)")
  }

  /// One update by gradients that were left, and those that were accumulated.
  /// - Parameter hasSquares: whether the norms of those that were left are known.
  private mutating func update(loss: Double, hasSquares: Bool) -> StepReport {
    let batches = accumulated.batches + 1
    if batches > 1 {
      encoder.meanGradient(ofBatches: batches)
      decoder.meanGradient(ofBatches: batches)
    }
    if batches > 1 || !hasSquares {
      encoder.perform(.squares, encoder.writtenRows)
      decoder.perform(.squares, decoder.writtenRows)
    }
    defer { accumulated = (0, 0) }
    let rate = chosen.optimizer.learningRate * chosen.schedule.factor(at: stepCount)
    let (left, right) = (encoder.gradientNorm, decoder.gradientNorm)
    let report = StepReport(
      step: stepCount + 1, loss: (accumulated.loss + loss) / Double(batches),
      gradientNorm: (left * left + right * right).squareRoot(), learningRate: rate)
    guard report.isFinite else { return report }
    stepCount += 1
    var rule = chosen.optimizer.rule(step: stepCount, rate: rate, clipping: chosen.clipping)
    rule.norm = report.gradientNorm
    encoder.perform(.update, encoder.writtenRows, update: rule)
    decoder.perform(.update, decoder.writtenRows, update: rule)
    average?.encoder.add(encoder)
    average?.decoder.add(decoder)
    return report
  }

  /// Leaves the gradient of a batch that is set.
  private mutating func computeGradient(_ source: Rows, _ target: Rows) {
    if mixesInputs {
      var generator = samplingSeeds
      mixInputs(source, target, using: &generator)
      samplingSeeds = generator
    }
    backPropagate(source, target, drawSeeds())
  }

  /// Whether the next step may feed the decoder its own outputs.
  var mixesInputs: Bool { mixer?.probability(at: stepCount) ?? 0 > 0 }

  mutating func mixInputs(_ source: Rows, _ target: Rows, using generator: inout SeededGenerator) {
    guard let probability = mixer?.probability(at: stepCount) else { return }
    encoder.perform(.forward, source)
    mixer?.mix(decoder, target, from: encoder, source, probability: probability, using: &generator)
  }

  typealias Seeds = (encoder: UInt64?, decoder: UInt64?)

  mutating func drawSeeds() -> Seeds {
    (
      encoder: encoder.plan.configuration.isRandom ? dropoutSeeds.next() : nil,
      decoder: decoder.plan.configuration.isRandom ? dropoutSeeds.next() : nil
    )
  }

  func bridge(_ source: Rows) {
    decoder.setInitialState(from: encoder, source)
    if decoder.plan.attention != nil { decoder.setMemory(from: encoder, source) }
  }

  /// Forward and backward through both, on the inputs that were set.
  mutating func backPropagate(_ source: Rows, _ target: Rows, _ seeds: Seeds) {
    lastTarget = target
    // Of shards the norm is that of their sum.
    let isWhole = decoder.plan.update.tree == nil
    encoder.perform(.forward, source, dropoutSeed: seeds.encoder)
    bridge(source)
    decoder.perform(isWhole ? .gradients : .gradient, target, dropoutSeed: seeds.decoder)
    decoder.writeInitialStateGradient(target, to: encoder, source, slots: &slots)
    if decoder.plan.attention != nil {
      decoder.writeMemoryGradient(target, to: encoder, source)
    } else {
      encoder.memory.fill(encoder.plan.backward.outputs.rows(0..<source.rowCount), with: 0)
    }
    encoder.perform(
      isWhole ? .backwardAndSquares : .backward, source, dropoutSeed: seeds.encoder, startsFromStateGradient: true)
  }
}

extension Engine {
  /// Copies the parameters, which stand first in the memory, to a model.
  func read(into model: inout Model<S>) {
    var span = model.block.mutableSpan
    memory.read(from: 0, into: &span)
  }
}
