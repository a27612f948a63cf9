import Foundation
import Testing

/// What is drawn on a terminal, and what is not drawn elsewhere.
struct TerminalTests {
  private static let script = "/usr/bin/script"

  @Test func noEscapeCodesWithoutATerminal() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    let outcome = try place.rnn(["train", "--text", "text.txt", "--epochs", "2"] + tiny)
    #expect(outcome.status == 0)
    #expect(!outcome.errors.contains("\u{1B}") && !outcome.errors.contains("\r"))
    let failed = try place.rnn("train", "--text", "nowhere.txt")
    #expect(!failed.errors.contains("\u{1B}"))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: script)), arguments: [true, false])
  func barOnATerminal(colored: Bool) throws {
    let place = try Workplace()
    try place.write(sampleText(words: 4000), to: "text.txt")
    let options = ["train", "--text", "text.txt", "--epochs", "5"] + tiny
    let command = ["stty cols 72;", "'\(Workplace.command.path)'"] + options
    let outcome = try place.run(
      Self.script, ["-qec", command.joined(separator: " "), "/dev/null"],
      environment: ["NO_COLOR": colored ? "" : "1", "TERM": "xterm"])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("\u{1B}") == colored)
    let frames = outcome.text.split(separator: "\n").flatMap { $0.split(separator: "\r") }.filter { $0.contains("% ") }
    #expect(!frames.isEmpty, "\(outcome.text)")
    for frame in frames where !colored { #expect(frame.count < 72, "\(frame)") }
    // The bar leaves nothing behind: every line that stays is whole.
    let lines = outcome.text.split(separator: "\r\n")
    #expect(lines.count { $0.contains("epoch 5/5  training loss") } == 1)
  }
}
