internal import Kernels

/// Replaces some of a decoder's teacher-forced inputs by its own outputs. As no gradient flows through the choice, the
/// decoder is run step by step first, without dropout, and then trained on the inputs that came of it.
struct InputMixer<S: Scalar>: ~Copyable {
  /// The decoder with T = 1.
  private let engine: Engine<S>
  private let sampling: ScheduledSampling
  private var drawer: TokenDrawer
  /// [N] or [N, I], the inputs of a step.
  private var tokens: [Int32]
  private var vectors: [S]

  init(
    _ sampling: ScheduledSampling, decoder: ModelConfiguration, batchSize: Int, memory: MemoryShape?,
    products: Products, threads: Int
  ) throws(PlanError) {
    engine = try Engine(
      Plan(
        decoder, steps: 1, batchSize: batchSize, purpose: .inference(loss: nil), memory: memory, products: products,
        scalar: S.self),
      threads: threads)
    self.sampling = sampling
    drawer = TokenDrawer(sampling.draw, count: decoder.outputSize)
    let isOfTokens = decoder.input.vocabularySize != nil
    tokens = [Int32](repeating: 0, count: isOfTokens ? batchSize : 0)
    vectors = [S](repeating: 0, count: isOfTokens ? 0 : batchSize * decoder.input.size)
  }

  func probability(at step: Int) -> Double { sampling.probability(at: step) }

  /// - Parameters:
  ///   - decoder: with its parameters as they are now, and `target`, a batch of teacher-forced inputs.
  ///   - encoder: after a forward pass of `source`.
  ///   - generator: of what is drawn.
  mutating func mix(
    _ decoder: Engine<S>, _ target: Rows, from encoder: Engine<S>, _ source: Rows, probability: Double,
    using generator: inout SeededGenerator
  ) {
    engine.copyParameters(from: decoder)
    engine.setInitialState(from: encoder, source)
    if engine.plan.attention != nil { engine.setMemory(from: encoder, source) }
    for step in 0..<target.batchSteps - 1 {
      read(step, of: decoder, target)
      let rows =
        tokens.isEmpty ? engine.setVectors(vectors.span) : engine.setTokens(tokens.span)
      engine.perform(.forward, rows)
      engine.carryState(after: rows)
      let first = target.firstRow(ofStep: step + 1)
      for slot in 0..<target.activeCount(inStep: step + 1) where generator.uniform() < probability {
        write(target.sequence(inSlot: slot), toRow: first + slot, of: decoder, using: &generator)
      }
    }
  }

  /// The inputs of a step; a sequence that is over keeps its last.
  private mutating func read(_ step: Int, of decoder: Engine<S>, _ target: Rows) {
    let first = target.firstRow(ofStep: step)
    for slot in 0..<target.activeCount(inStep: step) {
      let sequence = target.sequence(inSlot: slot)
      guard tokens.isEmpty else {
        tokens[sequence] = decoder.indices[decoder.plan.index.tokens + first + slot]
        continue
      }
      let input = decoder.plan.input.vectors
      for unit in 0..<input.columns {
        vectors[sequence * input.columns + unit] = decoder.memory[input.row(first + slot).offset + unit]
      }
    }
  }

  /// The output of a sequence becomes an input.
  private mutating func write(
    _ sequence: Int, toRow row: Int, of decoder: Engine<S>, using generator: inout SeededGenerator
  ) {
    let output = engine.plan.outputs.row(sequence)
    if tokens.isEmpty {
      decoder.memory.write(
        engine.memory.span(output.offset, output.columns), at: decoder.plan.input.vectors.row(row).offset)
    } else {
      // Of a model that diverged nothing can be drawn: the target stays, and the loss tells.
      let token = drawer.draw(engine.memory.span(output.offset, output.columns), using: &generator)
      if let token { decoder.indices[decoder.plan.index.tokens + row] = token }
    }
  }
}
