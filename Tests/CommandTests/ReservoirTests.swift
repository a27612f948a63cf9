import Foundation
import Testing

/// `rnn reservoir` and `rnn refit`, on the series of the forecasts.
struct ReservoirCommandTests {
  private static let options = ["--units", "40", "--threads", "1", "--washout", "24"]

  private func workplace(_ count: Int = 240) throws -> Workplace {
    let place = try Workplace()
    try place.write(ForecastTests.table(count), to: "t.csv")
    return place
  }

  private func meanSquares(_ outcome: Outcome, horizon: Int, method: String) throws -> Double {
    let reports = try #require(try outcome.json()["reports"] as? [[String: Any]])
    let report = try #require(reports.first { $0["horizon"] as? Int == horizon })
    let scores = try #require(report["scores"] as? [[String: Any]])
    return try #require(scores.first { $0["method"] as? String == method }?["mse"] as? Double)
  }

  @Test func roundTrip() throws {
    let place = try workplace()
    let measured = ["t.csv", "--test", "24", "--horizon", "6"]
    let trained = try place.rnn(["reservoir", "train"] + measured + Self.options)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("reservoir 1 × 40 units, dense, spectral radius 0.9, leak rate 1"))
    #expect(trained.errors.contains("sales, heat: 216 steps to fit to, of which 24 are washed out; 24 to test"))
    #expect(trained.errors.contains("readout   penalty "))
    #expect(trained.errors.contains("191 steps, by "))

