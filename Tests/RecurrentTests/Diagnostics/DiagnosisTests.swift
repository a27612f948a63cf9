import Foundation
import Recurrent
import Testing

@Suite("Diagnosis")
struct DiagnosisTests {
  /// One thread, and little to follow.
  private static var quick: DiagnosisOptions {
    var options = DiagnosisOptions()
    (options.exponentSteps, options.delayCount, options.jacobianCount, options.threads) = (60, 30, 2, 1)
    return options
  }

  // MARK: Exact cases

  @Test("0.9 times an orthogonal matrix, where tanh is linear: everything is 0.9 to rounding")
  func orthogonal() throws {
    let size = 12
    let model = try DiagnosedNetwork.orthogonal(gain: 0.9, size: size)
    // tanh'(h) is 1 − h², 1 to the last bit for states of 10⁻¹⁰.
    let input = DiagnosedNetwork.noise(80, width: size, scale: 1e-12)
    let found = try model.diagnose(vectors: [input], options: Self.quick).recurrences[0]
    #expect(found.exponents.count == size && found.exponentSteps == 60)
    // Some hundred roundings a step, each of a number near 1.
    for exponent in found.exponents { #expect(abs(exponent - log(0.9)) <= 1e-13) }
    for (steps, norm) in found.gradientNorms.enumerated() { #expect(abs(norm / pow(0.9, Double(steps)) - 1) <= 1e-12) }
    #expect(found.gradientNorms.count == 31 && found.gradientReach == nil)
    let jacobian = try #require(found.stepJacobian)
    #expect(abs(jacobian.largest - 0.9) <= 1e-13 && abs(jacobian.median - 0.9) <= 1e-13)
    let matrix = found.matrices[0]
    #expect(abs(try #require(matrix.spectralRadius) - 0.9) <= 1e-13)
    for value in matrix.singularValues { #expect(abs(value - 0.9) <= 1e-13) }
  }

  @Test("An LSTM of zeros: ln σ(b_f) for c, and −∞ for h", arguments: [-1.0, 0, 2])
  func zeroLSTM(bias: Double) throws {
    let size = 5
    var model = try Model<Float>(
      ModelConfiguration(cell: .lstm, input: .vectors(size: 2), hiddenSize: size), seed: 1)
    for entry in model.table.entries { model[parameter: entry.name] = [Float](repeating: 0, count: entry.count) }
    for unit in size..<2 * size { model[parameter: "rnn.bias_ih_l0"][unit] = Float(bias) }
    let input = DiagnosedNetwork.noise(40, width: 2).map { Float($0) }
    let found = try model.diagnose(vectors: [input], options: Self.quick).recurrences[0]
    #expect(found.exponents.count == 2 * size)
    let forget = 1 / (1 + exp(-bias))
    for exponent in found.exponents.prefix(size) { #expect(abs(exponent - log(forget)) <= 1e-12) }
    for exponent in found.exponents.suffix(size) { #expect(exponent == -.infinity) }
    #expect(found.gates.map(\.name) == ["i", "f", "g", "o"])
    for (gate, mean) in zip(found.gates, [0.5, forget, 0, 0.5]) {
      #expect(abs(try #require(gate.mean) - mean) <= 1e-6)
    }
    // h gives c half a tanh'; then c keeps σ(b_f) a step.
    for (steps, norm) in found.gradientNorms.enumerated().dropFirst() {
      #expect(abs(norm / (0.5 * pow(forget, Double(steps))) - 1) <= 1e-9)
    }
  }

  @Test("Running freely, a linear network's exponents are those of W + Wᵢ·Wₒ", arguments: [1, 2])
  func closedLoop(layers: Int) throws {
    var configuration = ModelConfiguration(
      cell: .rnn, input: .vectors(size: 2), hiddenSize: 2, layerCount: layers, outputSize: 2)
    configuration.headReadsAllLayers = layers == 2
    var model = try Model<Double>(configuration, seed: 1)
    for entry in model.table.entries { model[parameter: entry.name] = [Double](repeating: 0, count: entry.count) }
    // Turning by 1 radian: half of it in the recurrence, half by way of the output and the input.
    let (cosine, sine) = (cos(1.0), sin(1.0))
    let turn = [cosine, -sine, sine, cosine]
    model[parameter: "rnn.weight_hh_l0"] = turn.map { 0.45 * $0 }
    model[parameter: "rnn.weight_ih_l0"] = turn.map { 0.45 * $0 }
    // Of two layers the head reads both; the upper one is the lower one's copy, and counts for nothing.
    model[parameter: "linear.weight"] = layers == 1 ? [1, 0, 0, 1] : [1, 0, 0, 0, 0, 1, 0, 0]
    if layers == 2 { model[parameter: "rnn.weight_ih_l1"] = [1, 0, 0, 1] }
    var options = Self.quick
    options.closedLoopSteps = 50
    let input = DiagnosedNetwork.noise(4, width: 2, scale: 1e-12)
    let loop = try #require(try model.diagnose(vectors: [input], options: options).closedLoop)
    #expect(loop.steps == 45 && loop.exponents.count == 2 * layers)
    for exponent in loop.exponents.prefix(2) { #expect(abs(exponent - log(0.9)) <= 1e-12) }
    for exponent in loop.exponents.dropFirst(2) { #expect(exponent == -.infinity) }
    #expect(loop.dimension == 0)
    #expect(ClosedLoopSpectrum(exponents: [0.9, 0, -14.5], steps: 1).dimension == 2 + 0.9 / 14.5)
    #expect(ClosedLoopSpectrum(exponents: [0.9, 0], steps: 1).dimension == nil)
  }

  // MARK: Every cell, by its derivative

  @Test(
    "Products with the transposed Jacobian are those of differences: gradients k steps back, of every cell",
    arguments: BuiltInCells.all.map(\.name) + [OwnCell().name])
  func differences(name: String) throws {
    let cell = BuiltInCells.all.first { $0.name == name } ?? OwnCell()
    try check(configuration(cell))
    if cell.structure.allowsProjection {
      var projected = configuration(cell)
      projected.projectionSize = 2
      try check(projected)
    }
  }

  private func configuration(_ cell: some RecurrentCell) -> ModelConfiguration {
    ModelConfiguration(cell: cell, input: .vectors(size: 2), hiddenSize: 3)
  }

  /// The product of three steps' Jacobians by differences of runs from changed states, against the norms of gradients of all
  /// directions: the geometric mean over the directions of a sphere lies between its singular values, and the exponents over
  /// three steps add up to the logarithm of its determinant.
  private func check(_ configuration: ModelConfiguration) throws {
    let model = try Model<Double>(configuration, seed: 3)
    let input = DiagnosedNetwork.noise(3, width: 2)
    let size = RecurrentState<Double>(zerosFor: configuration, batchSize: 1).values.count
    var options = Self.quick
    (options.exponentCount, options.exponentSteps) = (size, 3)
    let found = try model.diagnose(vectors: [input], options: options).recurrences[0]
    var pass = try RecurrentPass(model, steps: 3, batchSize: 1, threads: 1)
    func end(_ change: Int, _ amount: Double) -> [Double] {
      var state = RecurrentState<Double>(zerosFor: configuration, batchSize: 1)
      state.values[change] += amount
      pass.initialState = state
      pass.forward(.vectors(input))
      return pass.finalState.values
    }
    let step = 1e-5
    var columns: [[Double]] = []
    for index in 0..<size {
      columns.append(zip(end(index, step), end(index, -step)).map { ($0 - $1) / (2 * step) })
    }
    let determinant = abs(Self.determinant(columns))
    let sum = 3 * found.exponents.reduce(0, +)
    if determinant > 1e-9 {
      #expect(abs(sum - log(determinant)) <= 1e-4, "\(configuration.cell.name)")
    } else {
      #expect(sum < log(1e-9) + 3, "\(configuration.cell.name)")
    }
    // Gradients start at the output alone: the norms lie between nothing and the largest column sum.
    let rows = (0..<configuration.directionSize(ofLayer: 0)).map { row in
      columns.map { $0[row] * $0[row] }.reduce(0, +).squareRoot()
    }
    let bound = rows.map { $0 * $0 }.reduce(0, +).squareRoot()
    #expect(found.gradientNorms.count == 4 && found.gradientNorms[3] <= bound * (1 + 1e-6))
    #expect(found.gradientNorms[3] >= 0.02 * bound, "\(configuration.cell.name)")
  }

  private static func determinant(_ matrix: [[Double]]) -> Double {
    var (rows, result) = (matrix, 1.0)
    for pivot in rows.indices {
      guard let best = (pivot..<rows.count).max(by: { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) }),
        rows[best][pivot] != 0
      else { return 0 }
      rows.swapAt(best, pivot)
      result *= rows[pivot][pivot]
      for row in pivot + 1..<rows.count {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in pivot..<rows.count { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return result
  }

  @Test("A scalar network's gradient is the product of its slopes")
  func scalarCurve() throws {
    var model = try DiagnosedNetwork.map([1.3], size: 1)
    model[parameter: "rnn.bias_ih_l0"] = [0.2]
    let input = DiagnosedNetwork.noise(4, width: 1)
    var (state, slopes) = (0.0, [Double]())
    for value in input {
      state = tanh(1.3 * state + value + 0.2)
      slopes.append(1.3 * (1 - state * state))
    }
    let norms = try model.diagnose(vectors: [input], options: Self.quick).recurrences[0].gradientNorms
    var product = 1.0
    for (steps, slope) in slopes.reversed().enumerated() {
      product *= slope
      #expect(abs(norms[steps + 1] / product - 1) <= 1e-12)
    }
  }

  // MARK: Findings

  @Test("Networks built to vanish, to explode, and neither, are named so")
  func named() throws {
    func kinds(_ model: Model<Double>, scale: Double = 0.02) throws -> [DiagnosisFinding.Kind] {
      var options = Self.quick
      (options.exponentCount, options.exponentSteps) = (2, 150)
      let diagnosis = try model.diagnose(
        vectors: [DiagnosedNetwork.noise(250, width: 100, scale: scale)], options: options)
      return diagnosis.findings.filter(\.isProblem).map(\.kind)
    }
    #expect(try kinds(DiagnosedNetwork.random(gain: 0.5, size: 100)) == [.vanishing])
    #expect(try kinds(DiagnosedNetwork.random(gain: 3, size: 100)).contains(.exploding))
    #expect(try kinds(DiagnosedNetwork.random(gain: 3, size: 100, seed: 9)).contains(.exploding))
    #expect(try kinds(DiagnosedNetwork.orthogonal(gain: 0.97, size: 100)) == [])
  }

  @Test("A closed forget gate is what makes an LSTM forget, and a bias opens it")
  func closedForgetGate() throws {
    func findings(_ bias: Double) throws -> [DiagnosisFinding] {
      let model = try Model<Float>(
        ModelConfiguration(cell: .lstm, input: .oneHot(vocabularySize: 6), hiddenSize: 16, outputSize: 6),
        initialization: Initialization(forgetGateBias: bias), seed: 1)
      var generator = SeededGenerator(seed: 1)
      let tokens = (0..<120).map { _ in Int32(generator.next() % 6) }
      return try model.diagnose(tokens: [tokens], options: Self.quick).findings
    }
    let closed = try findings(-1)
    #expect(closed.first?.kind == .vanishing && closed.first?.place == "layer 0")
    let text = closed.first?.description ?? ""
    #expect(text.contains("gradients vanish after about") && text.contains("the gate f that keeps the state is closed"))
    #expect(text.contains("start it with a bias of 1"))
    #expect(try findings(3).contains { $0.kind == .healthy })
  }

  @Test("Units that say nothing, and units that repeat others")
  func units() throws {
    var model = try DiagnosedNetwork.map([Double](repeating: 0, count: 64), size: 8)
    var weights = (0..<64).map { $0 % 9 == 0 ? 1.0 : 0 }
    // Unit 1 does what unit 0 does, unit 2 the contrary; unit 5 nothing.
    (weights[9], weights[8], weights[18], weights[16], weights[45]) = (0, 1, 0, -1, 0)
    model[parameter: "rnn.weight_ih_l0"] = weights
    let found = try model.diagnose(
      vectors: [DiagnosedNetwork.noise(200, width: 8, scale: 0.1)], options: Self.quick)
    let units = found.recurrences[0].units
    #expect(units.count == 8 && units.dead == [5] && units.redundant == [1, 2])
    #expect(units.rank99 == 5 && units.effectiveRank > 3 && units.effectiveRank < 5)
    #expect(found.findings.map(\.kind).contains(.dead) && found.findings.map(\.kind).contains(.redundant))
    // It keeps five of the eight inputs of this step, and nothing of those before.
    let memory = found.recurrences[0].memory
    #expect(memory[0] > 0.55 && memory[1...].allSatisfy { $0 < 0.1 })
  }

  @Test("A shift register remembers as many steps as it has units")
  func memoryCapacity() throws {
    let size = 6
    // Unit 0 reads the input, each other the unit before it.
    var model = try Model<Double>(
      ModelConfiguration(cell: .rnn, input: .vectors(size: 1), hiddenSize: size), seed: 1)
    for entry in model.table.entries { model[parameter: entry.name] = [Double](repeating: 0, count: entry.count) }
    model[parameter: "rnn.weight_ih_l0"][0] = 1
    for unit in 1..<size { model[parameter: "rnn.weight_hh_l0"][unit * size + unit - 1] = 1 }
    var options = Self.quick
    options.delayCount = 12
    let found = try model.diagnose(
      vectors: [DiagnosedNetwork.noise(400, width: 1, scale: 0.01)], options: options)
    let memory = found.recurrences[0].memory
    for delay in 0..<size { #expect(memory[delay] > 0.99) }
    for delay in size...12 { #expect(memory[delay] < 0.1) }
    #expect(abs(try #require(found.recurrences[0].memoryCapacity) - Double(size - 1)) < 0.5)
  }

  // MARK: Structures

  @Test("Layers, directions, embeddings and sequences of different lengths")
  func structures() throws {
    var configuration = ModelConfiguration(
      cell: .gru, input: .embedding(vocabularySize: 9, size: 4), hiddenSize: 6, layerCount: 2,
      directions: .both(merge: .concatenate), outputSize: 3, head: .lastStep)
    configuration.trainsInitialState = true
    let model = try Model<Float>(configuration, seed: 1)
    var generator = SeededGenerator(seed: 2)
    let tokens = [30, 0, 12, 45].map { length in (0..<length).map { _ in Int32(generator.next() % 9) } }
    let found = try model.diagnose(tokens: tokens, options: Self.quick)
    #expect(found.recurrences.map(\.name) == ["layer 0", "layer 0 reverse", "layer 1", "layer 1 reverse"])
    #expect(found.sequenceCount == 3 && found.stepCount == 87)
    for recurrence in found.recurrences {
      #expect(recurrence.exponents.count == 6 && recurrence.exponents.allSatisfy { $0 < 0 })
      #expect(recurrence.gates.map(\.name) == ["r", "z", "n"] && recurrence.matrices.count == 3)
    }
    // The same again, to the bit, whatever the number of threads.
    var options = Self.quick
    options.threads = 2
    let again = try model.diagnose(tokens: tokens, options: options)
    #expect(again.recurrences.map(\.exponents) == found.recurrences.map(\.exponents))
    #expect(again.recurrences.map(\.gradientNorms) == found.recurrences.map(\.gradientNorms))
    for part in ["dynamics", "recurrent matrices", "gradient, steps back", "gates", "units", "findings"] {
      #expect(found.description.contains(part))
    }
  }

  @Test("What cannot be diagnosed is an error")
  func errors() throws {
    var model = try DiagnosedNetwork.map([0.5], size: 1)
    #expect(throws: DiagnosisError.tooShort) { try model.diagnose(vectors: [[1], []]) }
    #expect(throws: DiagnosisError.notFinite(what: "a number of the input")) {
      try model.diagnose(vectors: [[1, .nan]])
    }
    model[parameter: "rnn.weight_hh_l0"] = [.infinity]
    let error = try #require(throws: DiagnosisError.self) { try model.diagnose(vectors: [[1, 2, 3]]) }
    #expect(error.description.contains("rnn.weight_hh_l0"))
    // max(a, 0) with a weight of 10¹⁰⁰ leaves the range of numbers after four steps.
    var relu = try Model<Double>(
      ModelConfiguration(cell: .rnnReLU, input: .vectors(size: 1), hiddenSize: 1), seed: 1)
    relu[parameter: "rnn.weight_ih_l0"] = [1]
    relu[parameter: "rnn.weight_hh_l0"] = [1e100]
    #expect(throws: DiagnosisError.notFinite(what: "the state of layer 0")) {
      try relu.diagnose(vectors: [[Double](repeating: 1, count: 8)])
    }
  }
}

/// A cell of a user's own: a leaky tanh.
private struct OwnCell: RecurrentCell {
  let name = "own"
  let structure = CellStructure(gateCount: 2)

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    let hidden = next.count
    VectorMath.sigmoid(&gates, in: 0..<hidden)
    VectorMath.tanh(&gates, in: hidden..<2 * hidden)
    for j in 0..<hidden { next[j] = (1 - gates[j]) * previous[j] + gates[j] * gates[hidden + j] }
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    for j in 0..<hidden {
      let (f, candidate, dh) = (gates[j], gates[hidden + j], gradient[j])
      gates[j] = dh * (candidate - previous[j]) * f * (1 - f)
      gates[hidden + j] = dh * f * (1 - candidate * candidate)
      gradient[j] = dh * (1 - f)
    }
  }
}
