import Recurrent
import Testing

/// What the head read at a step goes into the first layer at the next.
@Suite("Input feeding")
struct InputFeedingTests {
  private static let lengths = [2, 4, 1]
  private static let memoryLengths = [5, 1, 3]
  private static let (width, inputs) = (4, 3)

  private static func configuration(
    _ attention: Attention, _ cell: OracleCell, layers: Int = 1
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: cell.cell, input: .vectors(size: inputs), hiddenSize: width, layerCount: layers, outputSize: 2)
    configuration.attention = attention
    configuration.hasInputFeeding = true
    return configuration
  }

  private static func random(_ lengths: [Int], width: Int, seed: UInt64) -> Sequences<Double> {
    var generator = SeededGenerator(seed: seed)
    return Sequences(lengths.map { (0..<$0 * width).map { _ in generator.uniform(-1, 1) } }, width: width)
  }

  /// The same layers without attention and head, of [x; h̃].
  private static func layers(_ model: Model<Double>) throws -> Model<Double> {
    var configuration = model.configuration
    (configuration.attention, configuration.hasInputFeeding, configuration.head) = (nil, false, .none)
    configuration.input = .vectors(size: inputs + width)
    var result = try Model<Double>(configuration, seed: 0)
    for entry in result.table.entries { result[parameter: entry.name] = model[parameter: entry.name] }
    return result
  }

  /// [length][2]: the layers go a step at a time, and what they read is put together here.
  private static func naive(_ model: Model<Double>, _ inputs: [[Double]], _ memory: [[Double]]) throws -> [[Double]] {
    var pass = try InferencePass(layers(model), steps: 1, batchSize: 1, threads: 1)
    let attention = NaiveAttention(model)
    var fed = [Double](repeating: 0, count: width)
    return inputs.map { input in
      let read = input + fed
      pass.run(vectors: read.span, continuing: true)
      fed = attention.output(pass.outputs, memory)
      return attention.head(fed)
    }
  }

  private static func rows(_ sequences: Sequences<Double>, _ index: Int) -> [[Double]] {
    let values = Array(sequences[index])
    return (0..<sequences.lengths[index]).map {
      Array(values[$0 * sequences.width..<($0 + 1) * sequences.width])
    }
  }

  @Test("As by the formulas", arguments: Attention.allCases, [OracleCell.rnn, .gru, .lstm, .gruResetBefore])
  func formulas(attention: Attention, cell: OracleCell) throws {
    let inputs = Self.random(Self.lengths, width: Self.inputs, seed: 1)
    let memory = Self.random(Self.memoryLengths, width: Self.width, seed: 2)
    for layers in [1, 2] {
      let model = try Model<Double>(Self.configuration(attention, cell, layers: layers), seed: 3)
      for threads in [1, 2] {
        var pass = try RecurrentPass(model, steps: 5, batchSize: 4, isRagged: true, memorySteps: 6, threads: threads)
        pass.setMemory(memory)
        pass.forward(.vectors(inputs))
        let outputs = pass.outputSequences
        for sequence in 0..<3 {
          let expected = try Self.naive(model, Self.rows(inputs, sequence), Self.rows(memory, sequence))
          for (actual, expected) in zip(Self.rows(outputs, sequence), expected) {
            for (x, y) in zip(actual, expected) {
              // A step passes errors on to the next: of at most four.
              #expect(abs(x - y) <= 4 * NaiveAttention.tolerance, "\(layers) layers, sequence \(sequence)")
            }
          }
        }
      }
    }
  }

  @Test("Step by step, and in blocks of steps, as at once", arguments: Attention.allCases)
  func stepByStep(attention: Attention) throws {
    let model = try Model<Double>(Self.configuration(attention, .lstm, layers: 2), seed: 3)
    let inputs = Self.random([4, 4], width: Self.inputs, seed: 1)
    let memory = Self.random([5, 2], width: Self.width, seed: 2)
    var whole = try RecurrentPass(model, steps: 4, batchSize: 2, memorySteps: 5, products: .packed, threads: 1)
    whole.setMemory(memory)
    whole.forward(.vectors(inputs))
    let expected = whole.outputs
    for size in [1, 2, 4] {
      var pass = try InferencePass(
        model, steps: size, batchSize: 2, memorySteps: 5, products: .packed, threads: 2)
      pass.setMemory(memory)
      // Twice: a start anew is one of what is fed, too.
      for _ in 0..<2 {
        pass.resetState()
        var outputs: [Double] = []
        for first in stride(from: 0, to: 4, by: size) {
          let vectors = (first..<first + size).flatMap { step in (0..<2).flatMap { Self.rows(inputs, $0)[step] } }
          pass.run(vectors: vectors.span, continuing: true)
          outputs += pass.outputs
        }
        #expect(outputs == expected, "\(size) steps at once")
      }
    }
  }

  @Test("Many steps are run in blocks of some, which give the same")
  func blocks() throws {
    var configuration = Self.configuration(.additive, .gru)
    configuration.hiddenSize = 40
    let model = try Model<Double>(configuration, seed: 3)
    let steps = 400
    let inputs = Self.random([steps, 3, steps - 1, 9], width: Self.inputs, seed: 1)
    let memory = Self.random([5, 2, 0, 4], width: 40, seed: 2)
    var whole = try RecurrentPass(
      model, steps: steps, batchSize: 4, isRagged: true, memorySteps: 5, products: .packed, threads: 1)
    whole.setMemory(memory)
    whole.forward(.vectors(inputs))
    var pass = try InferencePass(
      model, steps: steps, batchSize: 4, memorySteps: 5, products: .packed, threads: 2)
    #expect(pass.plan.buffers.first { $0.name == "layer 0 gates" }?.shape[0] ?? .max < 4 * steps)
    pass.setMemory(memory)
    pass.run(.vectors(inputs))
    #expect(pass.outputSequences.values == whole.outputSequences.values)
  }

  @Test("What is fed is carried as the state is, and is 0 after a state that is set")
  func carried() throws {
    let model = try Model<Double>(Self.configuration(.general, .gru), seed: 3)
    let memory = Self.random([5], width: Self.width, seed: 2)
    let inputs = Self.random([3], width: Self.inputs, seed: 1)
    var pass = try InferencePass(model, steps: 3, batchSize: 1, memorySteps: 5, threads: 1)
    pass.setMemory(memory)
    let attention = NaiveAttention(model)
    #expect(pass.fedOutput == [0, 0, 0, 0])
    pass.run(.vectors(inputs))
    let (state, fed) = (pass.state, pass.fedOutput)
    // After the last step.
    let h = Array(state.values)
    for (x, y) in zip(fed, attention.output(h, Self.rows(memory, 0))) {
      #expect(abs(x - y) <= NaiveAttention.tolerance)
    }
    pass.run(.vectors(inputs), continuing: true)
    let expected = pass.outputs
    pass.state = state
    #expect(pass.fedOutput == [0, 0, 0, 0])
    pass.run(.vectors(inputs))
    #expect(pass.outputs != expected)
    pass.state = state
    pass.fedOutput = fed
    pass.run(.vectors(inputs))
    #expect(pass.outputs == expected)
  }

  @Test("Sequences of different lengths go on, each from what it was fed last")
  func raggedPieces() throws {
    let model = try Model<Double>(Self.configuration(.additive, .gru, layers: 2), seed: 3)
    let memory = Self.random([5, 2, 3], width: Self.width, seed: 2)
    let inputs = Self.random([5, 6, 4], width: Self.inputs, seed: 1)
    var whole = try InferencePass(model, steps: 6, batchSize: 3, memorySteps: 5, products: .packed, threads: 1)
    whole.setMemory(memory)
    whole.run(.vectors(inputs))
    let expected = whole.outputSequences
    var pass = try InferencePass(model, steps: 4, batchSize: 3, memorySteps: 5, products: .packed, threads: 2)
    pass.setMemory(memory)
    // Sorted by their lengths, the sequences stand in other places in each piece; one has no step in the second.
    var (outputs, first) = ([[Double]](repeating: [], count: 3), [0, 0, 0])
    for lengths in [[1, 2, 3], [3, 0, 1], [1, 4, 0]] {
      let piece = (0..<3).map { sequence in
        Array(Self.rows(inputs, sequence)[first[sequence]..<first[sequence] + lengths[sequence]].joined())
      }
      pass.run(.vectors(Sequences(piece, width: Self.inputs)), continuing: true)
      for sequence in 0..<3 {
        outputs[sequence] += Array(pass.outputSequences[sequence])
        first[sequence] += lengths[sequence]
      }
    }
    for sequence in 0..<3 { #expect(outputs[sequence] == Array(expected[sequence]), "\(sequence)") }
  }
}
