import Foundation
import Kernels
import Recurrent
import Testing

@Suite("Start values")
struct InitializationTests {
  private static let hidden = 40

  private func configuration(
    _ cell: any RecurrentCell = .lstm, hidden: Int = hidden, input: Int = 30, outputs: Int = 20
  ) -> ModelConfiguration {
    ModelConfiguration(
      cell: cell, input: .vectors(size: input), hiddenSize: hidden, layerCount: 2, outputSize: outputs)
  }

  /// Matrices gate by gate, with the values of each and its size; a cell's own vectors are none.
  private func matrices(
    _ model: Model<Double>
  ) -> [(name: String, values: [Double], rows: Int, columns: Int)] {
    model.table.entries.filter { $0.shape.count == 2 && !$0.name.hasPrefix("rnn.vectors") }.flatMap { entry in
      let gates = entry.name.hasPrefix("rnn.") ? model.configuration.cell.structure.gateCount : 1
      let values = model[parameter: entry.name]
      let count = entry.count / gates
      return (0..<gates).map { gate in
        (entry.name, Array(values[gate * count..<(gate + 1) * count]), entry.shape[0] / gates, entry.shape[1])
      }
    }
  }

  private func biases(_ model: Model<Double>) -> [[Double]] {
    model.table.entries.filter { $0.shape.count == 1 }.map { model[parameter: $0.name] }
  }

