internal import Kernels

/// Finds targets for sources: greedily, or by beam search, many sources at once and all hypotheses of a step in one
/// product. Everything of the networks is planned and allocated in `init`.
///
/// **From tasks.** `Sendable`, as it alone owns its memory and workers: it may be sent on to another task, or be kept by an
/// actor. All that changes it is `mutating`, and so the compiler sees to it that one task at a time does.
public struct SequenceDecoder<S: Scalar>: ~Copyable, @unchecked Sendable {
  let encoder: Engine<S>
  /// T = 1, a row for each hypothesis: those of source s from s·`width` on.
  let decoder: Engine<S>
  let marks: SequenceMarks?
  private let options: DecodingOptions
  private let width: Int
  private let batchSize: Int
  /// [N·width] the last token of each hypothesis, and which one it comes from.
  var tokens: [Int32]
  private var parents: [Int]

  /// - Parameters:
  ///   - model: whose parameters are copied.
  ///   - sourceLength: the most steps of a source.
  ///   - batchSize: the most sources of a call.
  ///   - options: how targets are searched for, and how long they may become.
  ///   - products: who multiplies.
  ///   - precision: how the weights that products read are stored; of `Float` models.
  ///   - threads: workers that share the batch; 0: one for each processor. Results do not depend on it.
  /// - Throws: `PlanError` where the memory does not suffice, or a weight is too large for the precision.
  public init(
    _ model: EncoderDecoder<S>, sourceLength: Int, batchSize: Int = 1, options: DecodingOptions,
    products: Products = .automatic, precision: WeightPrecision = .full, threads: Int = 0
  ) throws(PlanError) {
    try model.encoder.refuse(beyond: precision)
    try model.decoder.refuse(beyond: precision)
    let width = options.beamWidth
    let encoderPlan = try Plan(
      model.encoder.configuration, steps: sourceLength, batchSize: batchSize, purpose: .inference(loss: nil),
      products: products, precision: precision, scalar: S.self)
    let configuration = model.decoder.configuration
    let (rows, overflow) = batchSize.multipliedReportingOverflow(by: width)
    if overflow { throw .tooLarge(what: "\(batchSize) beams of \(width) hypotheses") }
    let decoderPlan = try Plan(
      configuration, steps: 1, batchSize: rows, purpose: .inference(loss: nil),
      memory: configuration.attention.map { _ in MemoryShape(steps: sourceLength, sequencesPerMemory: width) },
      products: products, precision: precision, scalar: S.self)
    (encoder, decoder) = try (Engine(encoderPlan, threads: threads), Engine(decoderPlan, threads: threads))
    self.options = options
    self.batchSize = batchSize
    self.width = width
    marks = model.marks
    tokens = [Int32](repeating: 0, count: rows)
    parents = [Int](repeating: 0, count: rows)
    load(model)
  }

  /// Replaces the parameters; the configurations must be the same.
  public mutating func load(_ model: EncoderDecoder<S>) {
    encoder.load(model.encoder)
    decoder.load(model.decoder)
  }

  // MARK: Tokens

  /// The hypotheses for each source, the best first: 1 to `beamWidth` of them. Fewer where, at the maximum length, several
  /// continuations of the same hypothesis are cut off.
  public mutating func decode(_ source: Sequences<Int32>) -> [[Hypothesis]] {
    decode(encoder.setTokens(source))
  }

  /// The same for sources of vectors.
  public mutating func decode(_ source: Sequences<S>) -> [[Hypothesis]] {
    decode(encoder.setVectors(source))
  }

  private mutating func decode(_ source: Rows) -> [[Hypothesis]] {
    guard let marks else { stop("targets of vectors have no end: see generate(from:steps:)") }
    encode(source)
    var beams = [Beam](repeating: Beam(options, end: marks.end), count: source.sequenceCount)
    for row in tokens.indices { tokens[row] = marks.start }
    while beams.contains(where: { !$0.live.isEmpty }) {
      let rows = decoder.setTokens(tokens.span)
      decoder.perform(.forward, rows)
      for row in parents.indices { parents[row] = row }
      for source in beams.indices where !beams[source].live.isEmpty {
        let first = source * width
        let (memory, outputs) = (decoder.memory, decoder.plan.outputs)
        let from = beams[source].extend { memory.array(outputs.row(first + $0)) }
        for (hypothesis, parent) in from.enumerated() {
          parents[first + hypothesis] = first + parent
          tokens[first + hypothesis] = beams[source].live[hypothesis].tokens.last!
        }
      }
      decoder.carryState(after: rows, from: parents)
    }
    return beams.map(\.hypotheses)
  }

  /// Sources that were set to initial states and memories.
  func encode(_ source: Rows) {
    encoder.zeroState()
    encoder.perform(.forward, source)
    decoder.setInitialState(from: encoder, source, beams: width)
    if decoder.plan.attention != nil { decoder.setMemory(from: encoder, source) }
  }

  // MARK: Vectors

  /// For a decoder of vectors: outputs that are fed back, so many for each source.
  /// - Returns: [steps, O] for each source.
  public mutating func generate(from source: Sequences<Int32>, steps: Int) -> Sequences<S> {
    generate(encoder.setTokens(source), steps: steps)
  }

  /// For a decoder of vectors: outputs that are fed back, so many for each source.
  /// - Returns: [steps, O] for each source.
  public mutating func generate(from source: Sequences<S>, steps: Int) -> Sequences<S> {
    generate(encoder.setVectors(source), steps: steps)
  }

  private func generate(_ source: Rows, steps: Int) -> Sequences<S> {
    require(marks == nil, "the decoder's steps are tokens: see decode(_:)")
    require(width == 1, "there is no search for vectors: expected a beam width of 1, got \(width)")
    require(steps >= 1, "steps must be 1 or more, got \(steps)")
    encode(source)
    var input = [S](repeating: 0, count: batchSize * decoder.plan.outputs.columns)
    var targets = [[S]](repeating: [], count: source.sequenceCount)
    for _ in 0..<steps {
      let rows = decoder.setVectors(input.span)
      decoder.perform(.forward, rows)
      decoder.carryState(after: rows)
      input = decoder.memory.array(decoder.plan.outputs)
      for source in targets.indices {
        targets[source] += decoder.memory.array(decoder.plan.outputs.row(source))
      }
    }
    return Sequences(targets, width: decoder.plan.outputs.columns)
  }
}
