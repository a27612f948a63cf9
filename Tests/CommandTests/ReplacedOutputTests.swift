import Foundation
import Testing

/// What becomes of a file that stands where an output is to go: one rule for all commands.
struct ReplacedOutputTests {
  /// Models of every kind, a short table, and somebody's files of other kinds.
  private func workplace() throws -> Workplace {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try place.write("t,x\n" + (0..<24).map { "\($0),\($0 * 3 % 7)\n" }.joined(), to: "t.csv")
    let rows = (0..<12).flatMap { item in (0..<3).map { "\(item),\(item % 2 + $0),\(item % 2)\n" } }
    try place.write("id,x,y\n" + rows.joined(), to: "c.csv")
    let trainings = [
      ["train", "--text", "t.txt", "--steps", "2", "--checkpoint", "text.st"] + tiny,
      ["forecast", "train", "t.csv", "--column", "x", "--horizon", "2", "--checkpoint", "f.st"],
      ["reservoir", "train", "t.csv", "--column", "x", "--units", "8", "--checkpoint", "r.st", "--sums", "r.sums"],
      [
        "classify", "train", "c.csv", "--sequence-column", "id", "--label-column", "y", "--epochs", "1",
        "--hidden-size", "3", "--checkpoint", "c.st",
      ],
    ]
    for training in trainings {
      let outcome = try place.rnn(training)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    try place.write("An essay, which took months.\n\nOf two parts.\n", to: "essay.txt")
    try place.write("name;price\npen;1,5\nink;2\n", to: "prices.csv")
    try place.write("{\"port\": 8080}\n", to: "config.json")
    try place.write(
      "<?xml version=\"1.0\"?>\n<!-- mine -->\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n", to: "d.svg")
    try place.write("<!doctype html>\n<p>mine", to: "p.html")
    try place.write("[{\"t\": 1}]\n", to: "o.json")
    try place.write("{\"step\":1,\"epoch\":1,\"training_loss\":2.5}\n", to: "l.jsonl")
    return place
  }

  private static let standing = [
    "text.st", "f.st", "r.st", "c.st", "r.sums", "essay.txt", "prices.csv", "config.json", "d.svg", "p.html", "o.json",
    "l.jsonl",
  ]

  @Test("Outputs replace files of their own kind, and no others")
  func kinds() throws {
    let place = try workplace()
    let classes = ["--sequence-column", "id", "--label-column", "y"]
    let commands: [(arguments: [String], replaces: [String])] = [
      (["forecast", "predict", "f.st", "t.csv", "--output", "%"], ["prices.csv"]),
      (["forecast", "predict", "f.st", "t.csv", "--json", "--output", "%"], ["o.json"]),
      (["forecast", "predict", "f.st", "t.csv", "--plot", "%"], ["d.svg"]),
      (["forecast", "backtest", "t.csv", "--horizon", "2", "--origins", "1", "--plot", "%"], ["d.svg"]),
      (["forecast", "update", "f.st", "t.csv", "--output", "%"], ["r.st"]),
      (["reservoir", "predict", "r.st", "t.csv", "--output", "%"], ["prices.csv"]),
      (["reservoir", "generate", "r.st", "t.csv", "--steps", "3", "--output", "%"], ["prices.csv"]),
      (
        ["reservoir", "train", "t.csv", "--column", "x", "--units", "9", "--checkpoint", "n.st", "--sums", "%"],
        ["r.sums"]
      ),
      (["classify", "predict", "c.st", "c.csv", "--output", "%"] + classes.prefix(2), ["prices.csv"]),
      (["refit", "c.st", "c.csv", "--output", "%"] + classes, []),
      (["refit", "r.st", "t.csv", "--output", "%"], ["f.st"]),
      (["compress", "text.st", "%", "--rank", "2", "--text", "t.txt"], []),
      (["quantize", "text.st", "%", "--precision", "int8"], []),
      (["export", "text.st", "%", "--format", "safetensors"], []),
      (["export", "text.st", "%", "--format", "onnx"], []),
      (["diagnose", "text.st", "--text", "t.txt", "--steps", "20", "--report", "%"], ["p.html"]),
      (["train", "--text", "t.txt", "--steps", "1", "--checkpoint", "n.st", "--log", "%"] + tiny, ["l.jsonl"]),
      (["train", "--text", "t.txt", "--steps", "1", "--checkpoint", "n.st", "--report", "%"] + tiny, ["p.html"]),
    ]
    for (number, (arguments, replaced)) in commands.enumerated() {
      // Some of them for each command: all kinds come up.
      for (index, name) in Self.standing.enumerated()
      where !arguments.contains(name) && !replaced.contains(name) && (index + number) % 5 == 0 {
        let before = try place.data(name)
        let outcome = try place.rnn(arguments.map { $0 == "%" ? name : $0 })
        #expect(outcome.status == 1, "\(arguments) over \(name): \(outcome.errors)")
        let line = outcome.errors.split(separator: "\n").last ?? ""
        #expect(
          line.hasPrefix("rnn: error: \(name) is ")
            && line.hasSuffix("does not replace: name another file, or remove it"),
          "\(arguments) over \(name): \(outcome.errors)")
        #expect(try place.data(name) == before, "\(arguments) over \(name)")
      }
      for name in replaced {
        let before = try place.data(name)
        let outcome = try place.rnn(arguments.map { $0 == "%" ? name : $0 })
        #expect(outcome.status == 0, "\(arguments) over \(name): \(outcome.errors)")
        #expect(try place.data(name) != before, "\(arguments) over \(name)")
        try before.write(to: place.url(name))
      }
      // What is empty, and what it wrote itself where nothing else is replaced.
      try place.write("", to: "own")
      for _ in 0..<(replaced.isEmpty ? 2 : 1) {
        let outcome = try place.rnn(arguments.map { $0 == "%" ? "own" : $0 })
        #expect(outcome.status == 0, "\(arguments) twice: \(outcome.errors)")
      }
      try FileManager.default.removeItem(at: place.url("own"))
      try? FileManager.default.removeItem(at: place.url("n.st"))
    }
  }

