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

  /// The formulas of `Attention`, for one step.
  private func naive(_ model: Model<Double>, _ h: [Double], _ memory: [[Double]]) -> [Double] {
    let width = h.count
    let scale = model.configuration.attention == .scaledDot ? 1 / Double(width).squareRoot() : 1
    var query = h
    if model.configuration.attention == .general {
      let weights = model[parameter: "attention.query.weight"]
      query = (0..<width).map { unit in (0..<width).reduce(0) { $0 + weights[unit * width + $1] * h[$1] } }
    }
    let scores = memory.map { row in scale * zip(row, query).reduce(0) { $0 + $1.0 * $1.1 } }
    let total = scores.reduce(0) { $0 + exp($1) }
    var joined = [Double](repeating: 0, count: width) + h
    for (row, score) in zip(memory, scores) {
      for unit in 0..<width { joined[unit] += exp(score) / total * row[unit] }
    }
    func linear(_ name: String, _ input: [Double]) -> [Double] {
      let weights = model[parameter: name + ".weight"]
      return model[parameter: name + ".bias"].enumerated().map { output, bias in
        input.indices.reduce(bias) { $0 + weights[output * input.count + $1] * input[$1] }
      }
    }
    return linear("linear", linear("attention", joined).map { tanh($0) })
  }

  /// Sums of at most 12 terms of magnitude 1, six after each other, none of which magnifies an error more than 12-fold:
  /// below 12·6·12 roundoffs of 1.
  private static let tolerance = 12 * 6 * 12 * 0x1p-53

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
          let expected = naive(model, h, rows)
          let actual = Array(Array(outputs[sequence])[step * 2..<step * 2 + 2])
          for (x, y) in zip(actual, expected) { #expect(abs(x - y) <= Self.tolerance, "\(sequence), \(step)") }
        }
      }
    }
  }

  @Test("Step by step as at once")
  func stepByStep() throws {
    let model = try Model<Double>(configuration(.dot), seed: 3)
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

  @Test("The memory's gradient", arguments: Attention.allCases)
  func memoryGradient(attention: Attention) throws {
    let model = try Model<Double>(configuration(attention), seed: 3)
    let inputs = random(Self.lengths, width: 3, seed: 1)
    let memory = random(Self.memoryLengths, width: Self.width, seed: 2)
    let weights = random(Self.lengths, width: 2, seed: 4)
    var pass = try RecurrentPass(model, steps: 4, batchSize: 3, isRagged: true, memorySteps: 5, threads: 1)
    func loss(_ values: [Double]) -> Double {
      pass.setMemory(Sequences(values: values, lengths: Self.memoryLengths, width: Self.width))
      pass.forward(.vectors(inputs))
      return zip(pass.outputSequences.values, weights.values).reduce(0) { $0 + $1.0 * $1.1 }
    }
    _ = loss(memory.values)
    pass.backward(outputGradient: weights)
    let gradient = pass.memoryGradient
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
  }
}
