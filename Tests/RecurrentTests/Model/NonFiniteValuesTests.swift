import Recurrent
import Testing

@Suite("Parameters that are no finite numbers")
struct NonFiniteValuesTests {
  private func model() throws -> Model<Double> {
    try Model(
      ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3), seed: 1)
  }

  @Test("They are named, counted and placed")
  func named() throws {
    var model = try model()
    #expect(model.nonFiniteParameters.isEmpty)
    model[parameter: "rnn.weight_hh_l0"][3] = .nan
    model[parameter: "rnn.weight_hh_l0"][11] = .infinity
    model[parameter: "linear.bias"][0] = -.infinity
    let found = model.nonFiniteParameters
    #expect(found.map(\.name) == ["rnn.weight_hh_l0", "linear.bias"] && found.map(\.count) == [2, 1])
    #expect(found.map(\.place) == [[1, 1], [0]] && found.map(\.value) == ["nan", "-inf"])
    #expect(
      "\(found[0])" == "\"rnn.weight_hh_l0\": 2 values are not finite numbers, the first at [1, 1] (nan)")
  }

  @Test("Nothing is drawn from NaN or infinity", arguments: ["nan", "inf", "-inf"], [0.0, 1.0])
  func sampling(value: String, temperature: Double) async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [value = value as String, temperature = temperature as Double] in
      let value = try #require(Double(value))
      var model = try Model<Double>(
        ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 2, outputSize: 3), seed: 1)
      // All are -inf, or one is NaN or inf.
      model[parameter: "linear.bias"] = value < 0 ? [value, value, value] : [0, 0, value]
      var sampler = try Sampler(model, options: SamplingOptions(temperature: temperature))
      sampler.feed(0)
      _ = sampler.next()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("expected finite logits to draw from"), "\(text)")
  }

  @Test("A token that cannot come is no hindrance")
  func mask() throws {
    var model = try model()
    model[parameter: "linear.bias"] = [0, -.infinity, 0]
    for temperature in [0.0, 1.0] {
      var sampler = try Sampler(model, options: SamplingOptions(temperature: temperature))
      sampler.feed(0)
      for _ in 0..<20 { #expect(sampler.next() != 1) }
    }
  }
}
