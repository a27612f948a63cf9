import Foundation
import Recurrent
import RecurrentExchange
import Testing

struct DiagnoseTests {
  private static let quick = ["--steps", "90", "--exponents", "3", "--delays", "20", "--threads", "1"]

  private func place(_ configuration: ModelConfiguration, _ initialization: Initialization = .pytorch) throws
    -> Workplace
  {
    let place = try Workplace()
    let vocabulary =
      configuration.input.vocabularySize == nil ? nil : try Corpus(text: "abcdef", validationFraction: 0).vocabulary
    try Model<Float>(configuration, initialization: initialization, seed: 1, vocabulary: vocabulary)
      .save(to: place.url("model.safetensors").path)
    return place
  }

  @Test func text() throws {
    let place = try place(
      ModelConfiguration(cell: .lstm, input: .oneHot(vocabularySize: 6), hiddenSize: 8, outputSize: 6),
      Initialization(forgetGateBias: -1))
    try place.write(String(repeating: "abcafedeb", count: 20), to: "text.txt")
    let arguments = ["diagnose", "model.safetensors", "--text", "text.txt"] + Self.quick
    let table = try place.rnn(arguments)
    #expect(table.status == 0 && table.errors.isEmpty)
    #expect(table.text.contains("! layer 0: gradients vanish after about"))
    #expect(table.text.contains("start it with a bias of 1 (rnn train --forget-bias 1;"))
    let found = try place.rnn(arguments + ["--json"]).json()
    #expect(found["steps"] as? Int == 90 && found["cell"] as? String == "lstm")
    let layer = try #require((found["recurrences"] as? [[String: Any]])?.first)
    #expect((layer["exponents"] as? [Any])?.count == 3 && (layer["gradient_norms"] as? [Any])?.count == 21)
    let finding = try #require((found["findings"] as? [[String: Any]])?.first)
    #expect(finding["kind"] as? String == "vanishing" && finding["problem"] as? Bool == true)
  }

  @Test func arrays() throws {
    let place = try place(ModelConfiguration(cell: .gru, input: .vectors(size: 2), hiddenSize: 5))
    try NPYFile.write(to: place.url("input.npy").path, shape: [40, 3, 2], values: (0..<240).map { Float($0 % 7) / 7 })
    let arguments = ["diagnose", "model.safetensors", "--input", "input.npy"] + Self.quick
    let found = try place.rnn(arguments + ["--json"]).json()
    // 40 steps of two sequences, and 10 of the third.
    #expect(found["steps"] as? Int == 90 && found["sequences"] as? Int == 3)
    try NPYFile.write(to: place.url("other.npy").path, shape: [40, 3], values: [Float](repeating: 0, count: 120))
    expectFailure(try place.rnn("diagnose", "model.safetensors", "--input", "other.npy"), 1, "[T, N, 2] or [T, 2]")
    try NPYFile.write(to: place.url("short.npy").path, shape: [1, 1, 2], values: [Float](repeating: 0, count: 2))
    expectFailure(try place.rnn("diagnose", "model.safetensors", "--input", "short.npy"), 1, "2 steps or more")
    var values = [Float](repeating: 0, count: 8)
    values[3] = .nan
    try NPYFile.write(to: place.url("nan.npy").path, shape: [4, 1, 2], values: values)
    expectFailure(try place.rnn("diagnose", "model.safetensors", "--input", "nan.npy"), 1, "NaN or infinite")
  }

  @Test func tables() throws {
    let place = try Workplace()
    let rows = (0..<120).map { "\($0),\(sin(Double($0) / 5))" }
    try place.write("t,y\n" + rows.joined(separator: "\n") + "\n", to: "series.csv")
    let trained = try place.rnn(
      "forecast", "train", "--method", "network", "series.csv", "--hidden-size", "6", "--epochs", "1", "--window", "20",
      "--checkpoint",
      "series.safetensors", "--threads", "1")
    #expect(trained.status == 0)
    let found = try place.rnn(["diagnose", "series.safetensors", "--table", "series.csv"] + Self.quick)
    #expect(found.status == 0 && found.text.contains("findings"))
    let free = try place.rnn(
      ["diagnose", "series.safetensors", "--table", "series.csv", "--closed-loop", "50", "--report", "page.html"]
        + Self.quick)
    #expect(free.status == 0 && free.text.contains("running freely (45 steps after the first tenth)"))
    let page = String(decoding: try place.data("page.html"), as: UTF8.self)
    #expect(page.contains("Diagnosis of series.safetensors") && page.contains("closed_loop"))
    for heading in ["Findings", "How far back", "How small changes grow", "Recurrent matrices", "Gates", "Units"] {
      #expect(page.contains("<h2 dir=\"auto\">\(heading)</h2>"))
    }
    expectFailure(
      try place.rnn("diagnose", "series.safetensors", "--table", "series.csv", "--report", "-"), 1,
      "no stream: give the name of a file")
    try Model<Float>(ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 2), seed: 1)
      .save(to: place.url("other.safetensors").path)
    expectFailure(
      try place.rnn("diagnose", "other.safetensors", "--table", "series.csv"), 1, "was not trained on a table")
  }

  @Test func starts() throws {
    let place = try Workplace()
    try place.write(String(repeating: "abcafedeb", count: 40), to: "text.txt")
    let model = ["--cell", "rnn", "--hidden-size", "12", "--layers", "1", "--steps", "1", "--learning-rate", "1e-12"]
    let train =
      ["train", "--text", "text.txt", "--batch-size", "2", "--sequence-length", "8", "--threads", "1"] + model
    #expect(try place.rnn(train + ["--init", "critical", "--spectral-radius", "0.7"]).status == 0)
    let found = try place.rnn(["diagnose", "model.safetensors", "--text", "text.txt", "--json"] + Self.quick).json()
    let layer = try #require((found["recurrences"] as? [[String: Any]])?.first)
    let matrix = try #require((layer["matrices"] as? [[String: Any]])?.first)
    // In single precision, after a step of next to nothing.
    #expect(abs(try #require(matrix["spectral_radius"] as? Double) - 0.7) < 1e-5)
    #expect(try place.rnn(train + ["--input-deviation", "0.5"]).status == 0)
    #expect(try place.rnn(train + ["--input-deviation", "0.5", "--rank", "2", "--embedding-size", "4"]).status == 0)
    expectFailure(try place.rnn(train + ["--input-deviation", "1e40"]), 64, "at most 1e6")
    expectFailure(
      try place.rnn(train + ["--spectral-radius", "1", "--recurrent-norm", "1"]), 64, "'--spectral-radius <x>' excludes"
    )
    expectFailure(
      try place.rnn(["train", "--text", "text.txt", "--cell", "mingru", "--recurrent-norm", "1"]), 64, "mingru has none"
    )
  }

  @Test func usage() throws {
    let place = try place(ModelConfiguration(cell: .rnn, input: .vectors(size: 1), hiddenSize: 2))
    expectFailure(try place.rnn("diagnose", "model.safetensors"), 64, "--text <path> ...")
    try NPYFile.write(to: place.url("i.npy").path, shape: [9, 1], values: [Float](repeating: 1, count: 9))
    expectFailure(
      try place.rnn("diagnose", "model.safetensors", "--input", "i.npy", "--closed-loop", "5"), 1,
      "--closed-loop is not for it")
    expectFailure(
      try place.rnn("diagnose", "model.safetensors", "--text", "a", "--input", "b"), 64, "'--text' excludes '--input'")
    expectFailure(try place.rnn("diagnose", "model.safetensors", "--text", "a"), 1, "no model of text")
  }
}
