import Foundation
import Testing

@Suite("Compression on the command line")
struct CompressTests {
  private static let training = [
    "--text", "text.txt", "--steps", "3", "--batch-size", "2", "--sequence-length", "8", "--threads", "1",
  ]

  /// A model of a few letters.
  private static func trained(_ options: String...) throws -> Workplace {
    let place = try Workplace()
    let letters = Array("abcd efgh ")
    try place.write(String((0..<600).map { letters[$0 * $0 / 3 % 10] }), to: "text.txt")
    let outcome = try place.rnn(["train", "--hidden-size", "24"] + training + options)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return place
  }

  @Test("A text's model is cut, says its ranks, runs, trains on, and goes elsewhere whole")
  func text() throws {
    let place = try Self.trained()
    let cut = try place.rnn("compress", "model.safetensors", "cut.safetensors", "--text", "text.txt", "--rank", "5")
    #expect(cut.status == 0, "\(cut.errors)")
    #expect(cut.text.contains("rnn.weight_hh_l1") && cut.text.contains("96 × 24"))
    let losses = try #require(cut.text.split(separator: "\n").first { $0.hasPrefix("loss") }).split(separator: " ")
    #expect(losses.count == 3)
    #expect(try place.data("cut.safetensors").count < place.data("model.safetensors").count * 2 / 3)
    let inspected = try place.rnn("inspect", "cut.safetensors").text
    #expect(inspected.contains("recurrent ranks  [5,5]") && inspected.contains("rnn.weight_hh_left_l0"))
    // The same again, to the byte, on any number of threads.
    let again = try place.rnn(
      "compress", "model.safetensors", "again.safetensors", "--text", "text.txt", "--rank", "5", "--threads", "2")
    #expect(again.status == 0)
    #expect(try place.data("again.safetensors") == place.data("cut.safetensors"))

    let tuned = try place.rnn(
      ["train", "--init-from", "cut.safetensors", "--checkpoint", "tuned.safetensors"] + Self.training)
    #expect(tuned.status == 0 && tuned.errors.contains("recurrent rank 5, input rank 5"), "\(tuned.errors)")
    let resumed = try place.rnn("train", "--resume", "tuned.safetensors", "--steps", "5", "--threads", "1")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try place.rnn("inspect", "tuned.safetensors", "--json").text.contains(#""recurrent_ranks":[5,5]"#))
    #expect(try place.rnn("diagnose", "tuned.safetensors", "--text", "text.txt", "--steps", "50").status == 0)

    for file in ["out.onnx", "out.npz", "out.safetensors"] {
      let outcome = try place.rnn("export", "cut.safetensors", file)
      #expect(outcome.status == 0 && outcome.errors.contains("\(file) has them multiplied out"), "\(outcome.errors)")
    }
    // Back again it is the function that it was.
    let imported = try place.rnn("import", "out.onnx", "whole.safetensors")
    #expect(imported.status == 0, "\(imported.errors)")
    let measured = try ["cut.safetensors", "whole.safetensors"].map {
      try #require(place.rnn("evaluate", $0, "--text", "text.txt", "--json").json()["loss"] as? Double)
    }
    // Sums of 24 and of 5 terms in single precision, in the other order.
    #expect(abs(measured[0] - measured[1]) < 1e-4 * measured[0])
  }

  @Test("A share of the energy")
  func energy() throws {
    let place = try Self.trained("--cell", "gru", "--layers", "1", "--embedding-size", "0")
    let cut = try place.rnn("compress", "model.safetensors", "cut.safetensors", "--text", "text.txt", "--energy", "0.7")
    #expect(cut.status == 0, "\(cut.errors)")
    let row = try #require(cut.text.split(separator: "\n").first { $0.hasPrefix("rnn.weight_hh_l0") })
    // Its rank, the share kept, and its numbers.
    let kept = try #require(row.split(separator: " ").dropLast(2).last.flatMap { Double($0) })
    #expect(kept >= 70)
  }

  @Test("Models of tables are cut and trained on")
  func tables() throws {
    let place = try Workplace()
    try place.write(Waves(60, seed: 1).csv, to: "waves.csv")
    let columns = ClassifyTests.columns
    let options = ["--epochs", "4", "--threads", "1", "--batch-size", "16"]
    let trained = try place.rnn(["classify", "train", "waves.csv", "--hidden-size", "12"] + columns + options)
    try #require(trained.status == 0, "\(trained.errors)")
    let cut = try place.rnn(
      ["compress", "model.safetensors", "cut.safetensors", "--table", "waves.csv", "--rank", "4"] + columns)
    #expect(cut.status == 0 && cut.text.contains("accuracy"), "\(cut.errors)")
    let tuning = [
      "classify", "train", "waves.csv", "--init-from", "cut.safetensors", "--checkpoint", "tuned.safetensors",
    ]
    let tuned = try place.rnn(tuning + columns + options)
    #expect(tuned.status == 0 && tuned.errors.contains("recurrent rank 4"), "\(tuned.errors)")
    let resumed = try place.rnn(
      ["classify", "train", "waves.csv", "--resume", "tuned.safetensors", "--epochs", "6", "--threads", "1"])
    #expect(resumed.status == 0, "\(resumed.errors)")
    // Another part of the table has another scaling.
    let other = try place.rnn(tuning + columns + options + ["--seed", "5"])
    #expect(other.status == 1 && other.errors.contains("was not trained on this part of this table"), "\(other.errors)")

    try place.write(
      "t,level\n" + (0..<120).map { "\($0),\(sin(Double($0) / 4))\n" }.joined(), to: "series.csv")
    let series = ["--window", "10", "--test", "10", "--epochs", "3", "--threads", "1"]
    let forecast = try place.rnn(
      [
        "forecast", "train", "--method", "network", "series.csv", "--hidden-size", "12", "--checkpoint",
        "series.safetensors",
      ] + series)
    try #require(forecast.status == 0, "\(forecast.errors)")
    let thin = try place.rnn(
      "compress", "series.safetensors", "thin.safetensors", "--table", "series.csv", "--rank", "3")
    #expect(thin.status == 0 && thin.text.contains("whole"), "\(thin.errors)")
    let on = try place.rnn(
      [
        "forecast", "train", "--method", "network", "series.csv", "--init-from", "thin.safetensors", "--checkpoint",
        "on.safetensors",
      ] + series)
    #expect(on.status == 0 && on.errors.contains("recurrent rank 3"), "\(on.errors)")
  }

  @Test("Weights are dropped of whole matrices alone, and averages need a validation part") func droppedWeights() throws
  {
    let place = try Workplace()
    try place.write(sampleText(words: 300), to: "text.txt")
    let training = ["train", "--text", "text.txt", "--steps", "3"] + tiny
    let dropped = try place.rnn(
      training + [
        "--weight-dropout", "0.3", "--embedding-size", "4", "--embedding-dropout", "0.2", "--average-decay", "0.9",
      ])
    #expect(dropped.status == 0, "\(dropped.errors)")
    let cut = try place.rnn("compress", "model.safetensors", "cut.safetensors", "--text", "text.txt", "--rank", "2")
    #expect(cut.status == 0, "\(cut.errors)")
    #expect(try !place.rnn("inspect", "cut.safetensors").text.contains("weight dropout"))
    expectFailure(
      try place.rnn(training + ["--average-decay", "0.9", "--validation-fraction", "0"]), 64, "needs a validation part")
    expectFailure(
      try place.rnn(training + ["--embedding-size", "0", "--embedding-dropout", "0.2"]), 64, "needs an embedding")
    expectFailure(
      try place.rnn(training + ["--cell", "mingru", "--weight-dropout", "0.2"]), 64, "needs a recurrent matrix")
    expectFailure(
      try place.rnn(training + ["--weight-dropout", "0.2", "--recompute-steps", "2"]), 64, "'--recompute-steps <n>'")
  }

  @Test("From scratch")
  func scratch() throws {
    let place = try Self.trained("--rank", "6")
    let ranks = #""recurrent_ranks":[6,6],"input_ranks":[6,6]"#
    #expect(try place.rnn("inspect", "model.safetensors", "--json").text.contains(ranks))
  }

  @Test("What does not go together is refused, and nothing is written")
  func refused() throws {
    let place = try Self.trained()
    _ = try place.rnn(["train", "--cell", "mingru", "--checkpoint", "min.safetensors"] + Self.training)
    let compress = ["compress", "model.safetensors", "out.safetensors"]
    for (arguments, status, text) in [
      (compress + ["--text", "text.txt"], 64, "--rank <n>"),
      (compress + ["--text", "text.txt", "--rank", "3", "--energy", "0.5"], 64, "excludes"),
      (compress + ["--rank", "3"], 64, "--table <file>"),
      (compress + ["--rank", "0", "--text", "text.txt"], 64, "from 1"),
      (compress + ["--energy", "1.5", "--text", "text.txt"], 64, "at most 1"),
      (compress + ["--rank", "3", "--table", "text.txt"], 64, "is a model of text: give --text"),
      (compress + ["--rank", "50", "--text", "text.txt"], 1, "no matrix of model.safetensors becomes smaller"),
      (compress + ["--rank", "3", "--text", "nothing.txt"], 1, "nothing.txt"),
      (
        ["compress", "model.safetensors", "model.safetensors", "--rank", "3", "--text", "text.txt"], 1,
        "would be overwritten"
      ),
      (
        ["compress", "min.safetensors", "out.safetensors", "--rank", "3", "--text", "text.txt"], 1,
        "min.safetensors: cell mingru has no recurrent matrix to be of low rank"
      ),
      (
        ["compress", "model.safetensors", "text.txt", "--rank", "3", "--text", "other.txt"], 1,
        "text.txt is a text, which <target> does not replace"
      ),
      (["train", "--rank", "3", "--cell", "mingru"] + Self.training, 64, "cell mingru has no recurrent matrix"),
      (["train", "--rank", "3", "--cell", "gru-reset-before"] + Self.training, 64, "by two operands"),
      (["train", "--rank", "30", "--hidden-size", "24"] + Self.training, 64, "does not become smaller above 19"),
      (["train", "--rank", "3", "--init-from", "model.safetensors"] + Self.training, 64, "excludes '--init-from"),
    ] as [([String], Int32, String)] {
      let outcome = try place.rnn(arguments)
      #expect(outcome.status == status && outcome.errors.contains(text), "\(arguments): \(outcome.errors)")
    }
    #expect(!place.exists("out.safetensors"))
    #expect(try place.data("text.txt").count == 600)
  }
}
