import Kernels
import Recurrent
import Testing

/// Trained matrices cut where it costs least.
@Suite("Compression by low rank")
struct CompressionTests {
  private static let lengths = [120, 40, 90]

  private static func data(width: Int) -> [[Double]] {
    var generator = SeededGenerator(seed: 8)
    // Correlated numbers, so that the covariance is far from the identity.
    return lengths.map { length in
      var last = [Double](repeating: 0, count: width)
      return (0..<length).flatMap { _ in
        let common = generator.normal()
        last = last.map { 0.7 * $0 + 0.3 * common + 0.1 * generator.normal() + 0.05 }
        return last
      }
    }
  }

  private static func model(
    _ cell: some RecurrentCell, directions: Directions = .forward
  ) throws -> Model<Double> {
    try Model(
      ModelConfiguration(
        cell: cell, input: .vectors(size: 4), hiddenSize: 6, layerCount: 2, directions: directions, outputSize: 3),
      seed: 5)
  }

  /// What a matrix is multiplied by at every step of the data, from a pass of its own.
  private static func operands(_ model: Model<Double>, _ matrix: CompressedMatrix) throws -> [[Double]] {
    let data = data(width: 4)
    var pass = try RecurrentPass(model, steps: 120, batchSize: 3, isRagged: true, threads: 1)
    pass.forward(.vectors(data))
    let layer = matrix.name.contains("_l1") ? 1 : 0
    let isReverse = matrix.name.hasSuffix("_reverse")
    if matrix.name.contains("_ih") {
      let rows = layer == 0 ? data : (0..<3).map { Array(pass.layerOutputSequences(0)[$0]) }
      return rows.flatMap { rows in
        stride(from: 0, to: rows.count, by: matrix.columns).map { Array(rows[$0..<$0 + matrix.columns]) }
      }
    }
    let states = pass.states(ofLayer: layer, reverse: isReverse)
    return (0..<3).flatMap { sequence in
      let rows = Array(states[sequence])
      let outputs = (0..<lengths[sequence]).map { step in
        Array(rows[step * states.width..<step * states.width + matrix.columns])
      }
      let start = [Double](repeating: 0, count: matrix.columns)
      return isReverse ? Array(outputs.dropFirst()) + [start] : [start] + outputs.dropLast()
    }
  }

  /// E‖M·(x − mean)‖²
  private static func energy(_ matrix: [Double], _ operands: [[Double]]) -> Double {
    let columns = operands[0].count
    let mean = (0..<columns).map { column in operands.reduce(0) { $0 + $1[column] } / Double(operands.count) }
    return operands.reduce(0.0) { sum, x in
      sum
        + stride(from: 0, to: matrix.count, by: columns).reduce(0.0) { sum, row in
          let value = (0..<columns).reduce(0) { $0 + matrix[row + $1] * (x[$1] - mean[$1]) }
          return sum + value * value
        }
    } / Double(operands.count)
  }

  /// The nearest matrix of a rank to `matrix` alone.
  private static func plainCut(_ matrix: [Double], columns: Int, rank: Int) throws -> [Double] {
    let rows = matrix.count / columns
    var svd = try SingularValues<Double>(rows: columns, columns: rows, vectors: true)
    try svd.decompose(ColumnMatrix(matrix, rows: columns, columns: rows))
    return (0..<matrix.count).map { place in
      (0..<rank).reduce(0) {
        $0 + svd.left[place % columns, $1] * svd.values[$1] * svd.right[$1, place / columns]
      }
    }
  }

  @Test(
    "The error is the least that the rank allows, and the sum of what was cut",
    arguments: [OracleCell.lstm, .gru, .rnn], [Directions.forward, .both(merge: .concatenate)])
  func bound(cell: OracleCell, directions: Directions) throws {
    let model = try Self.model(cell.cell, directions: directions)
    for rank in 1...4 {
      let ranks = [LowRank](repeating: LowRank(recurrent: rank, input: rank), count: 2)
      let compression = try model.compressed(to: .layers(ranks), on: .vectors(Self.data(width: 4)), threads: 1)
      let whole = try compression.model.withWholeMatrices()
      #expect(compression.matrices.count == 4 * directions.count)
      for matrix in compression.matrices {
        let operands = try Self.operands(model, matrix)
        let (old, new) = (model[parameter: matrix.name], whole[parameter: matrix.name])
        let error = Self.energy(zip(old, new).map { $0 - $1 }, operands)
        let all = Self.energy(old, operands)
        // Sums of 250 squares each, and a covariance's eigenvalues lifted by 10⁻¹⁰ of the largest at most.
        #expect(abs(error - matrix.error) <= 1e-9 * all, "\(matrix.name), rank \(rank): \(error), \(matrix.error)")
        #expect(abs(matrix.keptEnergy - (1 - error / all)) < 1e-9)
        let plain = try Self.plainCut(old, columns: matrix.columns, rank: rank)
        #expect(error <= Self.energy(zip(old, plain).map { $0 - $1 }, operands) * (1 + 1e-9) + 1e-20)
        // The bias takes what is left out of the mean.
        let biasName = matrix.name.replacing("weight", with: "bias")
        let (oldBias, newBias) = (model[parameter: biasName], compression.model[parameter: biasName])
        for row in 0..<matrix.rows {
          let shift = operands.reduce(0.0) { sum, x in
            (0..<matrix.columns).reduce(sum) {
              $0 + (old[row * matrix.columns + $1] - new[row * matrix.columns + $1]) * x[$1]
            }
          }
          #expect(abs(newBias[row] - oldBias[row] - shift / Double(operands.count)) < 1e-12)
        }
      }
    }
  }

