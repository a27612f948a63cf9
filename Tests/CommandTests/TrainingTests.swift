import Foundation
import Testing

/// The whole way: train, look, measure, write.
struct TrainingTests {
  @Test func everyStructure() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 400), to: "text.txt")
    let options = [
      "--epochs", "1", "--dropout", "0.1", "--head-dropout", "0.1", "--residual", "--projection-size", "6",
      "--trained-initial-state", "--variational-dropout", "--recurrent-dropout", "0.1", "--zoneout-hidden", "0.05",
      "--zoneout-cell", "0.1", "--layers", "2",
    ]
    func train(_ name: String, _ own: [String] = [], environment: [String: String] = [:]) throws {
      let files = ["--checkpoint", "\(name).safetensors", "--log", "\(name).jsonl"]
      let outcome = try place.run(
        Workplace.command.path, ["train", "--text", "text.txt"] + files + tiny + options + own, environment: environment
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    // The same bits where packed kernels multiply everything, whichever mode the tests run in. The checkpoints themselves
    // say how they were made.
    try train("packed", environment: ["RECURRENT_PRODUCTS": "packed"])
    try train("less-packed", ["--recompute-steps", "5"], environment: ["RECURRENT_PRODUCTS": "packed"])
    #expect(try place.data("packed-best.safetensors") == place.data("less-packed-best.safetensors"))
    // In any mode the first step, before any update, is equal to rounding: 16 steps of 2 layers, forward and back, each off
    // by the length of a sum (the gradients' over 8·16 rows) and the cell's own roundings (32), for either run.
    try train("all")
    try train("less", ["--recompute-steps", "5"])
    let bound = 4 * 16 * 2 * (8 * 16 + 32) * 0x1p-24
    for key in ["training_loss", "gradient_norm"] {
      let losses = try ["packed", "all", "less"].map {
        try #require(try place.log("\($0).jsonl").first?[key] as? Double)
      }
      for loss in losses { #expect(abs(loss - losses[0]) <= bound * losses[0], "\(key): \(losses)") }
    }
    let configuration = try #require(
      try place.rnn("inspect", "all.safetensors", "--json").json()["configuration"] as? [String: Any])
    #expect(configuration["projection_size"] as? Int == 6 && configuration["residual"] as? Bool == true)
    #expect(configuration["zoneout_cell"] as? Double == 0.1)
    let table = try place.rnn("inspect", "all.safetensors").text
    #expect(table.contains("recurrent dropout") && table.contains("rnn.weight_hr_l1"))
    #expect(try place.rnn("sample", "all.safetensors", "--length", "5").status == 0)
  }

  @Test func roundTrip() throws {
    let place = try Workplace()
    let text = sampleText(words: 2000)
    try place.write(text, to: "text.txt")
    let trained = try place.rnn(
      [
        "train", "--text", "text.txt", "--epochs", "6", "--log", "log.jsonl", "--learning-rate", "0.02",
        "--embedding-size", "0",
      ] + tiny)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.output.isEmpty)
    #expect(trained.errors.contains("saved model.safetensors, and model-best.safetensors"))
    #expect(trained.errors.split(separator: "\n").count { $0.hasPrefix("epoch ") } == 6)

    // The log: one object a step, losses falling, a validation loss at the end of each epoch.
    let records = try place.log("log.jsonl")
    let windows = (text.count * 95 / 100 - 1) / (8 * 16)
    #expect(records.count == 6 * windows)
    #expect(records.map { $0["step"] as? Int } == Array(1...records.count))
    #expect(records.map { $0["epoch"] as? Int } == (0..<records.count).map { $0 / windows + 1 })
    for (index, record) in records.enumerated() {
      for key in ["training_loss", "gradient_norm", "tokens_per_second", "seconds"] {
        #expect(try #require(record[key] as? Double) > 0)
      }
      #expect((record["validation_loss"] as? Double != nil) == ((index + 1) % windows == 0))
      #expect(record.count == 7)
    }
    let validation = try #require(records.last?["validation_loss"] as? Double)
    #expect(validation < 1.6, "an untrained model has 3, this text can be known to about 0.6")

    let inspected = try place.rnn("inspect", "model.safetensors", "--json").json()
    let vocabulary = Set(text.unicodeScalars).count
    let gates = 4 * 12 * (vocabulary + 12) + 2 * 4 * 12
    #expect(inspected["parameter_count"] as? Int == gates + 12 * vocabulary + vocabulary)
    #expect(inspected["bytes"] as? Int == 4 * (gates + 12 * vocabulary + vocabulary))
    let configuration = try #require(inspected["configuration"] as? [String: Any])
    #expect(configuration["cell"] as? String == "lstm" && configuration["hidden_size"] as? Int == 12)
    let table = try place.rnn("inspect", "model.safetensors")
    #expect(table.text.contains("rnn.weight_ih_l0  48 × \(vocabulary)"))

    // The same part of the text as one sequence; the training reads it as parallel streams.
    let held = text.count * 5 / 100
    try place.write(String(text.suffix(held)), to: "held.txt")
    let evaluated = try place.rnn("evaluate", "model.safetensors", "--text", "held.txt", "--json").json()
    let loss = try #require(evaluated["loss"] as? Double)
    #expect(evaluated["characters"] as? Int == held - 1)
    #expect(abs(loss - validation) < 0.1)
    #expect(abs(try #require(evaluated["bits_per_character"] as? Double) - loss / log(2)) < 1e-9)
    #expect(abs(try #require(evaluated["perplexity"] as? Double) - exp(loss)) < 1e-9)

    let sample = try place.rnn("sample", "model.safetensors", "--length", "200", "--seed", "3")
    #expect(sample.status == 0 && sample.text.unicodeScalars.count == 200 && sample.errors.isEmpty)
    #expect(["the", "fox", "dog", "quick", "lazy"].contains { sample.text.contains($0) }, "\(sample.text)")
  }

  /// The rate is so high that no epoch after the first ones is better.
  @Test func patienceEndsTheTraining() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 2000), to: "text.txt")
    let options = ["train", "--text", "text.txt", "--epochs", "40", "--schedule", "constant", "--log", "log.jsonl"]
    let trained = try place.rnn(
      options + ["--learning-rate", "0.5", "--patience", "3", "--head-dropout", "0.3"] + tiny)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("head dropout 0.3"))
    let losses = try place.log("log.jsonl").compactMap { $0["validation_loss"] as? Double }
    #expect(losses.count < 40)
    let lowest = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(lowest == losses.count - 4, "three epochs after the lowest loss: \(losses)")
    #expect(trained.errors.contains("no lower validation loss in 3 epochs: stopped after epoch \(losses.count)"))
    #expect(trained.errors.contains("saved model.safetensors, and model-best.safetensors"))
  }

  @Test func sameSeedSameFile() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let options = ["train", "--text", "text.txt", "--steps", "20", "--dropout", "0.2"] + tiny + ["--layers", "2"]
    var files: [Data] = []
    for (seed, threads) in [("1", "1"), ("1", "1"), ("1", "2"), ("2", "1")] {
      #expect(try place.rnn(options + ["--seed", seed, "--threads", threads]).status == 0)
      files.append(try place.data("model.safetensors"))
    }
    #expect(files[0] == files[1], "a second run")
    #expect(files[0] == files[2], "two threads")
    #expect(files[0] != files[3], "another seed")
  }

  @Test(arguments: ["rnn", "rnn-relu", "lstm", "gru", "gru-reset-before"], ["one-hot", "embedding"])
  func everyCell(cell: String, input: String) throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let embedding = ["--embedding-size", input == "embedding" ? "6" : "0"]
    let trained = try place.rnn(["train", "--text", "text.txt", "--steps", "3", "--cell", cell] + embedding + tiny)
    #expect(trained.status == 0, "\(trained.errors)")
    let sample = try place.rnn("sample", "model.safetensors", "--length", "20", "--seed", "1")
    #expect(sample.status == 0 && sample.text.count == 20)
  }

  @Test(arguments: [
    ["--optimizer", "sgd"], ["--optimizer", "momentum", "--momentum", "0.8"], ["--optimizer", "rmsprop"],
    ["--optimizer", "adamw", "--weight-decay", "0.1"], ["--schedule", "constant"],
    ["--schedule", "step", "--decay-every", "5", "--decay-factor", "0.9"],
    ["--schedule", "cosine", "--warm-up", "5", "--final-factor", "0.1"], ["--clip-norm", "0"], ["--clip-value", "0.1"],
    ["--init", "pytorch"], ["--init", "xavier"], ["--init", "kaiming"], ["--init", "orthogonal", "--forget-bias", "1"],
    ["--validation-fraction", "0"], ["--save-every", "3"], ["--bytes"],
  ])
  func everyOption(options: [String]) throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let outcome = try place.rnn(
      ["train", "--text", "text.txt", "--steps", "12", "--log", "log.jsonl"] + options + tiny)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let losses = try place.log("log.jsonl").compactMap { $0["training_loss"] as? Double }
    #expect(losses.count == 12 && losses[11] < losses[0])
    #expect(place.exists("model-best.safetensors") == !options.contains("--validation-fraction"))
  }

  @Test func directoriesAreReadByExtension() throws {
    let place = try Workplace()
    try FileManager.default.createDirectory(at: place.url("texts/deep"), withIntermediateDirectories: true)
    try place.write(sampleText(), to: "texts/deep/a.txt")
    try place.write("0123456789", to: "texts/b.csv")
    let options = ["train", "--text", "texts", "--extension", "txt", "--steps", "1"] + tiny
    #expect(try place.rnn(options).errors.contains("\(Set(sampleText()).count) different ones"))
  }

  @Test func batchShrinksForASmallText() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 60), to: "text.txt")
    let outcome = try place.rnn(
      "train", "--text", "text.txt", "--steps", "2", "--hidden-size", "8", "--threads", "1")
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("small text"), "\(outcome.errors)")
  }

  /// A thousand updates are wanted, and there is no more to read than a few passes over the text.
  @Test func batchShrinksForFewEpochs() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 6000), to: "text.txt")
    let options = ["train", "--text", "text.txt", "--hidden-size", "4", "--layers", "1", "--threads", "1"]
    let short = try place.rnn(options + ["--epochs", "2", "--sequence-length", "16"])
    #expect(short.status == 0 && short.errors.contains("few epochs"), "\(short.errors)")
    let long = try place.rnn(options + ["--steps", "2"])
    #expect(long.status == 0 && long.errors.contains("2 steps of 20 sequences × 50"), "\(long.errors)")
    #expect(!long.errors.contains("few epochs"))
  }

  @Test func bestModelIsTheOneWithTheLowestValidationLoss() throws {
    let place = try Workplace()
    let text = sampleText(words: 60)
    try place.write(text, to: "text.txt")
    // Far too much training for so little text: the validation loss rises again.
    let outcome = try place.rnn(
      "train", "--text", "text.txt", "--validation-fraction", "0.3", "--epochs", "40", "--hidden-size", "32",
      "--layers", "1", "--batch-size", "1", "--sequence-length", "16", "--learning-rate", "0.02", "--log", "log.jsonl",
      "--threads", "1")
    #expect(outcome.status == 0)
    let losses = try place.log("log.jsonl").compactMap { $0["validation_loss"] as? Double }
    let best = try #require(losses.min())
    #expect(best < losses[losses.count - 1])
    try place.write(String(text.suffix(text.count * 3 / 10)), to: "held.txt")
    let evaluated = try place.rnn("evaluate", "model-best.safetensors", "--text", "held.txt", "--json").json()
    #expect(abs(try #require(evaluated["loss"] as? Double) - best) < 0.15)
  }
}

extension Workplace {
  /// The objects of a log; each line must be one.
  func log(_ name: String) throws -> [[String: Any]] {
    let data = try data(name)
    #expect(data.last == 0x0A)
    return try data.split(separator: 0x0A).map {
      try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
    }
  }
}