  @Test("A directory is refused before any work")
  func directories() throws {
    let place = try workplace()
    try FileManager.default.createDirectory(at: place.url("d"), withIntermediateDirectories: true)
    let outcome = try place.rnn("forecast", "predict", "f.st", "nothing.csv", "--plot", "d")
    expectFailure(outcome, 1, "d", "it is a directory")
  }

  @Test("Two updates of one forecaster: the second waits for its turn, by being told so")
  func locks() throws {
    let place = try workplace()
    try place.write("t,x\n24,3\n", to: "new.csv")
    let outcome = try place.shell(
      """
      mkfifo p; $RNN forecast update f.st p > first 2>&1 & first=$!
      exec 9> p
      tries=0; until [ -e .f.st.lock ] || [ $tries = 100 ]; do sleep 0.1; tries=$((tries + 1)); done
      $RNN forecast update f.st new.csv; echo "second $?"
      $RNN forecast train t.csv --column x --horizon 2 --checkpoint f.st; echo "third $?"
      cat new.csv >&9; exec 9>&-; wait $first; echo "first $?"; ls -A
      """)
    for text in ["second 1", "third 1", "first 0"] { #expect(outcome.text.contains(text), "\(outcome.text)") }
    #expect(outcome.errors.components(separatedBy: "being written by process ").count >= 2, "\(outcome.errors)")
    #expect(!outcome.text.contains(".lock"), "\(outcome.text)")
    #expect(try place.rnn("inspect", "f.st").text.contains("25"))
  }

  @Test("Models come from pipes, and are read once")
  func pipes() throws {
    let place = try workplace()
    for command in [
      "cat f.st | $RNN forecast predict - t.csv", "cat f.st | $RNN inspect -",
      "cat f.st | $RNN forecast update - t.csv --output g.st", "cat r.st | $RNN forecast predict - t.csv",
      "cat r.st | $RNN refit - t.csv", "cat text.st | $RNN refit - t.txt",
      "cat text.st | $RNN compress - g2.st --rank 2 --text t.txt", "$RNN forecast predict - t.csv < f.st",
    ] {
      let outcome = try place.shell(command)
      #expect(outcome.status == 0, "\(command): \(outcome.errors)")
    }
    expectFailure(try place.shell("cat f.st | $RNN forecast update - t.csv"), 64, "give --output")
  }

  @Test("What is for networks says that a combined forecaster is none")
  func forecasters() throws {
    let place = try workplace()
    for arguments in [
      ["diagnose", "f.st", "--table", "t.csv"], ["export", "f.st", "e.onnx"],
      ["compress", "f.st", "s.st", "--rank", "1", "--table", "t.csv"],
      ["quantize", "f.st", "s.st", "--precision", "int8"], ["refit", "f.st", "t.csv"], ["sample", "f.st"],
      ["import", "f.st", "s.st"], ["classify", "predict", "f.st", "c.csv", "--sequence-column", "id"],
      ["run", "f.st", "--input", "x.npy", "--output", "y.npy"],
    ] {
      expectFailure(try place.rnn(arguments), 1, "f.st is a combined forecaster", "rnn forecast predict")
    }
    let text = try place.rnn("inspect", "f.st").text
    #expect(text.contains("combined forecaster") && text.contains("column") && text.contains("up to 2"), "\(text)")
    #expect(try place.rnn("inspect", "f.st", "--json").json()["horizon"] as? Int == 2)
    expectFailure(
      try place.rnn("forecast", "update", "r.st", "t.csv"), 1, "no combined forecaster", "a model of series")
  }
}
