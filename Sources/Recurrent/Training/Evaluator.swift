internal import Kernels
internal import Storage

/// Runs a model forward on data of any size, to predict or to evaluate: sequences in batches of at most N, and where the
/// state can be carried long ones in pieces. The engine is made when it is first needed, and anew for longer sequences.
final class Evaluator<S: Scalar> {
  private let configuration: ModelConfiguration
  private let loss: Loss?
  /// N at most.
  private let batchSize: Int
  private let products: Products
  private let precision: WeightPrecision
  private let threads: Int
  private var engine: Engine<S>?

  /// Steps of a piece, where sequences can be cut.
  private static var pieceSteps: Int { 512 }

  /// - Parameter loss: nil: only to predict.
  init(
    _ configuration: ModelConfiguration, loss: Loss?, batchSize: Int, products: Products,
    precision: WeightPrecision = .full, threads: Int
  ) {
    require(
      configuration.attention == nil,
      "a model with attention is the decoder of an EncoderDecoder, and is run by it")
    (self.configuration, self.loss, self.batchSize) = (configuration, loss, batchSize)
    (self.products, self.precision, self.threads) = (products, precision, threads)
  }

  /// The outputs for each sequence: one for each of its steps, or one.
  /// - Parameter load: puts the parameters into an engine.
  func predict(_ input: ModelInput<S>, load: (Engine<S>) -> Void) throws(PlanError) -> Sequences<S> {
    let input = self.input(input)
    EmptySequences.check(input.lengths, hasOneOutput: configuration.head.isPooled)
    var results = [[S]](repeating: [], count: input.lengths.count)
    var width = 1
    try forEachPiece(of: input, load) { engine, rows, piece in
      let outputs = engine.outputSequences(rows)
      width = outputs.width
      for (place, sequence) in piece.sequences.enumerated() { results[sequence] += outputs[place] }
    }
    return Sequences(results, width: width)
  }

  func evaluate(
    _ input: ModelInput<S>, _ target: ModelTarget<S>, load: (Engine<S>) -> Void
  ) throws(PlanError) -> Evaluation {
    guard let loss else { stop("an evaluation needs a loss") }
    let input = measurable(input, hasOneOutput: configuration.head.isPooled || loss.targets == .labels)
    let target = TargetSequences(
      target, lengths: input.lengths, batchSize: batchSize, isPooled: configuration.head.isPooled, loss: loss,
      outputSize: configuration.outputSize)
    var sums = EvaluationSums(loss)
    var crf: CRF?
    try forEachPiece(of: input, load) { engine, rows, piece in
      let outputs = engine.outputSequences(rows)
      let own = target.content(of: piece.sequences, piece.steps)
      engine.set(target.target(own, of: piece.sequences), rows)
      engine.perform(.loss, rows)
      sums.add(loss: engine.meanLoss(rows), weight: engine.lossWeight(rows))
      if crf == nil, loss.kind == .crf { crf = engine.crf }
      sums.add(outputs, own, crf: crf)
    }
    return sums.evaluation
  }

  /// One sequence of tokens, each predicted from all before it, of which no more than a piece is read at once.
  func evaluate(_ tokens: TokenSource, load: (Engine<S>) -> Void) throws -> Evaluation {
    guard isCut, let loss else {
      let all = try tokens.allTokens()
      return try evaluate(.tokens([Array(all.dropLast())]), .classes([Array(all.dropFirst())]), load: load)
    }
    var sums = EvaluationSums(loss)
    let last = tokens.count - 1
    let engine = try engine(steps: min(last, Self.pieceSteps), batchSize: 1)
    load(engine)
    engine.zeroState()
    for start in stride(from: 0, to: last, by: engine.plan.steps) {
      let piece = try tokens.tokens(in: start..<min(start + engine.plan.steps, last) + 1)
      let targets = Sequences([Array(piece.dropFirst())])
      let rows = engine.set(.tokens([Array(piece.dropLast())]))
      engine.perform(.forward, rows)
      let outputs = engine.outputSequences(rows)
      engine.set(.classes(targets), rows)
      engine.perform(.loss, rows)
      sums.add(loss: engine.meanLoss(rows), weight: engine.lossWeight(rows))
      sums.add(outputs, .classes(targets))
      engine.carryState(after: rows)
    }
    return sums.evaluation
  }

  /// By a loss of one's own: a mean over batches, weighted by their rows.
  /// - Parameter isRagged: whether it was written for a ragged training.
  func evaluate(
    _ input: ModelInput<S>, _ loss: CustomLoss<S>, isRagged: Bool, load: (Engine<S>) -> Void
  ) throws(PlanError) -> Evaluation {
    let input = measurable(input, hasOneOutput: configuration.head.isPooled)
    var sums = EvaluationSums(.custom)
    // All at once: a closure may know which sequences it is about by their number alone.
    require(
      input.lengths.count <= batchSize,
      "a loss of one's own is evaluated on at most \(batchSize) sequences at once, got \(input.lengths.count)")
    try forEachPiece(of: input, load) { engine, rows, _ in
      engine.perform(loss, rows, bySequence: isRagged)
      sums.add(loss: engine.meanLoss(rows), weight: Double(engine.outputRowCount(rows)))
      sums.count += engine.outputRowCount(rows)
    }
    return sums.evaluation
  }

