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

  /// Whoever finds the fault: the parser, a command before it reads its files or after, or the guard of files.
  @Test(arguments: [
    ("train", ["--text", "t.txt", "--cell", "x"]), ("train", ["--text", "t.txt", "--log", "model.safetensors"]),
    ("train", ["--text", "-", "t.txt", "-"]), ("sample", ["m.st", "--top-k", "0"]), ("evaluate", ["m.st"]),
    ("forecast train", ["t.csv", "--window", "0"]), ("forecast train", ["t.csv", "--log", "model.safetensors"]),
    ("forecast predict", ["f.st", "-", "--plot", ""]), ("forecast predict", ["-", "-"]),
    ("forecast predict", ["f.st", "t.csv", "--output", "x", "--plot", "./x"]), ("forecast evaluate", ["f.st"]),
    ("classify train", ["t.csv"]), ("classify train", ["t.csv", "--label-column", "y"]),
    ("classify train", ["t.ts", "--label-column", "y"]), ("classify train", ["t.ts", "--per-step"]),
    ("classify evaluate", ["c.st", "t.csv"]), ("classify predict", ["c.st", "t.csv"]),
    ("run", ["m.onnx", "--input", "x.npy", "--output", "o.npy", "--batch-first"]), ("run", ["m.st"]),
    ("run", ["m.st", "--input", "t.csv", "--output", "o.npy"]), ("export", ["m.st", "x.y"]),
    ("import", ["m.onnx", "n.st", "--cell", "gru"]),
    ("import", ["m.onnx", "n.st", "--symbols", "a", "--vocabulary", "b"]),
    ("inspect", []), ("gradcheck", ["--steps", "1"]),
  ])
  func helpIsThatOfTheCommand(command: String, options: [String]) throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try place.write("x,y\n" + (0..<60).map { "\($0 % 7),\($0 % 2)\n" }.joined(), to: "t.csv")
    try place.write("@classLabel true 0 1\n@data\n1,2:0\n2,1:1\n3,4:0\n5,1:1\n", to: "t.ts")
    let small = ["--epochs", "1", "--hidden-size", "3", "--threads", "1"]
    if options.first?.hasPrefix("m.") == true {
      try #require(
        try place.rnn(["train", "--text", "t.txt", "--steps", "1", "--checkpoint", "m.st"] + tiny).status == 0)
      try #require(try place.rnn("export", "m.st", "m.onnx").status == 0)
    }
    if options.first == "c.st" {
      try #require(try place.rnn(["classify", "train", "t.ts", "--checkpoint", "c.st"] + small).status == 0)
    }
    try place.write("x", to: "x.npy")
    let outcome = try place.rnn(command.split(separator: " ").map(String.init) + options)
    expectFailure(outcome, 64, "(see 'rnn \(command) --help')")
  }

  @Test("A command that there is none of is the fault, not what follows it")
  func noSuchCommand() throws {
    let place = try Workplace()
    for (arguments, parts) in [
      (["trian", "--text", "t.txt"], ["'rnn' has no command 'trian'", "'train'?", "(see 'rnn --help')"]),
      (["Train", "--text", "t.txt"], ["'Train'", "Did you mean 'train'?"]),
      (["forecast", "predcit", "m", "--horizon", "3"], ["'rnn forecast' has no command 'predcit'", "'predict'?"]),
      (["classify", "x"], ["There are train, evaluate, predict.", "rnn classify --help"]),
      (["help", "smaple"], ["'sample'?"]), ([""], ["has no command ''"]),
    ] {
      let outcome = try place.rnn(arguments)
      for part in parts { expectFailure(outcome, 64, part) }
    }
    for arguments in [["help"], ["help", "train"], ["help", "forecast", "train"], ["forecast"], ["-h"]] {
      #expect(try place.rnn(arguments).status == 0)
    }
  }

  @Test("One dash in place of two does not ask for help")
  func oneDash() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    for option in ["-hidden-size", "-head-dropout", "-horizon", "-hh"] {
      expectFailure(try place.rnn("train", "--text", "text.txt", option, "4"), 64, "'\(option)'", "two dashes")
    }
    #expect(try place.rnn("train", "-h").status == 0)
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
