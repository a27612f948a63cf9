import Foundation
import Testing

@Suite("Rounded weights on the command line")
struct QuantizeTests {
  /// A model of a few letters.
  private static func trained() throws -> Workplace {
    let place = try Workplace()
    try place.write(String(repeating: "abcd efgh ", count: 60), to: "text.txt")
    let outcome = try place.rnn(
      "train", "--text", "text.txt", "--hidden-size", "48", "--steps", "3", "--batch-size", "2", "--sequence-length",
      "8",
      "--threads", "1")
    try #require(outcome.status == 0, "\(outcome.errors)")
    return place
  }

  @Test("A rounded file is smaller, and runs as the rounded weights do", arguments: ["bfloat16", "float16", "int8"])
  func quantize(name: String) throws {
    let place = try Self.trained()
    let outcome = try place.rnn("quantize", "model.safetensors", "half.safetensors", "--precision", name)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("rnn.weight_hh_l0"))
    #expect(try place.data("half.safetensors").count < place.data("model.safetensors").count * 3 / 4)
    #expect(try place.rnn("inspect", "half.safetensors").text.contains("in \(name)"))
    #expect(try place.rnn("inspect", "half.safetensors", "--json").json()["weights"] as? String == name)
    let export = try place.rnn("export", "half.safetensors", "half.onnx")
    #expect(export.status == 0 && export.errors.contains("half.onnx has the same numbers in float"))
    // The same letters as the file is and as asked, and from the file that was not rounded.
    let arguments = ["--prompt", "ab", "--length", "40", "--seed", "3"]
    let texts = try [
      ["half.safetensors"], ["half.safetensors", "--precision", name], ["model.safetensors", "--precision", name],
    ].map { try place.rnn(["sample"] + $0 + arguments) }
    #expect(texts.allSatisfy { $0.status == 0 && $0.text == texts[0].text && !$0.text.isEmpty })
    let losses = try [["half.safetensors"], ["model.safetensors", "--precision", name]].map {
      try place.rnn(["evaluate"] + $0 + ["--text", "text.txt", "--json"]).json()["loss"] as? Double
    }
    #expect(losses[0] != nil && losses[0] == losses[1])
  }

  /// Trainings whose products are of pairs of bfloat16, and their models in whole numbers.
  @Test("Models of classes, tags and forecasts run in the precision that is asked for")
  func models() throws {
    let place = try Workplace()
    try place.write(Words(120, seed: 1).csv, to: "words.csv")
    try place.write(TaggedText(60, seed: 1).columns, to: "tags.tsv")
    try place.write("v\n" + (0..<90).map { "\($0 * 7 % 12)\n" }.joined(), to: "t.csv")
    let mixed = ["--precision", "bfloat16-dot", "--report", "r.html", "--epochs", "2", "--threads", "1"]
    for (command, training, data) in [
      ("classify", ["words.csv", "--hidden-size", "32"] + ClassifyTextTests.columns, "words.csv"),
      ("tag", ["tags.tsv", "--hidden-size", "32"], "tags.tsv"),
      ("forecast", ["t.csv", "--method", "network", "--window", "6", "--hidden-size", "32"], "t.csv"),
    ] {
      let trained = try place.rnn([command, "train"] + training + mixed)
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(String(decoding: try place.data("r.html"), as: UTF8.self).contains("of bfloat16-dot"))
      #expect(
        try place.rnn("quantize", "model.safetensors", "int8.safetensors", "--precision", "int8").status == 0)
      func answer(_ model: String, _ options: String...) throws -> String {
        let table = command == "classify" ? ["--text-column", "word", "--probabilities"] : []
        let outcome = try place.rnn([command, "predict", model, data] + table + options)
        #expect(outcome.status == 0 && !outcome.text.isEmpty, "\(outcome.errors)")
        return outcome.text
      }
      let whole = try answer("int8.safetensors")
      #expect(try answer("model.safetensors", "--precision", "int8") == whole)
      if command != "tag" { #expect(try answer("model.safetensors") != whole) }
      let refused = try place.rnn(
        command, "train", data, "--resume", "model.safetensors", "--epochs", "3", "--products", "openblas")
      expectFailure(refused, 64, "bfloat16-dot", "leave out --products openblas")
      for name in ["model", "int8"] { try FileManager.default.removeItem(at: place.url(name + ".safetensors")) }
    }
    expectFailure(
      try place.rnn("tag", "train", "tags.tsv", "--precision", "bfloat16-dot", "--products", "openblas"), 64,
      "excludes '--products openblas'")
    expectFailure(
      try place.rnn("forecast", "train", "t.csv", "--precision", "bfloat16-dot", "--checkpoint", "c.safetensors"), 64,
      "--precision")
    #expect(try place.rnn("forecast", "train", "t.csv", "--horizon", "3", "--checkpoint", "c.safetensors").status == 0)
    expectFailure(try place.rnn("forecast", "predict", "c.safetensors", "--precision", "int8"), 1, "--precision")
  }

  @Test("What does not go together is refused")
  func refused() throws {
    let place = try Self.trained()
    for (arguments, status, text) in [
      (["quantize", "model.safetensors", "out.safetensors"], 64, "--precision"),
      (["quantize", "model.safetensors", "out.safetensors", "--precision", "float"], 64, "'bfloat16'"),
      (["quantize", "model.safetensors", "out.safetensors", "--precision", "int4"], 64, "int4"),
      (["quantize", "model.safetensors", "model.safetensors", "--precision", "float16"], 1, "would be overwritten"),
      (["quantize", "nothing.safetensors", "out.safetensors", "--precision", "float16"], 1, "nothing.safetensors"),
      (
        ["sample", "model.safetensors", "--precision", "bfloat16", "--products", "openblas"], 64, "--products openblas"
      ),
      (["sample", "model.safetensors", "--precision", "double"], 64, "'double'"),
      (["evaluate", "model.safetensors", "--precision", "int4"], 64, "'bfloat16-dot'"),
    ] as [([String], Int32, String)] {
      let outcome = try place.rnn(arguments)
      #expect(outcome.status == status && outcome.errors.contains(text), "\(arguments): \(outcome.errors)")
    }
    #expect(!place.exists("out.safetensors"))
    // What is no model is not replaced.
    let outcome = try place.rnn("quantize", "model.safetensors", "text.txt", "--precision", "int8")
    #expect(outcome.status == 1 && outcome.errors.contains("text.txt is a text, which <target> does not replace"))
    #expect(try place.data("text.txt").count == 600)
  }
}
