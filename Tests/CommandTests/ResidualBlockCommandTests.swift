import Foundation
import Recurrent
import Testing

/// `rnn train --residual-blocks`, and what becomes of such a model.
struct ResidualBlockCommandTests {
  private static let training = [
    "train", "--text", "text.txt", "--hidden-size", "12", "--embedding-size", "12", "--layers", "2", "--batch-size",
    "4",
    "--sequence-length", "8", "--threads", "1", "--seed", "1", "--steps", "10",
  ]

  @Test(
    "Trained, resumed, used, rounded, looked at; exported to nowhere that has no such layers",
    arguments: ["rglru", "lstm"])
  func ways(cell: String) throws {
    let place = try Workplace()
    try place.write(sampleText(words: 800), to: "text.txt")
    let trained = try place.rnn(
      Self.training + [
        "--cell", cell, "--residual-blocks", "--feed-forward-size", "20", "--dropout", "0.1", "--save-every", "4",
        "--keep", "5",
      ])
    #expect(
      trained.status == 0 && trained.errors.contains("residual blocks with feed-forward of 20"), "\(trained.errors)")
    #expect(
      try place.rnn("train", "--resume", "model-step-4.safetensors", "--checkpoint", "again.safetensors").status == 0)
    #expect(try place.data("again.safetensors") == place.data("model.safetensors"))
    let model = try Model<Float>(contentsOf: place.url("model.safetensors").path)
    #expect(model.configuration.blocks == ResidualBlocks(feedForwardSize: 20))
    let inspected = try place.rnn("inspect", "model.safetensors").text
    for part in ["residual blocks", "feed forward size", "rnn.feed_forward_down_l1", "12 × 20", "norm.weight"] {
      #expect(inspected.contains(part), "\(part)")
    }
    #expect(try place.rnn("sample", "model.safetensors", "--length", "9", "--seed", "1").status == 0)
    let loss = try place.rnn("evaluate", "model.safetensors", "--text", "text.txt", "--json").json()
    let rounded = try place.rnn("quantize", "model.safetensors", "small.safetensors", "--precision", "bfloat16")
    #expect(rounded.status == 0, "\(rounded.errors)")
    let other = try place.rnn("evaluate", "small.safetensors", "--text", "text.txt", "--json").json()
    let difference = try #require(other["loss"] as? Double) - #require(loss["loss"] as? Double)
    #expect(abs(difference) < 0.02)
    let diagnosed = try place.rnn("diagnose", "model.safetensors", "--text", "text.txt")
    #expect(diagnosed.status == 0, "\(diagnosed.errors)")
    let reason = cell == "lstm" ? "residual blocks" : cell
    for name in ["state.safetensors", "state.npz", "model.onnx"] {
      let outcome = try place.rnn("export", "model.safetensors", name)
      expectFailure(outcome, 1, name.hasSuffix("onnx") ? "residual blocks" : reason)
      #expect(!place.exists(name))
    }
    let continued = try place.rnn(
      "train", "--text", "text.txt", "--init-from", "model.safetensors", "--steps", "2", "--checkpoint", "c.safetensors"
    )
    #expect(continued.status == 0, "\(continued.errors)")
    #expect(try Model<Float>(contentsOf: place.url("c.safetensors").path).configuration.blocks != nil)
    expectFailure(
      try place.rnn("train", "--text", "text.txt", "--init-from", "model.safetensors", "--residual-blocks"), 64,
      "excludes '--init-from <file>'")
  }

  @Test("Sequences are classified with them, by a head at the last step too")
  func classify() throws {
    let place = try Workplace()
    try place.write(Waves(30, seed: 1).csv, to: "waves.csv")
    for options in [[], ["--bidirectional", "--head", "max-over-steps"]] {
      let trained = try place.rnn(
        ["classify", "train", "waves.csv"] + ClassifyTests.columns + [
          "--hidden-size", "8", "--epochs", "2", "--threads", "1", "--residual-blocks", "--cell", "minlstm",
          "--dropout", "0.1",
        ] + options)
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(
        try place.rnn(["classify", "evaluate", "model.safetensors", "waves.csv"] + ClassifyTests.columns).status == 0)
    }
    expectFailure(
      try place.rnn(
        ["classify", "train", "waves.csv"] + ClassifyTests.columns + ["--residual-blocks", "--bidirectional"]), 64,
      "'--residual-blocks' with '--bidirectional' needs '--head max-over-steps'")
  }

  @Test("What does not go together is refused")
  func refused() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 300), to: "text.txt")
    expectFailure(
      try place.rnn(Self.training + ["--residual-blocks", "--residual"]), 64, "excludes '--residual'")
    expectFailure(
      try place.rnn(Self.training + ["--feed-forward-size", "20"]), 64, "needs '--residual-blocks'")
    expectFailure(
      try place.rnn(Self.training + ["--residual-blocks", "--feed-forward-size", "0"]), 64, "--feed-forward-size")
    // Within blocks dropout acts in one layer, too.
    let alone = ["--layers", "1", "--dropout", "0.1"]
    expectFailure(try place.rnn(Self.training + alone), 64, "acts between layers")
    #expect(try place.rnn(Self.training + alone + ["--residual-blocks"]).status == 0)
  }

  @Test("Gradients are proven from the command line")
  func proof() throws {
    let proven = try Workplace().rnn(
      "gradcheck", "--residual-blocks", "--cell", "rglru", "--layers", "2", "--hidden-size", "3", "--sequence-length",
      "4", "--dropout", "0.2")
    #expect(proven.status == 0 && proven.text.contains("rnn.feed_forward_up_l1"), "\(proven.text)")
  }
}
