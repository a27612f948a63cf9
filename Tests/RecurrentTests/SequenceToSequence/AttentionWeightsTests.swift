import Foundation
import Recurrent
import Testing

@Suite("What a decoder attends to")
struct AttentionWeightsTests {
  /// Softmax of E·h, both as passes of the two models give them, the decoder fed start and target.
  @Test("As by the formulas", arguments: [Attention.dot, .general, .additive], [false, true])
  func formulas(attention: Attention, feeding: Bool) throws {
    let problem = SequenceProblem(.gru, bothWays: true, attention: attention, feeding: feeding)
    let model = try problem.model()
    let (source, target): ([Int32], [Int32]) = ([0, 2, 1, 3], [1, 0, 2])
    let width = model.decoder.configuration.headInputSize
    var encoder = try RecurrentPass(model.encoder, steps: source.count, batchSize: 1, threads: 1)
    encoder.forward(tokens: source.span)
    let memory = encoder.outputSequences
    let fed = [model.marks!.start] + target
    var pass = try RecurrentPass(
      model.decoder, steps: fed.count, batchSize: 1, memorySteps: source.count, threads: 1)
    var state = RecurrentState<Double>(zerosFor: model.decoder.configuration, batchSize: 1)
    state.values = encoder.finalState.values
    pass.initialState = state
    pass.setMemory(memory)
    pass.forward(tokens: fed.span)
    let states = Array(pass.layerOutputSequences(0)[0])
    let rows = Array(memory[0])
    func parameter(_ name: String) -> [Double] { model.decoder[parameter: "attention.\(name).weight"] }
    func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
      (0..<width).map { unit in (0..<width).reduce(0) { $0 + matrix[unit * width + $1] * vector[$1] } }
    }
    func score(_ row: [Double], _ h: [Double]) -> Double {
      switch attention {
      case .dot, .scaledDot: return zip(row, h).reduce(0) { $0 + $1.0 * $1.1 }
      case .general: return zip(row, product(parameter("query"), h)).reduce(0) { $0 + $1.0 * $1.1 }
      case .additive:
        let (asked, key) = (product(parameter("query"), h), product(parameter("key"), row))
        let v = parameter("score")
        return (0..<width).reduce(0) { $0 + v[$1] * tanh(asked[$1] + key[$1]) }
      }
    }

    var decoder = try SequenceDecoder(
      model, sourceLength: 5, options: DecodingOptions(beamWidth: 2, maximumLength: 5), threads: 1)
    // Before and after another search.
    for _ in 0..<2 {
      let weights = decoder.attentionWeights(of: source, target: target)
      #expect(weights.count == 4 && weights.allSatisfy { $0.count == 4 })
      for step in 0..<4 {
        let h = Array(states[step * width..<(step + 1) * width])
        let scores = (0..<4).map { exp(score(Array(rows[$0 * width..<($0 + 1) * width]), h)) }
        for row in 0..<4 {
          // Scores of sums of few terms of magnitude 1: their errors are those of the shares.
          #expect(abs(weights[step][row] - scores[row] / scores.reduce(0, +)) < 1e-12)
        }
      }
      _ = decoder.decode(Sequences<Int32>([[3, 3]]))
    }
  }
}
