import Recurrent
import Testing

/// Weights and tokens that are dropped for a whole batch, held against models that have what is left of them.
@Suite("Dropout of weights and of tokens")
struct WeightDropoutTests {
  private static let tokens: [Int32] = (0..<60).map { Int32($0 * 7 % 11) }
  private static let places = ["rnn.weight_hh_l0", "rnn.weight_hh_l1"]

  private func configuration(_ cell: OracleCell) -> ModelConfiguration {
    ModelConfiguration(
      cell: cell.cell, input: .embedding(vocabularySize: 11, size: 4), hiddenSize: 20, layerCount: 2, outputSize: 5)
  }

  /// What comes out of 5 sequences of 12 steps, and the gradients of the sum of all outputs times their places.
  private func run(
    _ model: Model<Double>, seed: UInt64?, threads: Int = 1
  ) throws -> (outputs: [Double], gradients: [String: [Double]]) {
    var pass = try RecurrentPass(model, steps: 12, batchSize: 5, threads: threads)
    pass.forward(tokens: Self.tokens.span, dropoutSeed: seed)
    let outputs = pass.outputs
    let gradient = outputs.indices.map { Double($0 % 13) - 6 }
    pass.backward(outputGradient: gradient.span)
    let names = model.table.entries.map(\.name)
    return (outputs, Dictionary(uniqueKeysWithValues: names.map { ($0, pass.gradient(of: $0)) }))
  }

  // Of a rectified unit gradients may be 0 for other reasons.
  @Test(
    "Of recurrent matrices",
    arguments: OracleCell.allCases.filter { $0.cell.structure.recurrentProduct != .none && $0 != .rnnReLU })
  func weights(_ cell: OracleCell) throws {
    var configuration = configuration(cell)
    let plain = try Model<Double>(configuration, seed: 3)
    // Scaled by 2: exact.
    configuration.weightDropout = 0.5
    let model = plain.with(configuration)
    let dropped = try run(model, seed: 7)

    // Gradients say which entries were left.
    var left = plain
    for name in Self.places {
      let isLeft = try #require(dropped.gradients[name]).map { $0 != 0 }
      left[parameter: name] = zip(plain[parameter: name], isLeft).map { $1 ? 2 * $0 : 0 }
      // Five standard deviations of a binomial count.
      let count = Double(isLeft.count)
      #expect(abs(Double(isLeft.count { $0 }) - count / 2) < 5 * (count / 4).squareRoot(), "\(name)")
    }
    let expected = try run(left, seed: nil)
    #expect(dropped.outputs == expected.outputs)
    for (name, gradient) in expected.gradients {
      let own = try #require(dropped.gradients[name])
      if Self.places.contains(name) {
        #expect(own == zip(gradient, own).map { $1 == 0 ? 0 : 2 * $0 }, "\(name)")
      } else {
        #expect(own == gradient, "\(name)")
      }
    }
    // Other seeds drop others, workers change nothing, and without a seed nothing is dropped, in one pass after the other.
    #expect(try run(model, seed: 8).outputs != dropped.outputs)
    #expect(try run(model, seed: 7, threads: 3) == dropped)
    var pass = try RecurrentPass(model, steps: 12, batchSize: 5)
    for seed in [7, nil, 7, 8] as [UInt64?] {
      pass.forward(tokens: Self.tokens.span, dropoutSeed: seed)
      #expect(try pass.outputs == run(seed == nil ? plain : model, seed: seed).outputs)
      pass.resetState()
    }
  }

  @Test("Of tokens: their vectors are 0 wherever they come, and learn nothing") func tokens() throws {
    var configuration = configuration(.lstm)
    let plain = try Model<Double>(configuration, seed: 3)
    configuration.embeddingDropout = 0.5
    let model = plain.with(configuration)
    let dropped = try run(model, seed: 5)
    let name = "embedding.weight"
    let isLeft = try #require(dropped.gradients[name]).map { $0 != 0 }
    for token in 0..<11 { #expect(Set(isLeft[token * 4..<token * 4 + 4]).count == 1) }
    #expect(isLeft.contains(true) && isLeft.contains(false))
    var left = plain
    left[parameter: name] = zip(plain[parameter: name], isLeft).map { $1 ? 2 * $0 : 0 }
    let expected = try run(left, seed: nil)
    #expect(dropped.outputs == expected.outputs)
    for (other, gradient) in expected.gradients {
      let own = try #require(dropped.gradients[other])
      #expect(own == (other == name ? zip(gradient, isLeft).map { $1 ? 2 * $0 : 0 } : gradient), "\(other)")
    }
    #expect(try run(model, seed: 5, threads: 2) == dropped)
    #expect(try run(model, seed: nil) == run(plain, seed: nil))
  }

  /// A shard is a part of a batch, whose weights are the same.
  @Test func shards() throws {
    var configuration = configuration(.gru)
    (configuration.weightDropout, configuration.embeddingDropout) = (0.4, 0.3)
    let model = try Model<Double>(configuration, seed: 3)
    func gradientNorm(shards: Int) throws -> Double {
      var trainer = try Trainer(model, batchSize: 4, sequenceLength: 15, shards: shards)
      return trainer.step(
        .tokens(Sequences(values: Self.tokens, lengths: [15, 15, 15, 15], width: 1)),
        .classes(Sequences(values: Self.tokens.map { $0 % 5 }, lengths: [15, 15, 15, 15], width: 1))
      ).gradientNorm
    }
    let (one, two) = (try gradientNorm(shards: 1), try gradientNorm(shards: 2))
    // Sums of some thousand terms in another order.
    #expect(abs(one - two) < 1e-11 * one)
  }
}
