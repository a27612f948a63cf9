internal import Kernels

/// Replaces some of a decoder's teacher-forced inputs by its own outputs. As no gradient flows through the choice, the
/// decoder is run step by step first, without dropout, and then trained on the inputs that came of it.
struct InputMixer<S: Scalar>: ~Copyable {
  /// The decoder with T = 1.
  private let engine: Engine<S>
  private let sampling: ScheduledSampling
  private var drawer: TokenDrawer
  private var generator: SeededGenerator
  /// [N] or [N, I], the inputs of a step.
  private var tokens: [Int32]
  private var vectors: [S]

  init(
    _ sampling: ScheduledSampling, decoder: ModelConfiguration, batchSize: Int, memory: MemoryShape?, threads: Int,
    seed: UInt64
  ) throws(PlanError) {
    engine = Engine(
      try Plan(
        decoder, steps: 1, batchSize: batchSize, purpose: .inference(loss: nil), memory: memory, scalar: S.self),
      threads: threads)
    self.sampling = sampling
    drawer = TokenDrawer(sampling.draw, count: decoder.outputSize)
    generator = SeededGenerator(seed: seed)
    let isOfTokens = decoder.input.vocabularySize != nil
    tokens = [Int32](repeating: 0, count: isOfTokens ? batchSize : 0)
    vectors = [S](repeating: 0, count: isOfTokens ? 0 : batchSize * decoder.input.size)
  }

  func probability(at step: Int) -> Double { sampling.probability(at: step) }

  /// - Parameters:
  ///   - decoder: with its parameters as they are now, and a batch of teacher-forced inputs.
  ///   - encoder: after a forward pass.
  mutating func mix(_ decoder: Engine<S>, from encoder: Engine<S>, probability: Double) {
    engine.copyParameters(from: decoder)
    engine.setInitialState(from: encoder)
    if engine.plan.attention != nil { engine.setMemory(from: encoder) }
    for step in 0..<decoder.batchSteps - 1 {
      read(step, of: decoder)
      if tokens.isEmpty {
        engine.setVectors(vectors.span, steps: 1)
      } else {
        engine.setTokens(tokens.span, steps: 1)
      }
      engine.perform(.forward)
      engine.carryState()
      let first = decoder.firstRow(ofStep: step + 1)
      for place in 0..<decoder.activeCount(inStep: step + 1) where generator.uniform() < probability {
        write(decoder.sequence(inPlace: place), toRow: first + place, of: decoder)
      }
    }
  }

  /// The inputs of a step; a sequence that is over keeps its last.
  private mutating func read(_ step: Int, of decoder: Engine<S>) {
    let first = decoder.firstRow(ofStep: step)
    for place in 0..<decoder.activeCount(inStep: step) {
      let sequence = decoder.sequence(inPlace: place)
      guard let input = decoder.plan.input, tokens.isEmpty else {
        tokens[sequence] = decoder.indices[decoder.plan.index.tokens + first + place]
        continue
      }
      for unit in 0..<input.columns {
        vectors[sequence * input.columns + unit] = decoder.block[input.row(first + place).offset + unit]
      }
    }
  }

  /// The output of a sequence becomes an input.
  private mutating func write(_ sequence: Int, toRow row: Int, of decoder: Engine<S>) {
    let output = engine.plan.outputs.row(sequence)
    if tokens.isEmpty {
      decoder.block.write(
        engine.block.span(output.offset, output.columns), at: decoder.plan.input!.row(row).offset)
    } else {
      let token = drawer.draw(engine.block.span(output.offset, output.columns), using: &generator)
      decoder.indices[decoder.plan.index.tokens + row] = token
    }
  }
}

extension Engine {
  /// Takes over the parameters of an engine of the same model.
  func copyParameters(from other: Engine<S>) {
    precondition(plan.table == other.plan.table, "parameters of another model")
    block.write(other.block.span(0, plan.table.blockCount), at: 0)
    parametersChanged()
  }
}
