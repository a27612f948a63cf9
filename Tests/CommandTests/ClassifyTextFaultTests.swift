import Foundation
import Testing

/// Texts that `rnn classify` cannot take: one line that names the place and the option that helps.
struct ClassifyTextFaultTests {
  static let faultyTables = [
    FaultyTable(
      "no text column", "text,language\nka,a\nos,b\n", "column \"word\"", "there are text, language", "--text-column"),
    FaultyTable("no label column", "word,lang\nka,a\nos,b\n", "column \"language\"", "--label-column"),
    FaultyTable("no label", "word,language\nka,a\nos,\nma,b\n", "line 3, column \"language\": the label is missing"),
    FaultyTable("an empty text", "word,language\nkaka,a\n\"\",b\nkaos,b\n", "line 3", "the text is empty"),
    FaultyTable("one class", "word,language\nka,a\nos,a\n", "only the class \"a\""),
    FaultyTable("numbers", "word,language\n1,a\n2.5,b\n", "holds numbers, no texts", "--sequence-column"),
    FaultyTable(
      "Latin-1", bytes: Array("word,language\nka,a\n".utf8) + [0xE9, 0x2C, 0x62, 0x0A], "line 3: not UTF-8",
      "--encoding"),
    FaultyTable("a binary file", bytes: [0x7F, 0x45, 0x4C, 0x46, 0, 1, 0, 0xFF, 0xFE, 0x80], "not UTF-8"),
    FaultyTable("ragged", "word,language\nka,a\nos,b,c\n", "line 3"),
  ]

  @Test(arguments: faultyTables) func tables(_ table: FaultyTable) throws {
    let place = try Workplace()
    try Data(table.text).write(to: place.url("t.csv"))
    let outcome = try place.rnn(["classify", "train", "t.csv"] + ClassifyTextTests.columns)
    expectFailure(outcome, 1, "t.csv")
    for part in table.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    #expect(!place.exists("model.safetensors"))
  }

  static let faultyLines = [
    FaultyTable("cut off", "{\"word\": \"ka\", \"language\": \"a\"}\n{\"word\": \"k", "line 2: no JSON", "{\"text\""),
    FaultyTable("an array", "[{\"word\": \"ka\", \"language\": \"a\"}]\n", "line 1", "jq -c"),
    FaultyTable("no member", "{\"text\": \"ka\", \"language\": \"a\"}\n", "line 1, column \"word\"", "--text-column"),
    FaultyTable("no label", "{\"word\": \"ka\"}\n", "line 1, column \"language\"", "--label-column"),
    FaultyTable("null", "{\"word\": \"ka\", \"language\": null}\n", "line 1", "the label is missing"),
    FaultyTable("a number", "{\"word\": 3, \"language\": \"a\"}\n", "line 1", "expected a text in quotes"),
    FaultyTable("nothing", "\n\n", "the file is empty"),
  ]

  @Test(arguments: faultyLines) func jsonLines(_ lines: FaultyTable) throws {
    let place = try Workplace()
    try Data(lines.text).write(to: place.url("t.jsonl"))
    let outcome = try place.rnn(["classify", "train", "t.jsonl"] + ClassifyTextTests.columns)
    expectFailure(outcome, 1, "t.jsonl")
    for part in lines.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
  }

