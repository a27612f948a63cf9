import Foundation
import Testing

/// Help fits the terminal, and loses nothing on the way.
struct HelpTests {
  private static let commands: [[String]] = [
    [], ["train"], ["sample"], ["evaluate"], ["forecast"], ["forecast", "train"], ["forecast", "evaluate"],
    ["forecast", "predict"], ["forecast", "backtest"], ["forecast", "update"],
    ["classify"], ["classify", "train"], ["classify", "evaluate"], ["classify", "predict"],
    ["translate"], ["translate", "train"], ["translate", "evaluate"], ["translate", "predict"],
    ["run"], ["export"], ["import"], ["inspect"], ["diagnose"], ["gradcheck"],
  ]

  private func help(_ command: [String], columns: Int) throws -> String {
    let outcome = try Workplace().run(
      Workplace.command.path, command + ["--help"], environment: ["COLUMNS": "\(columns)"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    return outcome.text
  }

  @Test(arguments: commands) func fits(command: [String]) throws {
    let wide = try help(command, columns: 1000).filter { !$0.isWhitespace }
    for columns in [20, 40, 60, 80, 200] {
      let text = try help(command, columns: columns)
      for line in text.split(separator: "\n") { #expect(line.count <= columns, "\(columns): \(line)") }
      #expect(text.filter { !$0.isWhitespace } == wide, "\(columns) columns")
    }
  }

  @Test func keepsItsShape() throws {
    let text = try help(["train"], columns: 80)
    for part in [
      "\n  --hidden-size <n>       Hidden units of each layer. (default: 256)\n", "\nEXIT CODES:\n  0    done\n",
      "  --validation-fraction <x>\n                          Share of the text", "\n       failed\n",
    ] { #expect(text.contains(part), "\(part)") }
    #expect(try help(["train"], columns: 40).contains("\n  --hidden-size <n>\n    Hidden units of each layer."))
  }

  /// Scripts for shells are no help.
  @Test func completions() throws {
    let outcome = try Workplace().run(
      Workplace.command.path, ["--generate-completion-script", "bash"], environment: ["COLUMNS": "30"])
    #expect(outcome.status == 0 && outcome.text.hasPrefix("#!") && outcome.text.contains("complete"))
    #expect(try Workplace().rnn("--version").text.split(separator: ".").count == 3)
  }
}
