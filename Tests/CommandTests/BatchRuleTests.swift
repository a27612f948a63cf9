import Foundation
import Recurrent
import Testing

/// `--batch-rule` and `--base-batch-size`: what they do to the learning rate and its warm-up, and what is said of it.
struct BatchRuleTests {
  private static func text(batchSize: Int = 8) -> [String] {
    [
      "train", "--text", "t.txt", "--hidden-size", "8", "--sequence-length", "10", "--threads", "1",
      "--batch-size", "\(batchSize)",
    ]
  }

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(sampleText(words: 800), to: "t.txt")
    return place
  }

  private func settings(_ place: Workplace) throws -> TrainingSettings {
    try TrainingCheckpoint<Float>(contentsOf: place.url("model.safetensors").path).settings
  }

  @Test(
    "The rate grows by the rule, and the plan says how",
    arguments: [
      ("sqrt", "2", "learning rate 0.002 × √4 = 0.004 (batch of 8, 4 × 2)", 0.004),
      ("linear", "2", "learning rate 0.002 × 4 = 0.008 (batch of 8, 4 × 2)", 0.008),
      ("sqrt", "32", "learning rate 0.002 × √0.25 = 0.001 (batch of 8, 0.25 × 32)", 0.001),
      ("linear", "3", "learning rate 0.002 × 2.667 = 0.005333 (batch of 8, 2.667 × 3)", 0.002 * 8 / 3),
    ])
  func scaled(rule: String, base: String, words: String, rate: Double) throws {
    let place = try place()
    for shards in ["1", "4"] {
      let outcome = try place.rnn(
        Self.text() + ["--steps", "4", "--learning-rate", "0.002", "--batch-rule", rule, "--base-batch-size", base]
          + ["--shards", shards])
      #expect(outcome.status == 0 && outcome.errors.contains(words), "\(outcome.errors)")
      // A product and a quotient, each rounded once.
      #expect(try abs(settings(place).optimizer.learningRate - rate) < 0x1p-50 * rate)
    }
  }

  @Test("The warm-up is that of the base batch, in steps: longer in epochs, and for half of the training at most")
  func warmUp() throws {
    let place = try place()
    func warmUp(_ options: String..., batchSize: Int = 8) throws -> Int? {
      let outcome = try place.rnn(Self.text(batchSize: batchSize) + options)
      #expect(outcome.status == 0, "\(outcome.errors)")
      guard case .cosine(let warmUp, _, _) = try settings(place).schedule else { return nil }
      if options.contains("--batch-rule") {
        #expect(outcome.errors.contains("cosine schedule with \(warmUp) steps of warm-up"), "\(outcome.errors)")
      }
      return warmUp
    }
    #expect(try warmUp("--steps", "80") == 4)
    #expect(try warmUp("--steps", "80", "--batch-rule", "sqrt", "--base-batch-size", "2") == 16)
    #expect(try warmUp("--steps", "80", "--batch-rule", "sqrt", "--base-batch-size", "16") == 2)
    #expect(try warmUp("--steps", "80", "--batch-rule", "linear", "--base-batch-size", "1", batchSize: 16) == 40)
    #expect(try warmUp("--steps", "80", "--batch-rule", "sqrt", "--base-batch-size", "2", "--warm-up", "7") == 7)
  }

  @Test("Other commands take the rule, too, of the batch that their data are enough for")
  func tables() throws {
    let place = try Workplace()
    let rows = (0..<60).map { "\($0 / 6),\($0 % 5),\($0 / 6 % 2)" }
    try place.write((["sequence,x,label"] + rows).joined(separator: "\n") + "\n", to: "t.csv")
    let outcome = try place.rnn(
      "classify", "train", "t.csv", "--sequence-column", "sequence", "--label-column", "label", "--epochs", "1",
      "--hidden-size", "4", "--batch-size", "4", "--batch-rule", "sqrt", "--base-batch-size", "1")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("learning rate 0.005 × √4 = 0.01 (batch of 4, 4 × 1)"), "\(outcome.errors)")
  }

  @Test("One without the other, and another for a training that goes on, are refused")
  func refused() throws {
    let place = try place()
    expectFailure(
      try place.rnn(Self.text() + ["--batch-rule", "sqrt"]), 64, "'--batch-rule' needs '--base-batch-size <n>'")
    expectFailure(
      try place.rnn(Self.text() + ["--base-batch-size", "4"]), 64, "'--base-batch-size' needs '--batch-rule <name>'")
    expectFailure(
      try place.rnn(Self.text() + ["--base-batch-size", "4", "--batch-rule", "cubic"]), 64, "'cubic'", "linear", "sqrt")
    expectFailure(
      try place.rnn("train", "--resume", "m.safetensors", "--batch-rule", "sqrt", "--base-batch-size", "4"), 64,
      "--batch-rule", "--resume")
  }
}
