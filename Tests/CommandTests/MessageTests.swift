import Foundation
import Testing

/// What the commands say, where numbers are one, very small, or in the wrong place.
struct MessageTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write(sampleText(), to: "t.txt")
    try place.write("x\n" + (0..<60).map { "\($0 % 7)\n" }.joined(), to: "t.csv")
    return place
  }

  @Test("One is not several")
  func singular() throws {
    let place = try place()
    try place.write("id,x,y\n1,0,a\n2,1,b\n3,0,a\n", to: "c.csv")
    let columns = ["--sequence-column", "id", "--label-column", "y"]
    let small = ["--epochs", "1", "--hidden-size", "3", "--threads", "1"]
    let outcomes = [
      try place.rnn(["classify", "train", "c.csv", "--validation", "1", "--checkpoint", "c.st"] + columns + small),
      try place.rnn(["classify", "train", "c.csv", "--batch-size", "1", "--checkpoint", "d.st"] + columns + small),
      try place.rnn(["classify", "evaluate", "c.st", "c.csv"] + columns),
      try place.rnn(
        [
          "forecast", "train", "--method", "network", "t.csv", "--window", "1", "--batch-size", "1", "--test", "1",
          "--validation", "1",
        ]
          + small),
      try place.rnn("forecast", "train", "--method", "network", "t.csv", "--horizon", "9", "--test", "1"),
      try place.rnn("train", "--text", "t.txt", "--steps", "1", "--batch-size", "1", "--checkpoint", "m.st"),
      try place.rnn("inspect", "m.st"),
    ]
    for outcome in outcomes {
      let text = outcome.errors + outcome.text
      for match in text.matches(of: /(?:^|[^\d.,])1 ([a-z]+s)\b/) where !["is", "was", "has", "as"].contains(match.1) {
        Issue.record("\(match.0) in \(text)")
      }
    }
    #expect(
      outcomes[0].errors.contains("2 sequences of 1 step to train on, 1 step for validation; 1 feature, 2 classes"))
    #expect(outcomes[5].errors.contains("training  1 step of 1 sequence × "))
  }

  @Test("A small loss keeps its digits")
  func smallLoss() throws {
    let place = try place()
    try place.write("x\n" + (0..<200).map { "\($0 % 2)\n" }.joined(), to: "t.csv")
    let outcome = try place.rnn(
      "forecast", "train", "--method", "network", "t.csv", "--window", "4", "--hidden-size", "8", "--epochs", "120",
      "--patience", "120",
      "--learning-rate", "0.02", "--threads", "1")
    let line = try #require(outcome.errors.split(separator: "\n").first { $0.contains("rnn: saved") })
    let loss = try #require(line.split(separator: "validation loss ").last?.prefix { $0 != ")" })
    #expect(try #require(Double(loss)) < 1e-3 && loss.filter(\.isNumber).count >= 4, "\(outcome.errors)")
    #expect(!outcome.errors.contains("loss 0.0000"), "\(outcome.errors)")
  }

  @Test("A text too short to evaluate is no training's fault")
  func evaluation() throws {
    let place = try place()
    try #require(
      try place.rnn(["train", "--text", "t.txt", "--steps", "1", "--checkpoint", "m.st"] + tiny).status == 0)
    try place.write("a", to: "a.txt")
    let outcome = try place.rnn("evaluate", "m.st", "--text", "a.txt")
    expectFailure(outcome, 1, "1 character of the text is too few to evaluate")
    #expect(!outcome.errors.contains("batch"))
  }

  @Test("Sequences that are none: what is wanted, as a fault of the command line where the name is wrong already")
  func sequences() throws {
    let place = try place()
    try #require(
      try place.rnn(["train", "--text", "t.txt", "--steps", "1", "--checkpoint", "m.st"] + tiny).status == 0)
    for (file, status) in [("t.csv", 64), ("t.txt", 64), ("x.npy", 1), ("x.npz", 1), ("no.csv", 1)] as [(String, Int32)]
    {
      if file.hasPrefix("x.") { try place.write("1,2\n3,4\n", to: file) }
      let outcome = try place.rnn("run", "m.st", "--input", file, "--output", "o.npy")
      expectFailure(outcome, status, file)
      if status == 64 { expectFailure(outcome, 64, "--input", ".safetensors, .npz or .npy", "see 'rnn run --help'") }
      #expect(!place.exists("o.npy"))
    }
  }
}
