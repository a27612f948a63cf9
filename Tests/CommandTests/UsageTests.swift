import Foundation
import Testing

/// Command lines that cannot be right end with code 64 and a line that names option, value and range.
struct UsageTests {
  @Test(arguments: [
    ("--hidden-size", "0", "from 1 to"), ("--hidden-size", "-5", "from 1 to"), ("--hidden-size", "many", "from 1 to"),
    ("--hidden-size", "99999999999999999999", "from 1 to"), ("--layers", "0", "from 1 to 1000"),
    ("--layers", "1000000", "from 1 to 1000"), ("--embedding-size", "-1", "from 0 to"),
    ("--batch-size", "0", "from 1 to"), ("--batch-size", "-1", "from 1 to"), ("--sequence-length", "0", "from 1 to"),
    ("--epochs", "0", "from 1 to"), ("--steps", "-1", "from 1 to"), ("--threads", "0", "from 1 to 1024"),
    ("--save-every", "0", "from 1 to"), ("--seed", "-1", "from 0 to"), ("--learning-rate", "0", "above 0"),
    ("--learning-rate", "nan", "above 0"), ("--learning-rate", "-1", "above 0"), ("--learning-rate", "inf", "above 0"),
    ("--momentum", "1", "from 0 to below 1"), ("--weight-decay", "-1", "0 or more"), ("--clip-norm", "-1", "0 or more"),
    ("--clip-value", "0", "above 0"), ("--dropout", "1", "from 0 to below 1"),
    ("--dropout", "-0.1", "from 0 to below 1"), ("--head-dropout", "1", "from 0 to below 1"),
    ("--patience", "0", "1"), ("--validation-fraction", "1", "from 0 to below 1"),
    ("--forget-bias", "x", "a number"), ("--decay-factor", "0", "above 0 and at most 1"),
    ("--cell", "transformer", "lstm"), ("--optimizer", "magic", "adam"), ("--schedule", "x", "cosine"),
    ("--init", "x", "orthogonal"), ("--text", "", "a path"), ("--checkpoint", "", "a path"), ("--log", "", "a path"),
  ])
  func training(option: String, value: String, range: String) throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let outcome = try place.rnn("train", "--text", "text.txt", option, value)
    expectFailure(outcome, 64, option, "'\(value)'", range, "rnn train --help")
    #expect(!place.exists("model.safetensors"))
  }

  /// Names are taken whatever the case of their letters; of those that are none the nearest is suggested.
  @Test func names() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    for (option, value) in [
      ("--cell", "LSTM"), ("--cell", "Gru_Reset_Before"), ("--optimizer", "AdamW"), ("--schedule", "Constant"),
      ("--init", "XAVIER"), ("--products", "Packed"),
    ] {
      let outcome = try place.rnn(["train", "--text", "text.txt", "--steps", "1", option, value] + tiny)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    for (option, value, nearest) in [
      ("--cell", "LSMT", "lstm"), ("--cell", "gruu", "gru"), ("--cell", "indrn", "indrnn"),
      ("--cell", "lstm-peepole", "lstm-peephole"), ("--optimizer", "adma", "adam"), ("--schedule", "cosin", "cosine"),
    ] {
      expectFailure(
        try place.rnn("train", "--text", "text.txt", option, value), 64, "'\(value)'", "Did you mean '\(nearest)'?")
    }
    let far = try place.rnn("train", "--text", "text.txt", "--cell", "transformer")
    #expect(!far.errors.contains("Did you mean"))
  }

  @Test(arguments: [
    (["--layers", "1", "--dropout", "0.5"], "--dropout"), (["--epochs", "1", "--steps", "1"], "--epochs"),
    (["--patience", "3", "--validation-fraction", "0"], "--patience"),
    (["--cell", "gru", "--forget-bias", "1"], "forget gate"), (["--momentum", "0.5"], "--optimizer momentum"),
    (["--warm-up", "5", "--schedule", "constant"], "--schedule cosine"), (["--decay-every", "5"], "--schedule step"),
    (["--log", "./model.safetensors"], "same file"), (["--log", "model-best.safetensors"], "same file"),
    (["--colour"], "--colour"), (["--epochs"], "--epochs"),
    (["--cell", "gru", "--projection-size", "8"], "gru reads its own output"),
    (["--hidden-size", "8", "--projection-size", "8"], "fewer than the 8"),
    (["--cell", "mingru", "--recurrent-dropout", "0.1"], "no recurrent product"),
    (["--cell", "rnn", "--zoneout-cell", "0.1"], "--zoneout-cell"), (["--variational-dropout"], "--dropout"),
  ])
  func contradictions(options: [String], part: String) throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    expectFailure(try place.rnn(["train", "--text", "text.txt"] + options), 64, part)
  }

  @Test(arguments: [
    ("--temperature", "-1", "0 or more"), ("--top-k", "0", "from 1 to"), ("--top-p", "0", "above 0 and at most 1"),
    ("--top-p", "1.1", "above 0 and at most 1"), ("--length", "-1", "from 0 to"), ("--seed", "x", "from 0 to"),
  ])
  func sampling(option: String, value: String, range: String) throws {
    expectFailure(try Workplace().rnn("sample", "model.safetensors", option, value), 64, option, "'\(value)'", range)
  }

  @Test(arguments: ["--layers", "--hidden-size", "--sequence-length", "--batch-size", "--input-size", "--output-size"])
  func gradientCheck(option: String) throws {
    expectFailure(try Workplace().rnn("gradcheck", option, "0"), 64, option, "'0'", "from 1 to")
  }

  @Test func missingArguments() throws {
    let place = try Workplace()
    expectFailure(try place.rnn("train"), 64, "--text")
    expectFailure(try place.rnn("sample"), 64, "model")
    expectFailure(try place.rnn("evaluate", "model.safetensors"), 64, "--text")
    expectFailure(try place.rnn("play"), 64, "play")
  }

  @Test func helpNamesEveryOptionAndExitCode() throws {
    let place = try Workplace()
    let root = try place.rnn()
    #expect(root.status == 0)
    for name in [
      "train", "sample", "evaluate", "forecast", "classify", "run", "export", "import", "inspect", "gradcheck",
    ] {
      #expect(root.text.contains("  \(name) "))
      let help = try place.rnn(name, "--help")
      #expect(help.status == 0 && help.errors.isEmpty)
      #expect(help.text.contains("USAGE: rnn \(name)"))
    }
    for name in ["forecast", "classify"] {
      for subcommand in ["train", "evaluate", "predict"] {
        let help = try place.rnn(name, subcommand, "--help")
        #expect(help.status == 0 && help.text.contains("USAGE: rnn \(name) \(subcommand)"))
      }
    }
    let help = try place.rnn("train", "--help").text
    for code in ["  0  ", "  1  ", "  3  ", "  64  ", "  130  ", "  143  "] { #expect(help.contains(code)) }
    for option in [
      "text", "extension", "bytes", "validation-fraction", "cell", "hidden-size", "layers", "embedding-size", "dropout",
      "head-dropout", "patience",
      "init", "forget-bias", "optimizer", "learning-rate", "schedule", "clip-norm", "clip-value", "batch-size",
      "sequence-length", "epochs", "steps", "seed", "threads", "checkpoint", "save-every", "log",
    ] { #expect(help.contains("  --\(option)"), "\(option)") }
  }
}