  @Test func folders() throws {
    let place = try Workplace()
    try FileManager.default.createDirectory(at: place.url("d"), withIntermediateDirectories: true)
    try place.write("ka", to: "d/a.txt")
    expectFailure(try place.rnn("classify", "train", "d"), 1, "d: there is no folder in the folder", "--text-column")
    try FileManager.default.createDirectory(at: place.url("d/x"), withIntermediateDirectories: true)
    expectFailure(try place.rnn("classify", "train", "d"), 1, "d/x: there is no file in the folder of this class")
    try place.write("ka", to: "d/x/1.txt")
    try place.write("kaka", to: "d/x/2.txt")
    expectFailure(try place.rnn("classify", "train", "d"), 1, "only the class \"x\"")
    try FileManager.default.createDirectory(at: place.url("d/y"), withIntermediateDirectories: true)
    try Data([0xFF, 0x41]).write(to: place.url("d/y/1.txt"))
    expectFailure(try place.rnn("classify", "train", "d"), 1, "d/y/1.txt", "not UTF-8")
    expectFailure(try place.rnn("classify", "train", "d", "--label-column", "l"), 64, "--label-column", "is for tables")
    expectFailure(try place.rnn("classify", "train", "none"), 1, "none: there is no such file")
    // No output among the texts, neither in the place of one nor beside them.
    try place.write("a,b\n1,2\n", to: "d/y/1.txt")
    for output in ["d/y/1.txt", "d/x/new.html"] {
      expectFailure(try place.rnn("classify", "train", "d", "--epochs", "1", "--report", output), 1, output)
    }
    #expect(try place.data("d/y/1.txt").count == 8 && !place.exists("d/x/new.html"))
  }

  /// Options that do not go together, models and data that do not fit.
  @Test func usage() throws {
    let place = try Workplace()
    try place.write(Words(30, seed: 1).csv, to: "t.csv")
    try place.write("id,x,y\na,1,up\na,2,up\nb,3,down\nc,1,up\n", to: "n.csv")
    let text = ["classify", "train", "t.csv"] + ClassifyTextTests.columns
    for option in [["--feature", "x"], ["--sequence-column", "id"], ["--per-step"]] {
      expectFailure(try place.rnn(text + option), 64, option[0], "--text-column")
    }
    expectFailure(try place.rnn("classify", "train", "t.csv", "--text-column", "word"), 64, "--label-column")
    let numbers = ["classify", "train", "n.csv", "--sequence-column", "id", "--label-column", "y"]
    expectFailure(try place.rnn(numbers + ["--unit", "word"]), 64, "--unit", "--text-column")
    expectFailure(try place.rnn("classify", "train", "t.ts", "--text-column", "word", "--label-column", "y"), 64, ".ts")
    let quick = ["--epochs", "1", "--validation", "0", "--hidden-size", "3", "--threads", "1"]
    #expect(try place.rnn(text + quick).status == 0)
    #expect(try place.rnn(numbers + quick + ["--checkpoint", "n.safetensors"]).status == 0)

    let evaluate = ["classify", "evaluate", "model.safetensors"]
    try place.write("word,language\nkara,ka\nosal,latin\n", to: "u.csv")
    expectFailure(
      try place.rnn(evaluate + ["u.csv"]), 1,
      "u.csv, line 3: the label \"latin\" is none of the model's classes, ka, os, üt")
    expectFailure(
      try place.rnn(evaluate + ["n.csv"]), 1, "n.csv, column \"word\": there is no such column", "--text-column")
    expectFailure(
      try place.rnn("classify", "predict", "model.safetensors", "n.csv"), 1, "n.csv, column \"word\"", "--text-column")
    expectFailure(try place.rnn(evaluate + ["t.csv", "--sequence-column", "id"]), 64, "--sequence-column")
    expectFailure(
      try place.rnn("classify", "evaluate", "n.safetensors", "n.csv", "--text-column", "x"), 64, "--text-column")
    expectFailure(
      try place.rnn("compress", "model.safetensors", "c.safetensors", "--table", "t.csv", "--rank", "2"), 1,
      "classes of texts")
  }

  /// Of a class with one text there is nothing to hold out.
  @Test func oneTextOfAClass() throws {
    let place = try Workplace()
    try place.write("word,language\nka,a\nkami,a\nos,b\n", to: "t.csv")
    let outcome = try place.rnn(
      [
        "classify", "train", "t.csv", "--epochs", "1", "--hidden-size", "3", "--validation", "2", "--minimum-count",
        "1",
      ]
        + ClassifyTextTests.columns)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("1 of 2 texts: the only one of a class is trained on"), "\(outcome.errors)")
  }
}