  /// Mean 0 and the variance that was asked, within five standard deviations of each estimate. The variance of the
  /// estimate of a variance is (kurtosis − 1)·σ⁴/n.
  private func expectMoments(_ values: [Double], variance: Double, kurtosis: Double, _ what: String) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let found = values.reduce(0) { $0 + $1 * $1 } / count
    #expect(abs(mean) < 5 * (variance / count).squareRoot(), "\(what): mean \(mean)")
    #expect(
      abs(found - variance) < 5 * variance * ((kurtosis - 1) / count).squareRoot(),
      "\(what): variance \(found), expected \(variance)")
  }

  private func expectUniform(_ values: [Double], bound: Double, _ what: String) {
    #expect(values.allSatisfy { abs($0) <= bound }, "\(what)")
    expectMoments(values, variance: bound * bound / 3, kurtosis: 1.8, what)
  }

  @Test("PyTorch's: everything uniform in ±1/√H, the embedding normal", arguments: OracleCell.allCases)
  func pytorch(cell: OracleCell) throws {
    let bound = 1 / Double(Self.hidden).squareRoot()
    let model = try Model<Double>(configuration(cell.cell), seed: 1)
    for matrix in matrices(model) { expectUniform(matrix.values, bound: bound, matrix.name) }
    for bias in biases(model) { expectUniform(bias, bound: bound, "bias") }

    let tokens = ModelConfiguration(
      cell: cell.cell, input: .embedding(vocabularySize: 50, size: 20), hiddenSize: 4, outputSize: 2)
    for initialization in [Initialization.pytorch, .xavier, .orthogonal] {
      let embedding = try Model<Double>(tokens, initialization: initialization, seed: 2)
      expectMoments(embedding[parameter: "embedding.weight"], variance: 1, kurtosis: 3, "embedding")
    }
  }

  @Test("Xavier: uniform in ±√(6/(fan-in + fan-out)), gate by gate; no bias", arguments: OracleCell.allCases)
  func xavier(cell: OracleCell) throws {
    let model = try Model<Double>(configuration(cell.cell), initialization: .xavier, seed: 1)
    for matrix in matrices(model) {
      let bound = (6 / Double(matrix.rows + matrix.columns)).squareRoot()
      expectUniform(matrix.values, bound: bound, matrix.name)
    }
    #expect(biases(model).allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  @Test("Kaiming: normal with variance 2/fan-in; no bias", arguments: OracleCell.allCases)
  func kaiming(cell: OracleCell) throws {
    let model = try Model<Double>(configuration(cell.cell), initialization: .kaiming, seed: 1)
    for matrix in matrices(model) {
      expectMoments(matrix.values, variance: 2 / Double(matrix.columns), kurtosis: 3, matrix.name)
    }
    #expect(biases(model).allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  @Test("A cell's own vectors start where it says, whatever the weights", arguments: OracleCell.allCases)
  func vectors(cell: OracleCell) throws {
    let vectors = cell.cell.structure.vectors
    for initialization in [Initialization.pytorch, .xavier, .kaiming, .orthogonal] {
      let model = try Model<Double>(configuration(cell.cell), initialization: initialization, seed: 4)
      let entries = model.table.entries.filter { $0.name.hasPrefix("rnn.vectors") }
      #expect(entries.count == (vectors.isEmpty ? 0 : 2))
      for entry in entries {
        #expect(entry.shape == [vectors.count, Self.hidden])
        let values = model[parameter: entry.name]
        for (index, vector) in vectors.enumerated() {
          let own = Array(values[index * Self.hidden..<(index + 1) * Self.hidden])
          switch vector.start {
          case .constant(let start): #expect(own.allSatisfy { $0 == start }, "\(vector.name)")
          case .uniform(let lower, let upper):
            let middle = (lower + upper) / 2
            expectUniform(own.map { $0 - middle }, bound: (upper - lower) / 2, vector.name)
          case .decay(let lower, let upper, let power):
            let middle = (lower + upper) / 2
            expectUniform(
              own.map { exp(-power * log1p(exp($0))) - middle }, bound: (upper - lower) / 2, vector.name)
          }
        }
      }
    }
  }

  /// Householder's Q is orthonormal to c·m·n·u with a small c (Higham 2002, §19.3); 8 is generous.
  @Test("Orthogonal: square, tall and wide", arguments: [(33, 33), (33, 7), (7, 33), (1, 1), (1, 9), (9, 1)])
  func orthogonal(hidden: Int, input: Int) throws {
    let everything = Initialization(input: .orthogonal, recurrent: .orthogonal)
    let model = try Model<Double>(
      configuration(hidden: hidden, input: input, outputs: 12), initialization: everything, seed: 1)
    for matrix in matrices(model) {
      let (rows, columns) = (matrix.rows, matrix.columns)
      let allowed = 8 * Double(rows * columns) * 0x1p-53
      // Orthonormal columns, or rows where there are fewer of those.
      let isTall = rows >= columns
      for i in 0..<min(rows, columns) {
        for j in 0...i {
          let product = (0..<max(rows, columns)).reduce(0.0) { sum, k in
            isTall
              ? sum + matrix.values[k * columns + i] * matrix.values[k * columns + j]
              : sum + matrix.values[i * columns + k] * matrix.values[j * columns + k]
          }
          #expect(abs(product - (i == j ? 1 : 0)) <= allowed, "\(matrix.name) [\(rows), \(columns)]")
        }
      }
    }
    #expect(biases(model).allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  /// Of matrices that are 1 by 1, Haar's measure has both as often.
  @Test("Orthogonal matrices have no favourite sign")
  func signs() throws {
    let count = 400
    let positive = try (0..<count).count { seed in
      let model = try Model<Double>(
        configuration(.rnn, hidden: 1), initialization: .orthogonal, seed: UInt64(seed))
      return model[parameter: "rnn.weight_hh_l0"][0] > 0
    }
    #expect(abs(Double(positive) - Double(count) / 2) < 5 * Double(count).squareRoot() / 2)
  }

  @Test("The usual pair: Xavier for inputs, orthogonal for the recurrence")
  func pair() throws {
    let model = try Model<Double>(configuration(), initialization: .orthogonal, seed: 1)
    for matrix in matrices(model) {
      let squares = matrix.values.reduce(0) { $0 + $1 * $1 }
      if matrix.name.contains("weight_hh") {
        #expect(abs(squares - Double(Self.hidden)) < 1e-9)
      } else {
        let bound = (6 / Double(matrix.rows + matrix.columns)).squareRoot()
        expectUniform(matrix.values, bound: bound, matrix.name)
      }
    }
  }

  @Test("The forget gate's two biases are the value and 0, and no other bias changes", arguments: [0.0, 1, 2.5])
  func forgetGate(value: Double) throws {
    for cell in [LSTMCell(), CoupledCell()] as [any RecurrentCell] {
      let gate = cell.structure.forgetGate!
      var initialization = Initialization.pytorch
      let plain = try Model<Double>(configuration(cell), initialization: initialization, seed: 1)
      initialization.forgetGateBias = value
      let model = try Model<Double>(configuration(cell), initialization: initialization, seed: 1)
      for entry in model.table.entries {
        var expected = plain[parameter: entry.name]
        if entry.name.contains("bias_ih") || entry.name.contains("bias_hh") {
          for unit in gate * Self.hidden..<(gate + 1) * Self.hidden {
            expected[unit] = entry.name.contains("bias_ih") ? value : 0
          }
        }
        #expect(model[parameter: entry.name] == expected, "\(entry.name)")
      }
    }
  }

  @Test(
    "The same seed gives the same model, in both precisions; another seed another",
    arguments: [Initialization.pytorch, .xavier, .kaiming, .orthogonal])
  func seeds(initialization: Initialization) throws {
    let model = try Model<Double>(configuration(), initialization: initialization, seed: 7)
    let again = try Model<Double>(configuration(), initialization: initialization, seed: 7)
    let single = try Model<Float>(configuration(), initialization: initialization, seed: 7)
    let other = try Model<Double>(configuration(), initialization: initialization, seed: 8)
    for entry in model.table.entries {
      let values = model[parameter: entry.name]
      #expect(again[parameter: entry.name] == values)
      #expect(single[parameter: entry.name] == values.map { Float($0) })
      if entry.shape.count == 2 { #expect(other[parameter: entry.name] != values) }
    }
  }

  @Test("Recurrent matrices are scaled to a spectral radius, or to a norm, gate by gate")
  func scaled() throws {
    for scale in [Initialization.RecurrentScale.spectralRadius(0.9), .norm(1.2)] {
      for scheme in [Initialization.Weights.pytorch, .critical, .orthogonal] {
        var initialization = Initialization(input: .xavier, recurrent: scheme)
        let plain = try Model<Double>(configuration(.gru), initialization: initialization, seed: 4)
        initialization.recurrentScale = scale
        let model = try Model<Double>(configuration(.gru), initialization: initialization, seed: 4)
        for (matrix, drawn) in zip(matrices(model), matrices(plain)) {
          guard matrix.name.hasPrefix("rnn.weight_hh") else {
            #expect(matrix.values == drawn.values)
            continue
          }
          let columns = ColumnMatrix(matrix.values, rows: Self.hidden, columns: Self.hidden)
          var eigenvalues = try Eigenvalues<Double>(order: Self.hidden)
          try eigenvalues.compute(columns)
          var svd = try SingularValues<Double>(rows: Self.hidden, columns: Self.hidden, vectors: false)
          try svd.decompose(columns)
          switch scale {
          // Of a random matrix eigenvalues are off by some hundred roundings times the condition of theirs, here some tens.
          case .spectralRadius(let radius): #expect(abs(eigenvalues.spectralRadius - radius) <= 1e-11)
          case .norm(let norm): #expect(abs(svd.values[0] - norm) <= 1e-13)
          }
          // Nothing but scaled.
          let factor = matrix.values[1] / drawn.values[1]
          for (one, other) in zip(matrix.values, drawn.values) { #expect(abs(one - factor * other) <= 1e-13) }
        }
      }
    }
  }

  @Test("Identity and critical starts")
  func identity() throws {
    let identity = try Model<Double>(
      configuration(.rnn), initialization: Initialization(input: .xavier, recurrent: .identity), seed: 1)
    for matrix in matrices(identity) where matrix.name.hasPrefix("rnn.weight_hh") {
      #expect(matrix.values == (0..<matrix.values.count).map { $0 % (Self.hidden + 1) == 0 ? 1 : 0 })
    }
    let critical = try Model<Double>(
      configuration(.lstm), initialization: Initialization(recurrent: .critical), seed: 1)
    for matrix in matrices(critical) where matrix.name.hasPrefix("rnn.weight_hh") {
      expectMoments(matrix.values, variance: 1 / Double(Self.hidden), kurtosis: 3, matrix.name)
    }
  }

  @Test("A matrix without a spectral radius stays, and one that is not square stops")
  func unscalable() async throws {
    var initialization = Initialization(input: .xavier, recurrent: .identity)
    initialization.recurrentScale = .spectralRadius(0.5)
    let model = try Model<Double>(configuration(.rnn), initialization: initialization, seed: 1)
    #expect(matrices(model).contains { $0.name == "rnn.weight_hh_l0" && $0.values[0] == 0.5 && $0.values[1] == 0 })
    await #expect(processExitsWith: .failure) {
      var configuration = ModelConfiguration(cell: .lstm, input: .vectors(size: 2), hiddenSize: 4)
      configuration.projectionSize = 2
      var initialization = Initialization.pytorch
      initialization.recurrentScale = .spectralRadius(1)
      _ = try Model<Double>(configuration, initialization: initialization, seed: 1)
    }
  }
}
