import Foundation
import Recurrent
import Tasks
import Testing

@Suite("Reservoirs")
struct ReservoirTests {
  private func reservoir(_ units: Int, change: (inout ReservoirConfiguration) -> Void = { _ in })
    -> ReservoirConfiguration
  {
    var configuration = ReservoirConfiguration(inputSize: 1, outputSize: 1, unitCount: units)
    change(&configuration)
    return configuration
  }

  private func matrix<S: Scalar>(_ model: Model<S>) -> [Double] {
    model[parameter: "rnn.weight_hh_l0"].map { Double($0) }
  }

  // MARK: What is drawn

  @Test(
    "The recurrent matrix has the spectral radius that was asked for, and entries where they were",
    arguments: [
      ReservoirConfiguration.Connections.dense, .sparse(density: 0.25), .blockSparse(density: 0.25),
      .given((0..<40 * 40).map { sin(Double($0 * $0)) }),
    ])
  func drawn(connections: ReservoirConfiguration.Connections) throws {
    let model = try Model<Double>(
      reservoir(40) {
        $0.connections = connections
        $0.spectralRadius = 0.7
        $0.leakRate = 0.25
      }, seed: 3)
    let own = matrix(model)
    #expect(try abs(SpectralRadius(of: own, order: 40).value - 0.7) < 1e-10)
    #expect(model[parameter: "rnn.vectors_l0"] == [Double](repeating: 0.25, count: 40))
    let rows = (0..<40).map { row in Set((0..<40).filter { own[row * 40 + $0] != 0 }) }
    switch connections {
    case .dense, .given: #expect(rows.allSatisfy { $0.count >= 39 })
    case .sparse:
      #expect(rows.allSatisfy { $0.count == 10 })
      #expect(Set(rows).count > 30)
    case .blockSparse:
      #expect(rows.allSatisfy { $0.count == 10 })
      for first in [0, 16, 32] { #expect(Set(rows[first..<min(40, first + 16)]).count == 1) }
      #expect(Set(rows).count == 3)
    }
    #expect(try matrix(Model<Double>(reservoir(40) { $0.connections = connections }, seed: 3)).count == own.count)
  }

  @Test("The same seed gives the same reservoir, another another")
  func seeds() throws {
    #expect(try matrix(Model<Float>(reservoir(20), seed: 1)) == matrix(Model<Float>(reservoir(20), seed: 1)))
    #expect(try matrix(Model<Float>(reservoir(20), seed: 1)) != matrix(Model<Float>(reservoir(20), seed: 2)))
  }

  @Test("Spectral radii: of rotations, of a nilpotent matrix, and by Arnoldi's iteration")
  func radii() throws {
    let rotation = [cos(0.3), -sin(0.3), sin(0.3), cos(0.3)].map { 0.9 * $0 }
    #expect(try abs(SpectralRadius(of: rotation, order: 2).value - 0.9) < 1e-14)
    #expect(try SpectralRadius(of: [0, 1, 0, 0], order: 2).value == 0)
    var generator = SeededGenerator(seed: 5)
    let random = (0..<150 * 150).map { _ in generator.normal() }
    let (exact, near) = (
      try SpectralRadius(of: random, order: 150), try SpectralRadius(of: random, order: 150, exactUpTo: 0)
    )
    #expect(exact.relativeError < 1e-12)
    #expect(abs(near.value - exact.value) < 0.01 * exact.value)
  }

  @Test("Zeros that are skipped change no bit, alone and in a batch")
  func skipping() throws {
    let model = try Model<Float>(
      reservoir(70) {
        $0.connections = .blockSparse(density: 0.2)
        ($0.layerCount, $0.biasScaling) = (2, 0.3)
      }, seed: 5)
    #expect(model.configuration.hasSparseRecurrence)
    var configuration = model.configuration
    configuration.hasSparseRecurrence = false
    let whole = model.with(configuration)
    for (batchSize, threads) in [(1, 1), (5, 2)] {
      let input = (0..<40 * batchSize).map { Float(sin(Double($0))) }
      func states(_ model: Model<Float>) throws -> [Float] {
        var pass = try InferencePass(model, steps: 40, batchSize: batchSize, products: .packed, threads: threads)
        pass.run(.vectors(input))
        return pass.state.values
      }
      #expect(try states(model) == states(whole))
    }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("sparse-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.save(to: path)
    #expect(try Model<Float>(contentsOf: path).configuration.hasSparseRecurrence)
  }

  // MARK: What it does

  @Test("It forgets where it started: the echo state property", arguments: [1.0, 0.3])
  func echo(leakRate: Double) throws {
    let model = try Model<Double>(reservoir(50) { $0.leakRate = leakRate }, seed: 2)
    var generator = SeededGenerator(seed: 7)
    let input = (0..<300).map { _ in generator.uniform(-1, 1) }
    var pass = try InferencePass(model, steps: 300, batchSize: 1, threads: 1)
    pass.run(.vectors(input))
    let zero = pass.state.values
    pass.resetState()
    var state = pass.state
    for index in state.values.indices { state.values[index] = generator.uniform(-1, 1) }
    pass.state = state
    pass.run(.vectors(input))
    #expect(zip(pass.state.values, zero).allSatisfy { abs($0 - $1) < 1e-7 })
    #expect(zero.contains { abs($0) > 0.05 })
  }

  @Test("Mackey and Glass, one step ahead")
  func mackeyGlass() throws {
    let series = ChaoticSeries.mackeyGlass(count: 3601)
    let model = try Model<Double>(
      reservoir(100) {
        ($0.spectralRadius, $0.inputScaling, $0.biasScaling) = (0.8, 0.5, 0.2)
      }, seed: 1)
    let (fitted, fit) = try model.fittingHead(
      to: .vectors(Array(series[..<3100])), .values(Array(series[1...3100])),
      RidgeOptions(penalty: .fixed(1e-10), washout: 100), threads: 1)
    #expect(fit.count == 3000)
    let outputs = try fitted.predict(.vectors(Array(series[..<3600])), threads: 1).values
    // reservoirpy's is 4.9e-4 with as many units.
    #expect(ChaoticSeries.normalizedError(Array(outputs[3100...]), Array(series[3101...])) < 1e-3)
  }

  @Test("NARMA of order 10")
  func narma() throws {
    let (inputs, outputs) = ChaoticSeries.narma10(count: 4700, seed: 6)
    let model = try Model<Float>(
      reservoir(200) {
        ($0.spectralRadius, $0.inputScaling, $0.biasScaling) = (0.95, 0.1, 0.3)
        $0.connections = .sparse(density: 0.1)
      }, seed: 1)
    let (fitted, fit) = try model.fittingHead(
      to: .vectors(inputs[..<4200].map { Float($0) }), .values(outputs[..<4200].map { Float($0) }),
      RidgeOptions(penalty: .fixed(1e-9), washout: 200), threads: 1)
    #expect(fit.count == 4000)
    let predicted = try fitted.predict(.vectors(inputs.map { Float($0) }), threads: 1).values
    // reservoirpy's is 0.155 with as many units.
    #expect(ChaoticSeries.normalizedError(predicted[4200...].map { Double($0) }, Array(outputs[4200...])) < 0.2)
  }

  @Test("Fed back outputs carry what the inputs do not: a sum of inputs that fades in a hundred steps")
  func feedback() throws {
    var generator = SeededGenerator(seed: 9)
    let inputs = (0..<1500).map { _ in generator.uniform(-1, 1) }
    var outputs: [Double] = []
    for input in inputs { outputs.append(0.99 * (outputs.last ?? 0) + 0.1 * input) }
    let model = try Model<Double>(
      reservoir(30) {
        ($0.spectralRadius, $0.inputScaling, $0.feedbackScaling) = (0.1, 0.1, 0.1)
      }, seed: 2)
    let steps = model.teacherForced(inputs, outputs)
    #expect(Array(steps[..<4]) == [inputs[0], 0, inputs[1], outputs[0]])
    let (fitted, _) = try model.fittingHead(
      to: .vectors(Array(steps[..<2400])), .values(Array(outputs[..<1200])),
      RidgeOptions(penalty: .fixed(1e-9), washout: 50), threads: 1)
    var pass = try InferencePass(fitted, steps: 1200, batchSize: 1, threads: 1)
    pass.run(.vectors(Array(steps[..<2400])))
    let free = pass.generate(reading: Array(inputs[1200...]), after: [outputs[1199]])
    #expect(ChaoticSeries.normalizedError(free, Array(outputs[1200...])) < 0.05)
  }

  // MARK: Fits

  /// Sines of two frequencies, with phases and noise.
  private func sines() -> (inputs: [[Float]], classes: [Int32]) {
    var generator = SeededGenerator(seed: 8)
    var inputs: [[Float]] = []
    let classes = (0..<60).map { Int32($0 % 2) }
    for own in classes {
      let phase = generator.uniform(0, 6)
      let frequency = own == 0 ? 0.5 : 0.8
      inputs.append((0..<20 + Int(own)).map { Float(sin(frequency * Double($0) + phase) + 0.1 * generator.normal()) })
    }
    return (inputs, classes)
  }

  @Test(
    "Sequences are told apart by their last or mean state",
    arguments: [ModelConfiguration.Head.lastStep, .meanOverSteps], [Directions.forward, .both(merge: .concatenate)])
  func classes(head: ModelConfiguration.Head, directions: Directions) throws {
    let (inputs, classes) = sines()
    let model = try Model<Float>(
      reservoir(60) {
        $0.outputSize = 2
        ($0.head, $0.directions, $0.biasScaling) = (head, directions, 0.5)
      }, seed: 4)
    let (fitted, fit) = try model.fittingHead(
      to: .vectors(inputs), .classes(classes), RidgeOptions(penalty: .leaveOneOut([1e-3, 1e-2, 0.1, 1, 10])), threads: 1
    )
    #expect(fit.count == 60)
    #expect(fit.scores.count == 5)
    #expect(try fitted.evaluate(.vectors(inputs), .classes(classes), threads: 1).accuracy! > 0.9)
  }

  @Test("A deep one is read at all its layers, and a series in pieces is the series whole")
  func deep() throws {
    var generator = SeededGenerator(seed: 3)
    let input = (0..<1200).map { _ in generator.uniform(-1, 1) }
    let target = input.indices.map { $0 >= 3 ? input[$0 - 1] * input[$0 - 3] : 0 }
    let model = try Model<Double>(reservoir(20) { $0.layerCount = 2 }, seed: 1)
    #expect(model.configuration.headInputSize == 40)
    let options = RidgeOptions(penalty: .fixed(1e-6), washout: 600)
    let (fitted, fit) = try model.fittingHead(to: .vectors(input), .values(target), options, threads: 1)
    #expect(fit.count == 600)
    // States of one call, by hand.
    var pass = try RecurrentPass(model, steps: 1200, batchSize: 1, threads: 1)
    pass.forward(.vectors(input))
    let states = (0..<1200).map { step in
      [0, 1].flatMap { pass.layerOutputs($0)[step * 20..<(step + 1) * 20] }
    }
    let naive = NaiveRidge.solve(
      Array(states[600...]), target[600...].map { [$0] }, penalty: 1e-6)
    #expect(relativeDifference(fitted[parameter: "linear.weight"], naive.weights[0]) < 1e-6)
  }

  @Test("Blocked folds are what fits without the block give")
  func folds() throws {
    var generator = SeededGenerator(seed: 3)
    let input = (0..<203).map { _ in generator.uniform(-1, 1) }
    let target = input.indices.map { ($0 >= 2 ? input[$0 - 2] : 0) + 0.1 * generator.normal() }
    let model = try Model<Double>(reservoir(10), seed: 1)
    let penalties = [1e-2, 1, 100]
    let (_, fit) = try model.fittingHead(
      to: .vectors(input), .values(target), RidgeOptions(penalty: .folds(4, penalties), washout: 3), threads: 1)
    var pass = try RecurrentPass(model, steps: 203, batchSize: 1, threads: 1)
    pass.forward(.vectors(input))
    let flat = pass.layerOutputs(0)
    let states = (3..<203).map { Array(flat[$0 * 10..<($0 + 1) * 10]) }
    let targets = target[3...].map { [$0] }
    for (index, penalty) in penalties.enumerated() {
      var sum = 0.0
      for fold in 0..<4 {
        let own = fold * 50..<(fold + 1) * 50
        let kept = (0..<200).filter { !own.contains($0) }
        let (weights, intercepts) = NaiveRidge.solve(
          kept.map { states[$0] }, kept.map { targets[$0] }, penalty: penalty)
        for row in own {
          sum += pow(dot(weights[0], states[row]) + intercepts[0] - targets[row][0], 2)
        }
      }
      #expect(abs(fit.scores[index].meanSquaredError - sum / 200) < 1e-9 * sum)
    }
    #expect(fit.penalty == fit.scores.min { $0.meanSquaredError < $1.meanSquaredError }?.penalty)
  }

  @Test("Where the penalty is too small for the Gram matrix the fit is by QR, and says why")
  func fallback() throws {
    let series = ChaoticSeries.mackeyGlass(count: 600)
    let model = try Model<Double>(reservoir(80) { $0.inputScaling = 0.1 }, seed: 1)
    func fit(_ method: RidgeOptions.Method) throws -> RidgeFit {
      try model.fittingHead(
        to: .vectors(Array(series.dropLast())), .values(Array(series.dropFirst())),
        RidgeOptions(penalty: .fixed(1e-18), washout: 50, method: method), threads: 1
      ).fit
    }
    let own = try fit(.automatic)
    #expect(own.factorization == .triangle)
    #expect(own.reason?.contains("sums of squares") == true)
    #expect(try fit(.triangle).reason == nil)
    #expect(throws: RidgeError.noRows(washout: 700)) {
      try model.fittingHead(
        to: .vectors(series), .values(series), RidgeOptions(penalty: .fixed(1), washout: 700), threads: 1)
    }
  }

  // MARK: Refits

  @Test("A trained head is never worse for its refit: exact for squares, compared for classes")
  func refit() throws {
    var generator = SeededGenerator(seed: 4)
    let input = (0..<300).map { _ in generator.uniform(-1, 1) }
    let target = input.indices.map { $0 > 0 ? input[$0 - 1] : 0 }
    let model = try Model<Double>(
      ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 8, outputSize: 1), seed: 1)
    let refit = try model.refittingHead(on: .vectors(input), .values(target), threads: 1)
    #expect(refit.isBetter && refit.after.loss < 0.5 * refit.before.loss)
    // No other head is better: neither is a second refit.
    let again = try refit.model.refittingHead(on: .vectors(input), .values(target), threads: 1)
    #expect(again.after.loss > refit.after.loss * (1 - 1e-6))

    let (sequences, classes) = sines()
    let classifier = try Model<Float>(
      ModelConfiguration(
        cell: .gru, input: .vectors(size: 1), hiddenSize: 8, outputSize: 2, head: .lastStep), seed: 1)
    let compared = try classifier.refittingHead(
      on: .vectors(sequences), .classes(classes), loss: .crossEntropy, threads: 1)
    #expect(compared.isBetter == (compared.after.loss < compared.before.loss))
    let kept = try compared.model.evaluate(.vectors(sequences), .classes(classes), threads: 1)
    #expect(kept.loss <= compared.before.loss)
  }
}
