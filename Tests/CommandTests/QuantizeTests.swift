import Foundation
import Testing

@Suite("Weights of 16 bits on the command line")
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

  @Test("A rounded file is smaller, and runs as the rounded weights do", arguments: ["bfloat16", "float16"])
  func quantize(name: String) throws {
    let place = try Self.trained()
    let outcome = try place.rnn("quantize", "model.safetensors", "half.safetensors", "--weights", name)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("rnn.weight_hh_l0"))
    #expect(try place.data("half.safetensors").count < place.data("model.safetensors").count * 3 / 4)
    // The same letters in full and in 16 bits, and from the file that was not rounded.
    let arguments = ["--prompt", "ab", "--length", "40", "--seed", "3"]
    let texts = try [
      ["half.safetensors", "--products", "packed"], ["half.safetensors", "--weights", name],
      ["model.safetensors", "--weights", name],
    ].map { try place.rnn(["sample"] + $0 + arguments) }
    #expect(texts.allSatisfy { $0.status == 0 && $0.text == texts[0].text && !$0.text.isEmpty })
    let losses = try [["half.safetensors", "--products", "packed"], ["model.safetensors", "--weights", name]].map {
      try place.rnn(["evaluate"] + $0 + ["--text", "text.txt", "--json"]).json()["loss"] as? Double
    }
    #expect(losses[0] != nil && losses[0] == losses[1])
  }

  @Test("What does not go together is refused")
  func refused() throws {
    let place = try Self.trained()
    for (arguments, status, text) in [
      (["quantize", "model.safetensors", "out.safetensors"], 64, "--weights"),
      (["quantize", "model.safetensors", "out.safetensors", "--weights", "full"], 64, "'bfloat16'"),
      (["quantize", "model.safetensors", "out.safetensors", "--weights", "int4"], 64, "int4"),
      (["quantize", "model.safetensors", "model.safetensors", "--weights", "float16"], 1, "would be overwritten"),
      (["quantize", "nothing.safetensors", "out.safetensors", "--weights", "float16"], 1, "nothing.safetensors"),
      (["sample", "model.safetensors", "--weights", "bfloat16", "--products", "openblas"], 64, "--products openblas"),
    ] as [([String], Int32, String)] {
      let outcome = try place.rnn(arguments)
      #expect(outcome.status == status && outcome.errors.contains(text), "\(arguments): \(outcome.errors)")
    }
    #expect(!place.exists("out.safetensors"))
  }
}
