import Foundation
import Recurrent
import RecurrentONNX

/// The inputs of an exported model by name, and what this package's own passes make of them.
struct ExportBatch<S: Scalar> {
  struct Tensor<Element: Sendable>: Sendable {
    let name: String
    let shape: [Int]
    let values: [Element]
  }

  /// `input`, `memory` and the initial states.
  private(set) var numbers: [Tensor<S>] = []
  /// `tokens`, int64.
  private(set) var tokens: [Tensor<Int>] = []
  /// `lengths` and `memory_lengths`, int32.
  private(set) var lengths: [Tensor<Int>] = []
  /// `output` and the final states.
  private(set) var outputs: [Tensor<S>] = []

  init(_ exported: ExportCase, _ model: Model<S>) throws {
    var generator = SeededGenerator(seed: exported.seed &+ 1)
    let (configuration, options) = (exported.configuration, exported.options)
    let (steps, count) = (exported.steps, exported.lengths.count)

    // Sequences for the passes; what comes after their ends in the file's input is rubbish.
    var pass = try InferencePass<S>(
      model, steps: steps, batchSize: count,
      memorySteps: configuration.attention == nil ? nil : exported.memorySteps, threads: 1)
    var final = try RecurrentPass<S>(
      model, steps: steps, batchSize: count, isRagged: true,
      memorySteps: configuration.attention == nil ? nil : exported.memorySteps, threads: 1)
    if configuration.attention != nil {
      let width = configuration.headInputSize
      let memory = Self.padded(exported.memoryLengths, exported.memorySteps, width: width) {
        S(generator.uniform(-1, 1))
      }
      add("memory", memory.dense, exported.memorySteps, count, width, options)
      if options.lengths {
        lengths.append(Tensor(name: "memory_lengths", shape: [count], values: exported.memoryLengths))
      }
      pass.setMemory(memory.sequences)
      final.setMemory(memory.sequences)
    }
    if options.states {
      var state = RecurrentState<S>(zerosFor: configuration, batchSize: count)
      for index in state.values.indices { state.values[index] = S(generator.uniform(-1, 1)) }
      numbers += Self.tensors(state, "initial", configuration)
      pass.state = state
      final.initialState = state
    }
    if let vocabularySize = configuration.input.vocabularySize {
      let tokens = Self.padded(exported.lengths, steps, width: 1) {
        Int32.random(in: 0..<Int32(vocabularySize), using: &generator)
      }
      let dense = Self.ordered(tokens.dense, steps, count, 1, batchFirst: options.batchFirst)
      self.tokens.append(
        Tensor(
          name: "tokens", shape: options.batchFirst ? [count, steps] : [steps, count], values: dense.map { Int($0) }))
      pass.run(.tokens(tokens.sequences), continuing: true)
      final.forward(.tokens(tokens.sequences))
    } else {
      let size = configuration.input.size
      let vectors = Self.padded(exported.lengths, steps, width: size) { S(generator.uniform(-1, 1)) }
      add("input", vectors.dense, steps, count, size, options)
      pass.run(.vectors(vectors.sequences), continuing: true)
      final.forward(.vectors(vectors.sequences))
    }
    if options.lengths { lengths.append(Tensor(name: "lengths", shape: [count], values: exported.lengths)) }
    addOutput(exported, pass)
    if options.states { outputs += Self.tensors(final.finalState, "final", configuration) }
  }

  private mutating func addOutput(_ exported: ExportCase, _ pass: borrowing InferencePass<S>) {
    let (configuration, options) = (exported.configuration, exported.options)
    let (steps, count, width) = (exported.steps, exported.lengths.count, configuration.outputSize)
    guard !configuration.head.isPooled else {
      let values = options.softmax ? Self.softmax(pass.outputs, width) : pass.outputs
      outputs.append(Tensor(name: "output", shape: [count, width], values: values))
      return
    }
    let sequences = pass.outputSequences
    var dense = [S](repeating: 0, count: steps * count * width)
    for sequence in 0..<count {
      let values = options.softmax ? Self.softmax(Array(sequences[sequence]), width) : Array(sequences[sequence])
      for (offset, value) in values.enumerated() {
        dense[(offset / width * count + sequence) * width + offset % width] = value
      }
    }
    outputs.append(
      Tensor(
        name: "output", shape: (options.batchFirst ? [count, steps] : [steps, count]) + [width],
        values: Self.ordered(dense, steps, count, width, batchFirst: options.batchFirst)))
  }

  private mutating func add(
    _ name: String, _ dense: [S], _ steps: Int, _ count: Int, _ width: Int,
    _ options: ONNXExportOptions
  ) {
    numbers.append(
      Tensor(
        name: name, shape: (options.batchFirst ? [count, steps] : [steps, count]) + [width],
        values: Self.ordered(dense, steps, count, width, batchFirst: options.batchFirst)))
  }

  /// The same sequences as a value and as [steps, sequences, width], where the padding is drawn, too.
  private static func padded<Element: Sendable & BitwiseCopyable>(
    _ lengths: [Int], _ steps: Int, width: Int, _ draw: () -> Element
  ) -> (sequences: Sequences<Element>, dense: [Element]) {
    let dense = (0..<steps * lengths.count * width).map { _ in draw() }
    let sequences = lengths.enumerated().map { sequence, length in
      (0..<length * width).map { dense[($0 / width * lengths.count + sequence) * width + $0 % width] }
    }
    return (Sequences(sequences, width: width), dense)
  }

  /// [steps, sequences, width], or [sequences, steps, width].
  private static func ordered<Element>(
    _ dense: [Element], _ steps: Int, _ count: Int, _ width: Int, batchFirst: Bool
  ) -> [Element] {
    guard batchFirst else { return dense }
    return (0..<dense.count).map { place in
      let (sequence, step) = (place / (steps * width), place / width % steps)
      return dense[(step * count + sequence) * width + place % width]
    }
  }

  /// [D, N, width] of each part of each layer, by the names of the graph.
  private static func tensors(
    _ state: RecurrentState<S>, _ prefix: String, _ configuration: ModelConfiguration
  ) -> [Tensor<S>] {
    let directions = configuration.directions.count
    var tensors: [Tensor<S>] = []
    for part in 0..<state.partCount {
      var values = state[part: part][...]
      for layer in 0..<configuration.layerCount {
        let width = state.widths[part][layer * directions]
        let size = directions * state.batchSize * width
        tensors.append(
          Tensor(
            name: "\(prefix)_\(part == 0 ? "h" : "c")_l\(layer)", shape: [directions, state.batchSize, width],
            values: Array(values.prefix(size))))
        values = values.dropFirst(size)
      }
    }
    return tensors
  }

  private static func softmax(_ values: [S], _ width: Int) -> [S] {
    var result = values
    for row in stride(from: 0, to: values.count, by: width) {
      let greatest = values[row..<row + width].max()!
      let powers = values[row..<row + width].map { exp(Double($0) - Double(greatest)) }
      let sum = powers.reduce(0, +)
      for (unit, power) in powers.enumerated() { result[row + unit] = S(power / sum) }
    }
    return result
  }
}