  @Test("The full rank is the same function", arguments: [OracleCell.lstm, .gru])
  func fullRank(cell: OracleCell) throws {
    let model = try Self.model(cell.cell)
    // Data that leave directions out: the state does not move but in the last sequence.
    let data = ModelInput<Double>.vectors([[Double](repeating: 0, count: 400)])
    let ranks = [LowRank(recurrent: 6, input: 4), LowRank(recurrent: 6, input: 6)]
    let compression = try model.compressed(to: .layers(ranks), on: data)
    let other = ModelInput<Double>.vectors(Self.data(width: 4))
    let (found, expected) = (
      try compression.model.predict(other).values, try model.predict(other).values
    )
    RoundingBound(steps: 120, layers: 2, terms: 60).expect(found, expected, toTheBit: false, "outputs")
  }

  @Test("A rank or a share of the energy for all, where it makes the model smaller")
  func cuts() throws {
    let model = try Self.model(.lstm)
    let data = ModelInput<Double>.vectors(Self.data(width: 4))
    // A [24, 4] matrix is smaller up to rank 3, a [24, 6] up to 4.
    #expect(
      try model.compressed(to: .rank(4), on: data).model.configuration.ranks
        == [LowRank(recurrent: 4), LowRank(recurrent: 4, input: 4)])
    let untouched = try model.compressed(to: .rank(5), on: data)
    #expect(untouched.model.configuration.ranks == nil && untouched.matrices.allSatisfy { $0.rank == nil })
    #expect(untouched.model[parameter: "rnn.weight_hh_l1"] == model[parameter: "rnn.weight_hh_l1"])
    for share in [0.3, 0.9, 0.99] {
      for matrix in try model.compressed(to: .energy(share), on: data).matrices {
        guard let rank = matrix.rank else { continue }
        #expect(matrix.keptEnergy >= share)
        guard rank > 1 else { continue }
        let less = [LowRank](repeating: LowRank(recurrent: rank - 1, input: rank - 1), count: 2)
        let smaller = try model.compressed(to: .layers(less), on: data).matrices.first { $0.name == matrix.name }
        #expect(try #require(smaller).keptEnergy < share)
      }
    }
  }

  @Test("Tokens, models that are of low rank already, and single precision")
  func others() throws {
    let tokens = (0..<500).map { Int32($0 * $0 % 11 % 5) }
    let model = try Model<Float>(
      ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 5), hiddenSize: 12, layerCount: 2, outputSize: 5),
      seed: 2)
    let once = try model.compressed(to: .rank(6), on: .tokens(tokens))
    #expect(once.matrices.map(\.name) == ["rnn.weight_hh_l0", "rnn.weight_ih_l1", "rnn.weight_hh_l1"])
    let again = try once.model.compressed(to: .rank(3), on: .tokens(tokens), threads: 1)
    #expect(again.model.configuration.ranks == [LowRank(recurrent: 3), LowRank(recurrent: 3, input: 3)])
    #expect(
      try once.model.compressed(to: .rank(6), on: .tokens(tokens)).matrices.allSatisfy { $0.keptEnergy > 0.999999 })
    // Any number of threads, the same bits.
    let other = try once.model.compressed(to: .rank(3), on: .tokens(tokens), threads: 2)
    for entry in other.model.table.entries {
      #expect(other.model[parameter: entry.name] == again.model[parameter: entry.name])
    }
  }

  @Test("A compressed model trains on, better than it was")
  func fineTuning() throws {
    let tokens = (0..<513).map { Int32($0 % 7 * ($0 % 3) % 5) }
    var trainer = try Trainer<Float>(
      Model(
        ModelConfiguration(cell: .lstm, input: .embedding(vocabularySize: 5, size: 4), hiddenSize: 16, outputSize: 5),
        seed: 2), batchSize: 8, sequenceLength: 64, optimizer: .adam(learningRate: 0.02))
    func train(_ trainer: inout Trainer<Float>, steps: Int) -> Double {
      var loss = 0.0
      for _ in 0..<steps {
        loss = trainer.step(.tokens(tokens.span.extracting(0..<512)), .classes(tokens.span.extracting(1..<513))).loss
      }
      return loss
    }
    _ = train(&trainer, steps: 60)
    let compression = try trainer.model().compressed(to: .rank(2), on: .tokens(tokens))
    var tuned = try Trainer<Float>(
      compression.model, batchSize: 8, sequenceLength: 64, optimizer: .adam(learningRate: 0.02))
    let cut = train(&tuned, steps: 1)
    #expect(train(&tuned, steps: 40) < cut)
  }

  @Test("What cannot be compressed says why")
  func refused() throws {
    func error<S: Scalar>(_ model: Model<S>, _ input: ModelInput<S>) -> String? {
      do throws(CompressionError) {
        _ = try model.compressed(to: .rank(1), on: input)
        return nil
      } catch { return error.description }
    }
    let data = ModelInput<Double>.vectors(Self.data(width: 4))
    #expect(try error(Self.model(.minGRU), data) == "cell mingru has no recurrent matrix to be of low rank")
    #expect(
      try error(Self.model(.gruResetBefore), data)
        == "cell gru-reset-before multiplies its recurrent matrix by two operands: it has no low rank")
    var unsound = try Self.model(.lstm)
    unsound[parameter: "linear.bias"] = [.nan, 0, 0]
    #expect(error(unsound, data)?.contains("\"linear.bias\": 1 value is not a finite number") ?? false)
    #expect(try error(Self.model(.lstm), .vectors([[1, 2, .infinity, 4]]))?.contains("NaN or infinite") ?? false)
    #expect(
      try error(Self.model(.lstm), .vectors([[]])) == "a compression needs data: there is no sequence of 1 step or more"
    )
  }
}
