import Foundation
import Testing

/// No output of a command is a file that it reads, or another of its outputs, by whatever path or link. Everything is as it was.
struct FileConflictTests {
  /// A model, tables, links, and what to train on.
  private func workplace() throws -> Workplace {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try place.write("x,id,l\n" + (0..<80).map { "\($0 * $0 % 37),\($0 / 4),\($0 / 4 % 2)\n" }.joined(), to: "t.csv")
    try #require(
      try place.rnn(["train", "--text", "t.txt", "--steps", "3", "--save-every", "1", "--checkpoint", "m.st"] + tiny)
        .status == 0)
    try #require(
      try place.rnn(
        "forecast", "train", "--method", "network", "t.csv", "--column", "x", "--checkpoint", "f.st", "--epochs", "1",
        "--window", "4",
        "--hidden-size", "4"
      ).status == 0)
    try FileManager.default.createDirectory(at: place.url("d/e"), withIntermediateDirectories: true)
    try place.write(sampleText(), to: "d/a.txt")
    try place.write(sampleText(), to: "d/e/b.txt")
    for name in ["t.txt", "t.csv", "m.st", "f.st"] {
      try FileManager.default.linkItem(at: place.url(name), to: place.url("hard-\(name)"))
      try FileManager.default.createSymbolicLink(atPath: place.url("soft-\(name)").path, withDestinationPath: name)
    }
    return place
  }

  private func state(_ place: Workplace) throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: place.directory.path)
    return Dictionary(
      uniqueKeysWithValues: names.filter { ![".output", ".errors"].contains($0) }.map {
        ($0, (try? place.data($0)) ?? Data())
      })
  }

  /// The first holds its output while it waits for its input.
  @Test(arguments: ["run m.st --input % --output o.npy", "forecast predict f.st % --output o.npy", "import % o.npy"])
  func twoAtOnce(command: String) throws {
    let place = try workplace()
    try #require(try place.rnn("export", "m.st", "e.safetensors").status == 0)
    let outcome = try place.shell(
      """
      mkfifo p; $RNN \(command.replacing("%", with: "p")) > first 2>&1 & first=$!
      exec 9> p
      tries=0; until [ -e .o.npy.lock ] || [ $tries = 100 ]; do sleep 0.1; tries=$((tries + 1)); done
      $RNN forecast predict f.st t.csv --output o.npy; echo "second $?"
      $RNN export m.st ./o.npy --format keras; echo "third $?"
      $RNN train --text t.txt --steps 1 --checkpoint o.npy; echo "fourth $?"
      exec 9>&-; wait $first; ls -A
      """)
    for number in ["second 1", "third 1", "fourth 1"] { #expect(outcome.text.contains(number), "\(outcome.text)") }
    #expect(
      outcome.errors.components(separatedBy: "o.npy is being written by process ").count == 4, "\(outcome.errors)")
    #expect(!outcome.text.contains(".lock"), "\(outcome.text)")
  }

  @Test func nothingIsOverwritten() throws {
    let place = try workplace()
    let before = try state(place)
    let train = ["train", "--text", "t.txt", "--steps", "2", "--threads", "1"]
    let forecast = ["forecast", "train", "--method", "network", "t.csv", "--column", "x", "--epochs", "1"]
    let predict = ["forecast", "predict", "f.st", "t.csv"]
    let absolute = place.url("t.txt").path
    let cases: [(arguments: [String], status: Int32)] = [
      (train + ["--log", "t.txt"], 1), (train + ["--log", "hard-t.txt"], 1), (train + ["--log", "soft-t.txt"], 1),
      (train + ["--log", absolute], 1), (train + ["--log", "d/../t.txt"], 1),
      (train + ["--checkpoint", "hard-t.txt"], 1),
      (train + ["--init-from", "m.st", "--checkpoint", "n.st", "--log", "m.st"], 1),
      (train + ["--init-from", "m.st", "--checkpoint", "m.st"], 1),
      (train + ["--init-from", "m-best.st", "--checkpoint", "soft-m.st"], 1),
      (train + ["--init-from", "m-step-1.st", "--checkpoint", "m.st"], 1),
      (train + ["--log", "n.st", "--checkpoint", "./n.st"], 64),
      (train + ["--log", "n-best.st", "--checkpoint", "n.st"], 64),
      (train + ["--log", "n-step-9.st", "--checkpoint", "n.st"], 64),
      (train + ["--log", ".n.st.lock", "--checkpoint", "n.st"], 64),
      (["train", "--resume", "m.st", "--steps", "9", "--log", "m.st"], 64),
      (["train", "--resume", "m.st", "--steps", "9", "--checkpoint", "n.st", "--log", "m.st"], 1),
      (["train", "--resume", "m.st", "--steps", "9", "--checkpoint", "n.st", "--log", "m-best.st"], 1),
      (["train", "--resume", "m.st", "--steps", "9", "--log", "t.txt"], 1),
      (["train", "--resume", "m.st", "--steps", "9", "--checkpoint", "soft-t.txt"], 1),
      (["train", "--text", "d", "--steps", "2", "--checkpoint", "d/e/b.txt"] + tiny, 1),
      (["train", "--text", "d", "--steps", "2", "--log", "d/e/../a.txt"] + tiny, 1),
      (["train", "--text", "d", "--steps", "2", "--log", "d/e/new.txt"] + tiny, 1),
      (forecast + ["--log", "soft-t.csv"], 1), (forecast + ["--checkpoint", "hard-t.csv"], 1),
      (["forecast", "train", "--method", "network", "t.csv", "--resume", "f.st", "--log", "hard-f.st"], 64),
      (
        [
          "forecast", "train", "--method", "network", "t.csv", "--resume", "f.st", "--checkpoint", "g.st", "--log",
          "f.st",
        ], 1
      ),
      (predict + ["--output", "soft-t.csv"], 1), (predict + ["--plot", "hard-f.st"], 1),
      (predict + ["--output", "new", "--plot", "d/../new"], 64),
      (predict + ["--output", "-", "--plot", "/dev/stdout"], 64),
      (predict + ["--plot", "/dev/stdout"], 64),
      (["classify", "train", "t.csv", "--validation", "soft-t.txt", "--log", "t.txt"], 1),
      (["classify", "predict", "f.st", "t.csv", "--output", "hard-t.csv"], 1),
      (["export", "m.st", "hard-m.st", "--format", "safetensors"], 1), (["import", "m.st", "soft-m.st"], 1),
      (["import", "m.st", "n.st", "--vocabulary", "-", "--config", "-"], 64),
      (["run", "m.st", "--input", "t.csv", "--output", "-"], 64),
      (["evaluate", "-", "--text", "-"], 64), (["train", "--text", "-", "-"], 64),
    ]
    for (arguments, status) in cases {
      let outcome = try place.rnn(arguments)
      expectFailure(outcome, status)
      #expect(try state(place) == before, "\(arguments)")
    }
  }

  @Test func standardOutputAndErrorCount() throws {
    let place = try workplace()
    for command in [
      "$RNN sample m.st --length 10 >> m.st", "$RNN inspect hard-m.st >> m.st",
      "$RNN evaluate m.st --text t.txt >> soft-t.txt",
      "$RNN train --text t.txt --steps 1 2>> t.txt", "$RNN forecast predict f.st t.csv >> t.csv",
      "$RNN train --text t.txt --steps 1 --checkpoint n.st --log d/a.txt 2>> d/a.txt",
    ] {
      let before = try state(place)
      let outcome = try place.shell(command)
      #expect(outcome.status != 0, "\(command)")
      // What is said of it is all that standard error has gained.
      for (name, data) in try state(place) where before[name] != data {
        let new = String(decoding: data.dropFirst(before[name]?.count ?? 0), as: UTF8.self)
        #expect(
          command.contains("2>>") && new.hasPrefix("rnn: error: ") && new.split(separator: "\n").count == 1,
          "\(command)")
      }
    }
    // Both in one file are as they are wanted.
    #expect(try place.shell("$RNN train --text t.txt --steps 2 --checkpoint n.st --log - > both 2>&1").status == 0)
  }

  @Test func whatIsUnrelatedIsReplaced() throws {
    let place = try workplace()
    for _ in 0..<2 {
      #expect(try place.rnn("forecast", "predict", "f.st", "t.csv", "--output", "out.csv").status == 0)
      #expect(try place.rnn("export", "m.st", "d/e.safetensors").status == 0)
    }
    #expect(try place.rnn("train", "--resume", "soft-m.st", "--steps", "4", "--log", "l").status == 0)
    #expect(try place.rnn("train", "--resume", "m-step-3.st", "--steps", "5").status == 0)
    #expect(try place.rnn("train", "--resume", "m.st", "--steps", "6", "--checkpoint", "n.st").status == 0)
    #expect(
      try place.rnn(["train", "--text", "d/e", "--extension", "txt", "--steps", "1", "--checkpoint", "d/e/m.st"]).status
        == 0)
  }

  /// The checkpoint and the log of a training that runs are its own.
  @Test func whatAnotherProcessWritesIsLeftToIt() async throws {
    let place = try workplace()
    let process = try place.start(
      Workplace.command.path,
      ["train", "--text", "t.txt", "--epochs", "1000000", "--checkpoint", "r.st", "--log", "r.jsonl"] + tiny)
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? place.data("r.jsonl").count) ?? 0 < 1_000 || !place.exists("r.st"), ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    let other = try Workplace()
    func refused(_ arguments: [String], _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
      let paths = arguments.map {
        ["t.txt", "t.csv", "m.st", "f.st", "r.st", "r-best.st", "r.jsonl"].contains($0) ? place.url($0).path : $0
      }
      expectFailure(try other.rnn(paths), 1, name, "another process", sourceLocation: sourceLocation)
    }
    func refusedByNumber(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
      let paths = arguments.map {
        ["t.txt", "t.csv", "m.st", "f.st", "r.st", "r-best.st"].contains($0) ? place.url($0).path : $0
      }
      expectFailure(
        try other.rnn(paths), 1, "is being written by process \(process.processIdentifier)",
        sourceLocation: sourceLocation)
    }
    try refusedByNumber(["train", "--text", "t.txt", "--steps", "1", "--checkpoint", "r.st"])
    try refusedByNumber(["forecast", "train", "--method", "network", "t.csv", "--epochs", "1", "--checkpoint", "r.st"])
    try refusedByNumber(
      ["classify", "train", "t.csv", "--epochs", "1", "--checkpoint", "r.st"] + ["--sequence-column", "id"])
    try refusedByNumber(["export", "m.st", "r.st", "--format", "safetensors"])
    try refusedByNumber(["export", "m.st", "r-best.st", "--format", "keras"])
    try refusedByNumber(["forecast", "predict", "f.st", "t.csv", "--output", "r.st"])
    try refused(["train", "--text", "t.txt", "--steps", "1", "--log", "r.jsonl"], "r.jsonl")
    try refused(["forecast", "predict", "f.st", "t.csv", "--output", "r.jsonl"], "r.jsonl")
    kill(process.processIdentifier, SIGTERM)
    let outcome = try place.finish(process)
    #expect(outcome.status == 143, "\(outcome.errors)")
    #expect(try place.data("r.jsonl").contains(0) == false)
  }
}