    // Measuring the saved model prints what the training printed, by either command.
    for command in ["reservoir", "forecast"] {
      let evaluated = try place.rnn([command, "evaluate", "model.safetensors"] + measured)
      #expect(evaluated.text == String(trained.text.dropFirst()).replacing("\n\n\n", with: "\n\n"))
    }
    let scores = try place.rnn(["reservoir", "evaluate", "model.safetensors", "--json"] + measured)
    #expect(
      try meanSquares(scores, horizon: 1, method: "leaky") < 0.5 * meanSquares(scores, horizon: 1, method: "last value")
    )

    let predicted = try place.rnn("reservoir", "predict", "model.safetensors", "t.csv", "--horizon", "3")
    #expect(
      predicted.text.split(separator: "\n").map { $0.prefix(10) } == [
        "month,sale", "2020-01-01", "2020-02-01", "2020-03-01",
      ])
    let generated = try place.rnn("reservoir", "generate", "model.safetensors", "t.csv", "--steps", "600")
    #expect(generated.text.split(separator: "\n").count == 601)
    // Both stand at the same step; the one has looked back on 24 steps, the other on all.
    let first = { (outcome: Outcome) in
      Double(outcome.text.split(separator: "\n")[1].split(separator: ",")[1]) ?? .nan
    }
    #expect(abs(first(predicted) - first(generated)) < 0.05 * abs(first(generated)))
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("leaky"))

    // The same seed gives the same file.
    let again = try place.rnn(
      ["reservoir", "train"] + measured + Self.options + ["--checkpoint", "again.safetensors"])
    #expect(again.status == 0)
    #expect(try place.data("again.safetensors") == place.data("model.safetensors"))
  }

  @Test(arguments: [
    ["--folds", "4"], ["--penalty", "1e-4"], ["--connections", "blocks", "--density", "0.3", "--layers", "2"],
    ["--connections", "sparse", "--leak-rate", "0.5", "--difference", "1"],
  ])
  func choices(_ choice: [String]) throws {
    let place = try workplace()
    let trained = try place.rnn(["reservoir", "train", "t.csv", "--test", "12"] + Self.options + choice)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try place.rnn("reservoir", "generate", "model.safetensors", "t.csv", "--steps", "5").status == 0)
  }

  /// Two tables, the one after the other, are as many rows as both have.
  @Test func goesOn() throws {
    let place = try workplace()
    try place.write(ForecastTests.table(120), to: "first.csv")
    let first = try place.rnn(
      ["reservoir", "train", "first.csv", "--test", "0", "--sums", "s.sums", "--penalty", "0.01"] + Self.options)
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.errors.contains("penalty 0.01; 95 steps in all"))
    let before = try place.data("model.safetensors")
    let second = try place.rnn(
      "reservoir", "train", "t.csv", "--test", "0", "--sums", "s.sums", "--resume", "model.safetensors")
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.errors.contains("penalty 0.01; 310 steps in all"))
    #expect(try place.data("model.safetensors") != before)

    // Sums of another reservoir are refused, and neither file changes.
    let other = try place.rnn(
      ["reservoir", "train", "first.csv", "--test", "0", "--seed", "2", "--checkpoint", "o.safetensors"] + Self.options)
    #expect(other.status == 0)
    let (model, sums) = (try place.data("o.safetensors"), try place.data("s.sums"))
    expectFailure(
      try place.rnn("reservoir", "train", "t.csv", "--sums", "s.sums", "--resume", "o.safetensors"), 1,
      "s.sums does not hold the sums of the reservoir in o.safetensors")
    #expect(try place.data("o.safetensors") == model)
    #expect(try place.data("s.sums") == sums)
  }

  @Test func refusals() throws {
    let place = try workplace(60)
    func train(_ arguments: String...) throws -> Outcome {
      try place.rnn(["reservoir", "train", "t.csv", "--units", "10", "--washout", "4"] + arguments)
    }
    expectFailure(try train("--penalty", "1", "--folds", "3"), 64, "'--folds'", "'--penalty'")
    expectFailure(try train("--sums", "s", "--folds", "3"), 64, "'--folds'")
    expectFailure(try train("--resume", "m.safetensors"), 64, "'--sums <file>'")
    expectFailure(try train("--sums", "t.csv"), 1, "t.csv is read and would be overwritten")
    expectFailure(try train("--leak-rate", "0"), 64, "--leak-rate")
    expectFailure(try train("--spectral-radius", "1e300"), 64, "expected a number from 0 to 1e6")
    expectFailure(try train("--washout", "50", "--difference", "12"), 1, "after --difference 12")
    expectFailure(try train("--connections", "block"), 64, "Did you mean 'blocks'?")
    expectFailure(try train("--washout", "100"), 1, "t.csv")
    expectFailure(try place.rnn("reservoir", "tarin", "t.csv"), 64, "Did you mean 'train'?")
    try place.write("mine", to: "mine.txt")
    expectFailure(try train("--sums", "mine.txt"), 1, "mine.txt is a text, which --sums does not replace")
    expectFailure(try train("--checkpoint", "mine.txt"), 1, "mine.txt")
    #expect(try place.data("mine.txt") == Data("mine".utf8))
    try place.write(sampleText(words: 60), to: "text.txt")
    #expect(
      try place.rnn(["train", "--text", "text.txt", "--steps", "1", "--checkpoint", "text.safetensors"] + tiny).status
        == 0)
    expectFailure(try train("--checkpoint", "text.safetensors"), 1, "a model of text")
    expectFailure(try place.rnn("reservoir", "generate", "text.safetensors", "t.csv"), 1, "no model of a series")
    #expect(!place.exists("model.safetensors"))
  }

  @Test("A trained head is fitted anew, and the better one written") func refit() throws {
    let place = try workplace()
    let trained = try place.rnn(
      ["forecast", "train", "--method", "network", "t.csv", "--test", "24"] + ForecastTests.options + ["--epochs", "2"])
    #expect(trained.status == 0, "\(trained.errors)")
    let refit = try place.rnn(
      "refit", "model.safetensors", "t.csv", "--output", "r.safetensors", "--threads", "1", "--validation", "24")
    #expect(refit.status == 0, "\(refit.errors)")
    // After two epochs there is much left to win.
    #expect(refit.text.contains("The new head is better."))
    let measured = ["t.csv", "--test", "24", "--horizon", "1", "--json"]
    let (before, after) = (
      try place.rnn(["forecast", "evaluate", "model.safetensors"] + measured),
      try place.rnn(["forecast", "evaluate", "r.safetensors"] + measured)
    )
    #expect(try meanSquares(after, horizon: 1, method: "lstm") < meanSquares(before, horizon: 1, method: "lstm"))

    try place.write(sampleText(), to: "text.txt")
    #expect(
      try place.rnn(["train", "--text", "text.txt", "--steps", "5", "--checkpoint", "text.safetensors"] + tiny).status
        == 0)
    let text = try place.rnn("refit", "text.safetensors", "text.txt", "--output", "rt.safetensors", "--threads", "1")
    #expect(text.status == 0, "\(text.errors)")
    #expect(text.text.contains("head fitted anew"))
    #expect(text.text.contains("The head stays as it was.") != text.text.contains("The new head is better."))
    #expect(try place.rnn("evaluate", "rt.safetensors", "--text", "text.txt").status == 0)
    expectFailure(
      try place.rnn("refit", "model.safetensors", "t.csv", "--output", "t.csv"), 1,
      "t.csv is read and would be overwritten")
  }

  @Test("A head of classes is fitted anew, and that of a reservoir from where its state has washed out")
  func refitOthers() throws {
    let place = try workplace()
    try place.write(Waves(60, seed: 1).csv, to: "waves.csv")
    let trained = try place.rnn(
      ["classify", "train", "waves.csv", "--epochs", "1", "--hidden-size", "12", "--threads", "1"]
        + ClassifyTests.columns)
    #expect(trained.status == 0, "\(trained.errors)")
    let classes = try place.rnn(
      ["refit", "model.safetensors", "waves.csv", "--output", "c.safetensors", "--threads", "1"] + ClassifyTests.columns
    )
    #expect(classes.status == 0 && classes.text.contains("The new head is better."), "\(classes.errors)")
    expectFailure(try place.rnn("refit", "model.safetensors", "waves.csv"), 64, "--label-column")

    #expect(
      try place.rnn(["reservoir", "train", "t.csv", "--test", "24", "--checkpoint", "r.safetensors"] + Self.options)
        .status == 0)
    let steps = String(decoding: try place.data("t.csv"), as: UTF8.self).split(separator: "\n").count - 1
    let refit = try place.rnn("refit", "r.safetensors", "t.csv", "--threads", "1", "--validation", "24")
    // All steps but the last, the part to compare on, and what is washed out.
    #expect(refit.status == 0 && refit.errors.contains("on \(steps - 1 - 24 - 24) rows"), "\(refit.errors)")
    expectFailure(
      try place.rnn("refit", "r.safetensors", "t.csv", "--validation", "\(steps - 10)"), 1, "a wash-out of 24")
  }
}