  /// What the head reads for each sequence, and what it should give, piece by piece.
  /// - Parameter body: called with the steps of the piece, of those each sequence's that it has.
  func headInputs(
    _ input: ModelInput<S>, _ target: ModelTarget<S>, load: (Engine<S>) -> Void,
    _ body: (_ steps: Range<Int>, _ features: Sequences<S>, _ targets: TargetSequences<S>.Content) -> Void
  ) throws(PlanError) {
    let isPooled = configuration.head.isPooled
    let input = measurable(input, hasOneOutput: isPooled)
    let target = TargetSequences(
      target, lengths: input.lengths, batchSize: batchSize, isPooled: isPooled, width: configuration.outputSize)
    try forEachPiece(of: input, load) { engine, rows, piece in
      guard let head = engine.plan.head else { stop("a model without a head has nothing to fit") }
      body(
        piece.steps, engine.sequences(ofHeadRows: head.input, rows), target.content(of: piece.sequences, piece.steps))
    }
  }

  /// Runs forward over all sequences, piece by piece.
  /// - Parameter body: called after each piece, whose states are those of the engine.
  func forEachPiece(
    of input: ModelInput<S>, load: (Engine<S>) -> Void, _ body: (Engine<S>, Rows) -> Void
  ) throws(PlanError) {
    try forEachPiece(of: self.input(input), load) { engine, rows, _ in body(engine, rows) }
  }

  // MARK: Data

  /// Checked as a whole, so that messages count sequences and steps as the data do, not as batches and pieces.
  private func input(_ input: ModelInput<S>) -> InputSequences<S> {
    let input = InputSequences(input, batchSize: batchSize, width: configuration.input.size)
    require(!input.lengths.isEmpty, "expected 1 sequence or more, got none")
    input.check(configuration)
    return input
  }

  private func measurable(_ input: ModelInput<S>, hasOneOutput: Bool) -> InputSequences<S> {
    let input = self.input(input)
    EmptySequences.check(input.lengths, hasOneOutput: hasOneOutput)
    EmptySequences.requireSteps(input.lengths)
    return input
  }

  // MARK: Pieces

  private struct Piece {
    let sequences: Range<Int>
    let steps: Range<Int>
  }

  /// Whether long sequences may come in pieces, the state carried.
  private var isCut: Bool {
    configuration.directions == .forward && !configuration.head.isPooled
      && loss?.targets != .labels && loss?.targets != .custom && loss?.kind != .crf
  }

  /// Forward over all sequences, batch by batch, and of each batch piece by piece.
  private func forEachPiece(
    of input: InputSequences<S>, _ load: (Engine<S>) -> Void,
    _ body: (Engine<S>, Rows, Piece) -> Void
  ) throws(PlanError) {
    let lengths = input.lengths
    let longest = max(1, lengths.max() ?? 1)
    let steps = isCut ? min(longest, Self.pieceSteps) : longest
    let engine = try engine(steps: steps, batchSize: min(batchSize, lengths.count))
    load(engine)
    for first in stride(from: 0, to: lengths.count, by: engine.plan.batchSize) {
      let sequences = first..<min(first + engine.plan.batchSize, lengths.count)
      let end = max(1, lengths[sequences].max() ?? 1)
      engine.zeroState()
      for start in stride(from: 0, to: end, by: engine.plan.steps) {
        let piece = Piece(sequences: sequences, steps: start..<min(start + engine.plan.steps, end))
        let rows = engine.set(input.piece(piece.sequences, piece.steps))
        engine.perform(.forward, rows)
        body(engine, rows, piece)
        engine.carryState(after: rows)
      }
    }
  }

  private func engine(steps: Int, batchSize: Int) throws(PlanError) -> Engine<S> {
    if let engine, engine.plan.steps >= steps, engine.plan.batchSize >= batchSize { return engine }
    let plan = try Plan(
      configuration, steps: max(steps, engine?.plan.steps ?? 0), batchSize: max(batchSize, engine?.plan.batchSize ?? 0),
      purpose: .inference(loss: loss), products: products, precision: precision, scalar: S.self)
    engine = nil
    let made = try Engine<S>(plan, threads: threads)
    engine = made
    return made
  }
}

extension Engine {
  /// The outputs of a forward pass for each sequence: one for each of its steps, or one.
  func outputSequences(_ rows: Rows) -> Sequences<S> {
    sequences(ofHeadRows: plan.outputs, rows)
  }

  /// A matrix with the rows of the outputs, for each sequence: one for each of its steps, or one.
  func sequences(ofHeadRows region: Region, _ rows: Rows) -> Sequences<S> {
    let own = region.rows(0..<outputRowCount(rows))
    guard plan.configuration.head.isPooled else { return sequences(own, rows) }
    return Sequences(
      values: memory.array(own), lengths: [Int](repeating: 1, count: rows.sequenceCount), width: own.columns)
  }
}
