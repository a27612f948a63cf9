import Foundation
import Recurrent
import Testing

@Suite("Sampling")
struct SamplerTests {
  /// A model with an opinion: the head's weights are larger than those of a random problem.
  private func problem(_ cell: OracleCell, input: InputKind = .oneHot, steps: Int = 9) throws -> Problem {
    let shape = Shape(steps: steps, inputSize: input == .oneHot ? 5 : 3, hiddenSize: 6, layerCount: 2, seed: 12)
    var problem = try Problem.random(cell, shape, input: input, outputSize: 5)
    problem.initialState = problem.initialState.map { _ in 0 }
    problem.parameters["linear.weight"] = problem.parameters["linear.weight"]!.map { 4 * $0 }
    return problem
  }

  /// A model that always has the same logits.
  private func constant(_ logits: [Double]) throws -> Model<Double> {
    let configuration = ModelConfiguration(
      cell: .rnn, input: .oneHot(vocabularySize: logits.count), hiddenSize: 1, outputSize: logits.count)
    var model = try Model<Double>(configuration, seed: 1)
    model[parameter: "linear.weight"] = logits.map { _ in 0 }
    model[parameter: "linear.bias"] = logits
    return model
  }

  private func text<S: Scalar>(
    _ model: Model<S>, _ options: SamplingOptions, seed: UInt64 = 1, length: Int = 40
  ) throws -> [Int32] {
    var sampler = try Sampler(model, options: options, seed: seed)
    sampler.feed(0)
    return (0..<length).map { _ in sampler.next() }
  }

  // MARK: The step

  @Test("Step by step is as the whole sequence", arguments: OracleCell.allCases, [InputKind.oneHot, .embedding])
  func steps(cell: OracleCell, input: InputKind) throws {
    let problem = try problem(cell, input: input)
    let solution = problem.solve()
    try compare(problem, solution, Double.self)
    try compare(problem, solution, Float.self)
  }

  private func compare<S: Scalar>(_ problem: Problem, _ solution: Solution, _ scalar: S.Type) throws {
    var sampler = try Sampler<S>(problem.model())
    var logits: [S] = []
    for token in problem.tokens {
      sampler.feed(token)
      logits += sampler.logits
    }
    expectWithinBounds(logits, solution.outputs, "logits", problem.cell)
    expectWithinBounds(sampler.state.values, solution.finalState, "state", problem.cell)
  }

  @Test("A state that was kept continues where it was", arguments: OracleCell.allCases)
  func state(cell: OracleCell) throws {
    let model = try problem(cell).model(Float.self)
    var sampler = try Sampler(model)
    for token: Int32 in [1, 4, 2] { sampler.feed(token) }
    let state = sampler.state
    sampler.feed(3)
    let expected = sampler.logits
    var other = try Sampler(model)
    other.feed(0)
    other.state = state
    other.feed(3)
    #expect(other.logits == expected)
  }

  // MARK: The draw

  @Test("Greedy takes the likeliest; so do one token and a small nucleus", arguments: OracleCell.allCases)
  func greedy(cell: OracleCell) throws {
    let model = try problem(cell).model(Float.self)
    var sampler = try Sampler(model, options: .greedy)
    sampler.feed(0)
    var expected: [Int32] = []
    for _ in 0..<40 {
      let logits = sampler.logits
      expected.append(sampler.next())
      #expect(logits[Int(expected.last!)] == logits.max())
    }
    let same = [
      SamplingOptions(temperature: 0, topK: 3), .init(topK: 1), .init(topP: 1e-9), .init(temperature: 2, topK: 1),
      .init(temperature: 1e-3),
    ]
    for options in same { #expect(try text(model, options) == expected, "\(options)") }
  }

  @Test("Of equals, greedy takes the first")
  func ties() throws {
    #expect(try text(constant([1, 3, 3, 2]), .greedy, length: 1) == [1])
  }

  /// Logits 0, 1, 2, 3 and their probabilities under each way of drawing.
  struct Draw: Sendable, CustomTestStringConvertible {
    let options: SamplingOptions
    /// Weights of the four tokens, up to a factor.
    let weights: [Double]
    var testDescription: String { "\(options)" }
  }

  @Test(
    "Tokens come as often as their probabilities say",
    arguments: [
      Draw(options: .init(), weights: (0..<4).map { exp(Double($0)) }),
      Draw(options: .init(temperature: 0.5), weights: (0..<4).map { exp(2 * Double($0)) }),
      Draw(options: .init(temperature: 3), weights: (0..<4).map { exp(Double($0) / 3) }),
      Draw(options: .init(topK: 2), weights: [0, 0, exp(2), exp(3)]),
      Draw(options: .init(topK: 9), weights: (0..<4).map { exp(Double($0)) }),
      // The probabilities are 0.032, 0.087, 0.237 and 0.644.
      Draw(options: .init(topP: 0.6), weights: [0, 0, 0, 1]),
      Draw(options: .init(topP: 0.7), weights: [0, 0, exp(2), exp(3)]),
      Draw(options: .init(topP: 0.9), weights: [0, exp(1), exp(2), exp(3)]),
      Draw(options: .init(topP: 1), weights: (0..<4).map { exp(Double($0)) }),
      Draw(
        options: .init(temperature: 3, topK: 3, topP: 0.9), weights: (0..<4).map { $0 == 0 ? 0 : exp(Double($0) / 3) }),
    ])
  func distribution(draw: Draw) throws {
    let count = 4000
    // Not in the order of the tokens.
    let places = [2, 0, 3, 1]
    let tokens = try text(constant(places.map { Double($0) }), draw.options, seed: 3, length: count)
    let total = draw.weights.reduce(0, +)
    for (token, place) in places.enumerated() {
      let probability = draw.weights[place] / total
      let found = tokens.count { $0 == Int32(token) }
      // Five standard deviations of a binomial count.
      let deviation = (Double(count) * probability * (1 - probability)).squareRoot()
      #expect(abs(Double(found) - Double(count) * probability) <= 5 * deviation, "token of logit \(place)")
    }
  }

  @Test("The same seed gives the same text, another seed another")
  func seeds() throws {
    let model = try problem(.lstm).model(Float.self)
    for options in [SamplingOptions(), .init(topK: 3), .init(temperature: 0.8, topP: 0.9)] {
      let first = try text(model, options, seed: 5)
      #expect(try text(model, options, seed: 5) == first)
      #expect(try text(model, options, seed: 6) != first)
    }
  }

  @Test("A random token is one of the vocabulary")
  func randomToken() throws {
    var sampler = try Sampler(constant([0, 0, 0]))
    let tokens = (0..<200).map { _ in sampler.randomToken() }
    #expect(Set(tokens) == [0, 1, 2])
  }
}
