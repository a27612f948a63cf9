import Foundation
import Testing

/// Names, labels and paths of others: a terminal gets nothing of them that would act there; files and pipes get them as
/// they are.
struct ForeignTextTests {
  private static let script = "/usr/bin/script"
  private static let columns = ["--sequence-column", "id", "--label-column", "y"]
  private static let label = "\u{1B}[31mred\u{1B}[0m"

  private func trained(_ label: String) throws -> Workplace {
    let place = try Workplace()
    let quoted = "\"" + label + "\""
    let rows = (0..<30).flatMap { item in
      (0..<4).map { _ in "s\(item),\(item % 2 * 4 - 2),\(item % 2 == 0 ? quoted : "b")\n" }
    }
    try place.write("id,x,y\n" + rows.joined(), to: "t.csv")
    let outcome = try place.rnn(
      ["classify", "train", "t.csv", "--epochs", "30", "--learning-rate", "0.05", "--threads", "1"] + Self.columns)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(!outcome.text.contains(label) && !outcome.errors.contains("\u{1B}"), "\(outcome.text)")
    return place
  }

  @Test(arguments: [label, "a\nb", "\u{202E}abc", "a\u{7F}\u{9B}2J", "\u{7}\r"])
  func labels(label: String) throws {
    let place = try trained(label)
    let evaluated = try place.rnn(["classify", "evaluate", "model.safetensors", "t.csv"] + Self.columns)
    #expect(evaluated.text.contains("\\u{") && !evaluated.text.contains(label), "\(evaluated.text)")
    // A row for each true class, whatever is in its name.
    #expect(evaluated.text.split(separator: "\n").count == 7, "\(evaluated.text)")
    // Data: as they are, quoted where CSV asks for it.
    let predicted = try place.rnn(["classify", "predict", "model.safetensors", "t.csv"] + Self.columns)
    let needsQuotes = label.contains("\n") || label.contains("\r")
    #expect(predicted.text.contains(needsQuotes ? ",\"\(label)\"," : ",\(label),"), "\(predicted.text)")
    // An unknown label in a message.
    try place.write("id,x,y\ns,1,\"no\u{1B}[2J\"\n", to: "o.csv")
    let unknown = try place.rnn(["classify", "evaluate", "model.safetensors", "o.csv"] + Self.columns)
    expectFailure(unknown, 1, "no\\u{1B}[2J")
    #expect(!unknown.errors.contains("\u{1B}") && unknown.errors.split(separator: "\n").count == 1)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: script)))
  func predictionsOnATerminal() throws {
    let place = try trained(Self.label)
    let command = (["'\(Workplace.command.path)'", "classify", "predict", "model.safetensors", "t.csv"] + Self.columns)
    let outcome = try place.run(
      Self.script, ["-qec", command.joined(separator: " "), "/dev/null"], environment: ["NO_COLOR": "1"])
    #expect(outcome.text.contains("\\u{1B}[31mred") && !outcome.text.contains("\u{1B}["), "\(outcome.text)")
  }

  @Test(arguments: ["a\u{1B}[2J.st", "a\nb.st", "\u{9B}c.st"]) func paths(name: String) throws {
    let outcome = try Workplace().rnn("inspect", name)
    expectFailure(outcome, 1, "\\u{")
    #expect(!outcome.errors.contains(name) && outcome.errors.split(separator: "\n").count == 1)
  }

  @Test func columns() throws {
    let place = try Workplace()
    try place.write("\u{1B}[31mx\n" + (0..<40).map { "\($0 % 7)\n" }.joined(), to: "t.csv")
    let outcome = try place.rnn(
      "forecast", "train", "--method", "network", "t.csv", "--window", "4", "--epochs", "1", "--hidden-size", "2",
      "--threads", "1")
    #expect(outcome.status == 0 && !(outcome.text + outcome.errors).contains("\u{1B}"), "\(outcome.text)")
    let drawn = try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--plot", "-")
    #expect(!drawn.errors.contains("\u{1B}") && drawn.text.contains("\u{1B}"))
  }
}
