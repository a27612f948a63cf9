import Foundation
import Recurrent
import Testing

/// `rnn train --tied-embedding`, and what becomes of such a model.
struct TiedEmbeddingCommandTests {
  private static let training = [
    "train", "--text", "text.txt", "--tied-embedding", "--hidden-size", "12", "--layers", "1", "--batch-size", "4",
    "--sequence-length", "8", "--threads", "1", "--seed", "1", "--steps", "10",
  ]

  @Test("Trained, resumed, used, exported, rounded")
  func ways() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 800), to: "text.txt")
    let trained = try place.rnn(Self.training + ["--save-every", "4", "--keep", "5"])
    #expect(trained.status == 0 && trained.errors.contains("tied embedding"), "\(trained.errors)")
    #expect(
      try place.rnn("train", "--resume", "model-step-4.safetensors", "--checkpoint", "again.safetensors").status == 0)
    #expect(try place.data("again.safetensors") == place.data("model.safetensors"))
    let model = try Model<Float>(contentsOf: place.url("model.safetensors").path)
    #expect(model.table.entries.map(\.name).filter { $0.hasPrefix("linear") } == ["linear.bias"])
    #expect(model.table["embedding.weight"]?.shape.last == 12)
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("tied embedding"))
    #expect(try place.rnn("sample", "model.safetensors", "--length", "9", "--seed", "1").status == 0)
    let loss = try place.rnn("evaluate", "model.safetensors", "--text", "text.txt", "--json").json()

    #expect(try place.rnn("diagnose", "model.safetensors", "--text", "text.txt", "--steps", "60").status == 0)

    // PyTorch's layers hold the matrix twice, as its own tied modules do.
    let exported = try place.rnn("export", "model.safetensors", "state.safetensors")
    #expect(exported.status == 0, "\(exported.errors)")
    let state = try SafetensorsFile(path: place.url("state.safetensors").path)
    #expect(try state.doubles("linear.weight") == state.doubles("embedding.weight"))
    #expect(try place.rnn("export", "model.safetensors", "model.onnx").status == 0)

    let rounded = try place.rnn("quantize", "model.safetensors", "small.safetensors", "--precision", "bfloat16")
    #expect(rounded.status == 0 && rounded.errors.contains("becomes two matrices"), "\(rounded.errors)")
    let other = try place.rnn("evaluate", "small.safetensors", "--text", "text.txt", "--json").json()
    let difference = try #require(other["loss"] as? Double) - #require(loss["loss"] as? Double)
    #expect(abs(difference) < 0.02)

    let continued = try place.rnn(
      "train", "--text", "text.txt", "--init-from", "model.safetensors", "--steps", "2", "--checkpoint", "c.safetensors"
    )
    #expect(continued.status == 0, "\(continued.errors)")
    #expect(try Model<Float>(contentsOf: place.url("c.safetensors").path).configuration.tiesEmbedding)
  }

  @Test("What does not go together is refused")
  func refused() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 300), to: "text.txt")
    let wrong = try place.rnn(Self.training + ["--embedding-size", "8"])
    #expect(wrong.status == 64 && wrong.errors.contains("a tied one has the 12 numbers"), "\(wrong.errors)")
    #expect(try place.rnn(Self.training).status == 0)
    let rounded = try place.rnn("sample", "model.safetensors", "--precision", "int8")
    #expect(rounded.status == 64 && rounded.errors.contains("rnn quantize"), "\(rounded.errors)")
  }
}
