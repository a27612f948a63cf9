import Foundation
import Recurrent
import Testing

/// `rnn reservoir train --target` and `rnn reservoir classify`.
struct ReservoirTargetTests {
  private static let options = ["--units", "60", "--threads", "1"]

  /// A column that is a mean of two others some steps ago, which no row knows by itself.
  private func delays(_ count: Int = 400) -> String {
    var generator = SeededGenerator(seed: 3)
    let inputs = (0..<count).map { _ in (generator.uniform(-1, 1), generator.uniform(10, 12)) }
    let rows = inputs.indices.map { step in
      let past = step >= 2 ? inputs[step - 2] : (0, 11)
      return "\(inputs[step].0),\(inputs[step].1),\(100 + 5 * past.0 + 2 * (past.1 - 11))"
    }
    return (["a,b,y"] + rows).joined(separator: "\n") + "\n"
  }

  @Test("Columns from the others of a row and those before it") func targets() throws {
    let place = try Workplace()
    try place.write(delays(), to: "t.csv")
    let trained = try place.rnn(["reservoir", "train", "t.csv", "--target", "y", "--test", "50"] + Self.options)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("y from a, b: 350 steps to fit to, of which 100 are washed out; 50 to test"))
    let evaluated = try place.rnn("reservoir", "evaluate", "model.safetensors", "t.csv", "--test", "50")
    #expect(evaluated.text == String(trained.text.dropFirst()))
    let scores = try place.rnn("reservoir", "evaluate", "model.safetensors", "t.csv", "--test", "50", "--json").json()
    let score = try #require((scores["scores"] as? [[String: Any]])?.first)
    #expect(score["column"] as? String == "y" && score["count"] as? Int == 50)
    // Without memory it would be 1.
    #expect(try #require(score["nrmse"] as? Double) < 0.2)

    // The inputs are enough, wherever they stand, and the targets come out in their own units.
    let lines = delays().split(separator: "\n").map { $0.split(separator: ",") }
    try place.write(lines.map { "\($0[1]),\($0[0])" }.joined(separator: "\n") + "\n", to: "inputs.csv")
    let predicted = try place.rnn("reservoir", "predict", "model.safetensors", "inputs.csv")
    #expect(predicted.status == 0, "\(predicted.errors)")
    let rows = predicted.text.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows.count == 401 && rows[0] == ["row", "y"])
    for row in 200..<210 {
      let (own, truth) = try (#require(Double(rows[row][1])), #require(Double(lines[row][2])))
      #expect(abs(own - truth) < 2)
    }
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("reservoir_targets"))
    let diagnosed = try place.rnn("diagnose", "model.safetensors", "--table", "inputs.csv")
    #expect(diagnosed.status == 0, "\(diagnosed.errors)")

    try place.write("n,a\n" + (0..<60).map { "\($0),\($0 % 7)\n" }.joined(), to: "rising.csv")
    for (arguments, status, texts) in [
      (["train", "t.csv", "--target", "z"], 1, ["z", "there are a, b, y"]),
      (["train", "t.csv", "--target", "y", "--column", "y"], 64, ["both a --column and a --target"]),
      (["train", "t.csv", "--target", "y", "y"], 64, ["--target"]),
      (["train", "t.csv", "--target", "a", "b", "y"], 1, ["leaves no column"]),
      (["train", "t.csv", "--target", "y", "--difference", "1"], 64, ["'--difference' is for forecasts"]),
      (["train", "t.csv", "--target", "y", "--folds", "1000"], 1, ["1000 folds need as many rows"]),
      (["train", "rising.csv", "--target", "n"], 1, ["\"n\" was taken for the time", "--column"]),
      (["train", "t.csv"], 1, ["a reservoir of targets, which a model of series does not replace"]),
      (["predict", "model.safetensors", "t.csv", "--horizon", "3"], 1, ["'--horizon' is for forecasts"]),
      (["predict", "model.safetensors"], 64, ["give the table"]),
      (["evaluate", "model.safetensors", "inputs.csv"], 1, ["inputs.csv", "y"]),
      (["generate", "model.safetensors", "t.csv"], 1, ["gives columns from others"]),
    ] as [([String], Int32, [String])] {
      let outcome = try place.rnn(["reservoir"] + arguments)
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
      for text in texts { #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)") }
    }
    expectFailure(try place.rnn("refit", "model.safetensors", "t.csv"), 1, "rnn reservoir train --target fits it")
    expectFailure(
      try place.rnn("diagnose", "model.safetensors", "--table", "t.csv", "--closed-loop", "50"), 1, "other columns")
    expectFailure(
      try place.rnn("compress", "model.safetensors", "c.safetensors", "--rank", "2", "--table", "t.csv"), 1,
      "no model of text")
  }

  @Test("Classes of sequences, and of their steps", arguments: [[], ["--per-step"], ["--head", "mean-over-steps"]])
  func classes(_ choice: [String]) throws {
    let place = try Workplace()
    try place.write(Waves(60, seed: 1).csv, to: "waves.csv")
    try place.write(Waves(30, seed: 2).csv, to: "others.csv")
    let columns = ClassifyTests.columns
    let trained = try place.rnn(
      ["reservoir", "classify", "waves.csv", "--validation", "others.csv"] + Self.options + columns + choice)
    #expect(trained.status == 0, "\(trained.errors)")
    // Measuring the saved model prints what the training printed.
    let evaluated = try place.rnn(["classify", "evaluate", "model.safetensors", "others.csv"] + columns)
    #expect(trained.text == "\nvalidation part\n" + evaluated.text, "\(evaluated.errors)")
    let report = try place.rnn(["classify", "evaluate", "model.safetensors", "others.csv", "--json"] + columns).json()
    // The first steps of a wave do not tell what it is.
    #expect(try #require(report["accuracy"] as? Double) > (choice == ["--per-step"] ? 0.6 : 0.8))
    // Its probabilities are worth something: that of each class by itself has ln 3.
    #expect(try #require(report["loss"] as? Double) < (choice == ["--per-step"] ? 0.9 : 0.5))
  }

  @Test func classRefusals() throws {
    let place = try Workplace()
    try place.write(Waves(20, seed: 1).csv, to: "waves.csv")
    func classify(_ arguments: String...) throws -> Outcome {
      try place.rnn(["reservoir", "classify", "waves.csv", "--units", "10"] + ClassifyTests.columns + arguments)
    }
    expectFailure(try classify("--validation", "1.5"), 64, "expected a number, a share from 0 to below 1, or a file")
    expectFailure(try classify("--validation", "absent.csv"), 1, "absent.csv")
    expectFailure(try classify("--validation", "20"), 1, "leaves nothing to train on")
    expectFailure(try classify("--washout", "3"), 64, "'--washout' needs '--per-step'")
    expectFailure(try classify("--checkpoint", "waves.csv"), 1, "waves.csv")
    #expect(!place.exists("model.safetensors"))
  }
}
