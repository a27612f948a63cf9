import Foundation
import Recurrent
import Testing

@Suite("Input weights scaled to data")
struct InputScalingTests {
  /// The deviation of what rows of inputs give to a layer's gates, by a loop of its own.
  private func deviation(_ rows: [[Double]], _ weights: [Double]) -> Double {
    let width = rows[0].count
    var products: [Double] = []
    for row in rows {
      for gate in 0..<weights.count / width {
        var sum = 0.0
        for column in 0..<width { sum += row[column] * weights[gate * width + column] }
        products.append(sum)
      }
    }
    let mean = products.reduce(0, +) / Double(products.count)
    let squares = products.map { ($0 - mean) * ($0 - mean) }
    return (squares.reduce(0, +) / Double(products.count)).squareRoot()
  }

  @Test("Each layer's inputs have the deviation that was asked for", arguments: [false, true])
  func deviations(embeds: Bool) throws {
    let input: ModelConfiguration.Input = embeds ? .embedding(vocabularySize: 5, size: 3) : .oneHot(vocabularySize: 5)
    let start = try Model<Double>(
      ModelConfiguration(cell: .gru, input: input, hiddenSize: 6, layerCount: 2, outputSize: 5), seed: 3)
    let tokens: [Int32] = (0..<40).map { (step: Int) -> Int32 in Int32((step * step + step / 3) % 5) }
    let model = try start.scalingInputs(toDeviation: 0.7, on: .tokens(tokens), threads: 1)
    let table: [Double] = embeds ? model[parameter: "embedding.weight"] : []
    var read: [[Double]] = []
    for token in tokens {
      var row = [Double](repeating: 0, count: 5)
      row[Int(token)] = 1
      read.append(embeds ? Array(table[Int(token) * 3..<Int(token) * 3 + 3]) : row)
    }
    #expect(abs(deviation(read, model[parameter: "rnn.weight_ih_l0"]) - 0.7) < 1e-12)
    var pass = try RecurrentPass(model, steps: 40, batchSize: 1, threads: 1)
    pass.forward(.tokens(tokens))
    let below = pass.layerOutputs(0)
    let rows = (0..<40).map { Array(below[$0 * 6..<($0 + 1) * 6]) }
    #expect(abs(deviation(rows, model[parameter: "rnn.weight_ih_l1"]) - 0.7) < 1e-12)
    for name in ["rnn.weight_hh_l0", "rnn.weight_hh_l1", "rnn.bias_ih_l0", "linear.weight"] {
      #expect(model[parameter: name] == start[parameter: name])
    }
  }

  @Test("Both directions, and inputs that never vary")
  func structures() throws {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .vectors(size: 2), hiddenSize: 3, directions: .both(merge: .concatenate), outputSize: 1)
    let start = try Model<Float>(configuration, seed: 1)
    var rows: [[Double]] = []
    for step in Array(0..<20) + Array(0..<3) { rows.append([Double(step % 3), Double((step * 5) % 7)]) }
    let vectors: [Float] = rows.prefix(20).joined().map { Float($0) }
    let model = try start.scalingInputs(on: .vectors([vectors, Array(vectors.prefix(6))]), threads: 1)
    for name in ["rnn.weight_ih_l0", "rnn.weight_ih_l0_reverse"] {
      #expect(abs(deviation(rows, model[parameter: name].map { Double($0) }) - 1) < 1e-5)
    }
    let still = try start.scalingInputs(on: .vectors([Float](repeating: 0, count: 12)), threads: 1)
    #expect(still[parameter: "rnn.weight_ih_l0"] == start[parameter: "rnn.weight_ih_l0"])
  }
}
