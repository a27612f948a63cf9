import Foundation
import Recurrent
import RecurrentExchange
import Testing

/// Weights that are NaN or infinite are named, and nothing is predicted with them.
struct NonFiniteTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func path(_ name: String) -> String { place.url(name).path }

  private func unsound(_ configuration: ModelConfiguration, vocabulary: Vocabulary? = nil) throws -> Model<Float> {
    var model = try Model<Float>(configuration, seed: 1, vocabulary: vocabulary)
    model[parameter: "rnn.weight_hh_l0"][5] = .nan
    model[parameter: "rnn.weight_hh_l0"][7] = .infinity
    model[parameter: "linear.bias"][1] = -.infinity
    return model
  }

  private let parts = [
    "\"rnn.weight_hh_l0\": 2 values are not finite numbers, the first at [1, 1] (nan)",
    "\"linear.bias\": 1 value is not a finite number, at [1] (-inf)",
  ]

  private func expectNamed(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    for part in parts { #expect(text.contains(part), "\(text)", sourceLocation: sourceLocation) }
  }

  @Test func text() throws {
    let vocabulary = try Vocabulary(unit: .unicodeScalar, symbols: [97, 98, 99])
    let configuration = ModelConfiguration(
      cell: .gru, input: .oneHot(vocabularySize: 3), hiddenSize: 4, outputSize: 3)
    try unsound(configuration, vocabulary: vocabulary).save(to: path("m.safetensors"))
    try place.write("abcabcabcabc", to: "t.txt")
    for command in [
      ["sample", "m.safetensors", "--prompt", "a", "--seed", "1"], ["sample", "m.safetensors", "--temperature", "0"],
      ["evaluate", "m.safetensors", "--text", "t.txt"],
      ["train", "--init-from", "m.safetensors", "--text", "t.txt", "--checkpoint", "n.safetensors"],
    ] {
      let outcome = try place.rnn(command)
      expectFailure(outcome, 1, "m.safetensors cannot predict")
      expectNamed(outcome.errors)
      #expect(outcome.output.isEmpty && !place.exists("n.safetensors"))
    }
  }

  @Test func exchange() throws {
    let model = try unsound(
      ModelConfiguration(cell: .lstm, input: .vectors(size: 2), hiddenSize: 4, outputSize: 2))
    try model.save(to: path("m.safetensors"))
    try model.saveStateDictionary(to: path("w.safetensors"))
    try NPZFile.write(to: path("x.npz"), arrays: [("input", [3, 1, 2])]) { _ in [Float](repeating: 0, count: 6) }
    for file in ["m.safetensors", "w.safetensors"] {
      let inspected = try place.rnn("inspect", file)
      #expect(inspected.status == 0)
      expectNamed(inspected.text)
      let json = try #require(try place.rnn("inspect", file, "--json").json()["not_finite"] as? [[String: Any]])
      #expect(json.count == 2 && json.contains { $0["first"] as? [Int] == [1, 1] && $0["count"] as? Int == 2 })
    }
    for command in [
      ["import", "w.safetensors", "n.safetensors"], ["export", "m.safetensors", "o.safetensors"],
      ["export", "m.safetensors", "o.onnx"], ["run", "m.safetensors", "--input", "x.npz", "--output", "y.npz"],
    ] {
      let outcome = try place.rnn(command)
      #expect(outcome.status == 0 && outcome.errors.contains("rnn: warning: "), "\(command): \(outcome.errors)")
      expectNamed(outcome.errors)
    }
    // The weights of a graph have the order of ONNX.
    for command in [["inspect", "o.onnx"], ["run", "o.onnx", "--input", "x.npz", "--output", "z.npz"]] {
      let outcome = try place.rnn(command)
      #expect(outcome.status == 0 && (outcome.text + outcome.errors).contains("rnn.weight_hh_l0\": 2 values"))
    }
    // Sound ones are not spoken of.
    try Model<Float>(model.configuration, seed: 1).save(to: path("s.safetensors"))
    let sound = try place.rnn("inspect", "s.safetensors")
    #expect(!sound.text.contains("finite"))
  }

  @Test func tables() throws {
    let rows = (0..<60).map { "\($0 / 6),\(sin(Double($0))),\($0 / 6 % 2)\n" }
    try place.write("id,x,y\n" + rows.joined(), to: "t.csv")
    let columns = ["--sequence-column", "id", "--label-column", "y"]
    let quick = ["--epochs", "1", "--hidden-size", "3", "--threads", "1"]
    try #require(try place.rnn(["classify", "train", "t.csv", "--checkpoint", "c.st"] + quick + columns).status == 0)
    try #require(
      try place.rnn(
        ["forecast", "train", "--method", "network", "t.csv", "--column", "x", "--window", "4", "--checkpoint", "f.st"]
          + quick
      ).status == 0)
    for name in ["c.st", "f.st"] {
      var model = try Model<Float>(contentsOf: path(name))
      model[parameter: "linear.bias"][0] = .nan
      try model.save(to: path(name))
    }
    for command in [
      ["classify", "predict", "c.st", "t.csv"] + columns, ["classify", "evaluate", "c.st", "t.csv"] + columns,
      ["forecast", "predict", "f.st", "t.csv"], ["forecast", "evaluate", "f.st", "t.csv"],
    ] {
      let outcome = try place.rnn(command)
      expectFailure(outcome, 1, "\"linear.bias\": 1 value is not a finite number, at [0] (nan)")
      #expect(outcome.output.isEmpty)
    }
  }
}
