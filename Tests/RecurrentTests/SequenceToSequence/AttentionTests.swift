import Foundation
import Recurrent
import Testing

@Suite("Attention")
struct AttentionTests {
  private static let lengths = [2, 4, 1]
  private static let memoryLengths = [5, 1, 3]
  private static let width = 4

  private func configuration(_ attention: Attention, _ directions: Directions = .forward) -> ModelConfiguration {
    var configuration = ModelConfiguration(
      cell: .gru, input: .vectors(size: 3), hiddenSize: directions == .forward ? Self.width : Self.width / 2,
      directions: directions, outputSize: 2)
    configuration.attention = attention
    return configuration
  }

  private func random(_ lengths: [Int], width: Int, seed: UInt64) -> Sequences<Double> {
    var generator = SeededGenerator(seed: seed)
    return Sequences(lengths.map { (0..<$0 * width).map { _ in generator.uniform(-1, 1) } }, width: width)
  }

  private static let tolerance = NaiveAttention.tolerance

  @Test("As by the formulas", arguments: Attention.allCases, [Directions.forward, .both(merge: .concatenate)])
  func formulas(attention: Attention, directions: Directions) throws {
    let model = try Model<Double>(configuration(attention, directions), seed: 3)
    let inputs = random(Self.lengths, width: 3, seed: 1)
    let memory = random(Self.memoryLengths, width: Self.width, seed: 2)
    for threads in [1, 2] {
      var pass = try RecurrentPass(model, steps: 5, batchSize: 4, isRagged: true, memorySteps: 6, threads: threads)
      pass.setMemory(memory)
      pass.forward(.vectors(inputs))
      let states = pass.layerOutputSequences(0)
      let outputs = pass.outputSequences
      for sequence in 0..<3 {
        let rows = (0..<Self.memoryLengths[sequence]).map {
          Array(Array(memory[sequence])[$0 * Self.width..<($0 + 1) * Self.width])
        }
        for step in 0..<Self.lengths[sequence] {
          let h = Array(Array(states[sequence])[step * Self.width..<(step + 1) * Self.width])
          let expected = NaiveAttention(model).outputs(h, rows)
          let actual = Array(Array(outputs[sequence])[step * 2..<step * 2 + 2])
          for (x, y) in zip(actual, expected) { #expect(abs(x - y) <= Self.tolerance, "\(sequence), \(step)") }
        }
      }
    }
  }

  @Test("Step by step as at once", arguments: [Attention.dot, .additive])
  func stepByStep(attention: Attention) throws {
    let model = try Model<Double>(configuration(attention), seed: 3)
    let inputs = random([4, 4], width: 3, seed: 1)
    let memory = random([5, 2], width: Self.width, seed: 2)
    var whole = try InferencePass(model, steps: 4, batchSize: 2, memorySteps: 5, threads: 1)
    whole.setMemory(memory)
    whole.run(.vectors(inputs), continuing: true)
    let expected = whole.outputSequences
    var pass = try InferencePass(model, steps: 1, batchSize: 2, memorySteps: 5, threads: 1)
    pass.setMemory(memory)
    for step in 0..<4 {
      let vectors = (0..<2).flatMap { Array(Array(inputs[$0])[step * 3..<step * 3 + 3]) }
      pass.run(vectors: vectors.span, continuing: true)
      let outputs = pass.outputs
      for sequence in 0..<2 {
        for output in 0..<2 {
          let difference = outputs[sequence * 2 + output] - Array(expected[sequence])[step * 2 + output]
          #expect(abs(difference) <= Self.tolerance)
        }
      }
    }
  }

  @Test("Other weights under the same memory", arguments: Attention.allCases)
  func otherWeights(attention: Attention) throws {
    let (first, second) = try (
      Model<Double>(configuration(attention), seed: 3), Model<Double>(configuration(attention), seed: 4)
    )
    let inputs = random([4, 4], width: 3, seed: 1)
    let memory = random([5, 2], width: Self.width, seed: 2)
    func outputs(_ models: [Model<Double>]) throws -> [Double] {
      var pass = try InferencePass(models[0], steps: 4, batchSize: 2, memorySteps: 5, threads: 1)
      pass.setMemory(memory)
      for model in models {
        pass.load(model)
        pass.run(.vectors(inputs))
      }
      return pass.outputs
    }
    #expect(try outputs([first, second]) == outputs([second]))
  }

  @Test("The memory's gradient", arguments: Attention.allCases, [false, true])
  func memoryGradient(attention: Attention, feeding: Bool) throws {
    var configuration = configuration(attention)
    configuration.hasInputFeeding = feeding
    let model = try Model<Double>(configuration, seed: 3)
    let inputs = random(Self.lengths, width: 3, seed: 1)
    let memory = random(Self.memoryLengths, width: Self.width, seed: 2)
    let weights = random(Self.lengths, width: 2, seed: 4)
    var pass = try RecurrentPass(
      model, steps: 4, batchSize: 4, inputGradient: true, isRagged: true, memorySteps: 5, threads: 1)
    func loss(_ values: [Double]) -> Double {
      pass.setMemory(Sequences(values: values, lengths: Self.memoryLengths, width: Self.width))
      pass.forward(.vectors(inputs))
      return zip(pass.outputSequences.values, weights.values).reduce(0) { $0 + $1.0 * $1.1 }
    }
    _ = loss(memory.values)
    pass.backward(outputGradient: weights)
    let gradient = pass.memoryGradient
    let inputGradient = pass.inputGradientSequences.values
    #expect(gradient.lengths == Self.memoryLengths)
    for index in memory.values.indices {
      var values = memory.values
      values[index] += 1e-5
      let above = loss(values)
      values[index] -= 2e-5
      let below = loss(values)
      let numeric = (above - below) / 2e-5
      #expect(abs(gradient.values[index] - numeric) <= 1e-8 + 1e-5 * abs(numeric), "\(index)")
    }
    // That of the input as well, through what is fed.
    for index in inputs.values.indices {
      func loss(moved: Double) -> Double {
        var values = inputs.values
        values[index] += moved
        pass.setMemory(memory)
        pass.forward(.vectors(Sequences(values: values, lengths: Self.lengths, width: 3)))
        return zip(pass.outputSequences.values, weights.values).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let numeric = (loss(moved: 1e-5) - loss(moved: -1e-5)) / 2e-5
      #expect(abs(inputGradient[index] - numeric) <= 1e-8 + 1e-5 * abs(numeric), "input \(index)")
    }
  }
}
