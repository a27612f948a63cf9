import Foundation
import Testing

/// A table and where it is wrong: the line, the column by name, and what is the matter there.
struct FaultyTable: CustomTestStringConvertible, Sendable {
  let name: String
  let text: [UInt8]
  let parts: [String]

  init(_ name: String, _ text: String, _ parts: String...) {
    (self.name, self.text, self.parts) = (name, Array(text.utf8), parts)
  }

  init(_ name: String, bytes: [UInt8], _ parts: String...) { (self.name, text, self.parts) = (name, bytes, parts) }

  var testDescription: String { name }
}

/// Reading tables, seen through `rnn forecast`.
struct TableTests {
  static let faulty = [
    FaultyTable("empty", "", "t.csv: the file is empty"),
    FaultyTable("blank", "\n  \r\n\t\n", "t.csv: the file is empty"),
    FaultyTable("only a byte order mark", "\u{FEFF}", "the file is empty"),
    FaultyTable("only names", "a,b\n", "t.csv: there is no data"),
    FaultyTable("only names and empty lines", "a,b\r\n\r\n\r\n", "there is no data"),
    FaultyTable("no names", "1,2\n3,4\n", "line 1: expected the names"),
    FaultyTable("a column without name", "a,,c\n1,2,3\n", "line 1: column 2 has no name"),
    FaultyTable("a name twice", "a,b,\"a\"\n1,2,3\n", "line 1, column \"a\": the name of column 1 comes a second time"),
    FaultyTable("a short row", "a,b\n1,2\n3\n4,5\n", "line 3: 1 field where there are 2 columns"),
    FaultyTable("a long row", "a,b\n1,2\n3,4,5\n", "line 3: 3 fields where there are 2 columns"),
    FaultyTable("a field after a separator at the end", "a,b,\n1,2,\n3,4,5\n", "line 1: column 3 has no name"),
    FaultyTable("an empty line", "a,b\n1,2\n\n3,4\n", "line 3: an empty line"),
    FaultyTable("text", "a,b\n1,2\n3,four\n", "line 3, column \"b\": \"four\" is not a number"),
    FaultyTable("two decimal marks", "a;b\n1;2.5\n3;4,5\n", "line 3, column \"b\": \"4,5\"", "--decimal"),
    FaultyTable("a comma of two meanings", "a;b\n1;2\n3;1,234\n", "line 3, column \"b\": \"1,234\"", "--decimal"),
    FaultyTable(
      "points that set nothing apart", "a,b\n1,2\n3,1.2.3\n", "line 3, column \"b\"", "--missing-values 1.2.3"),
    FaultyTable("a blank that looks like none", "a,b\n1,2\n3,4\u{200B}\n", "line 3, column \"b\"", "U+200B"),
    FaultyTable("digits of another script", "a,b\n1,2\n3,\u{0664}\n", "line 3, column \"b\"", "U+0664"),
    FaultyTable("nan as C prints it", "t,b\n1,2\n2,-nan\n3,4\n", "column \"b\": a value is missing, in line 3"),
    FaultyTable("a hexadecimal number", "a,b\n1,2\n3,0x10\n", "line 3, column \"b\": \"0x10\" is not a number"),
    FaultyTable("infinity", "a,b\n1,2\n3,-inf\n", "line 3, column \"b\": \"-inf\" is not a finite number"),
    FaultyTable("a number too large", "a,b\n1,2\n3,1e999\n", "line 3, column \"b\": \"1e999\" is not a finite number"),
    FaultyTable(
      "a number beyond a Float", "a,b\n1,2\n3,-1e300\n", "line 3, column \"b\": \"-1e300\" is beyond", "1e38"),
    FaultyTable("an open quote", "a,b\n1,2\n3,\"4\n5,6\n", "line 3, column \"b\": the quoted field that begins here"),
    FaultyTable("text after a quote", "a,b\n1,\"2\"x\n", "line 2, column \"b\": text after the end"),
    FaultyTable("a quote inside", "a,b\n1,2\"3\n", "line 2, column \"b\": a quote inside"),
    FaultyTable(
      "line ends in quotes are lines", "\"a\nname\",b\n\"\r\n\r2\",1\n3,x\n", "line 6, column \"b\": \"x\" is not"),
    FaultyTable("Latin-1", bytes: Array("a,b\n1,2\n3,caf".utf8) + [0xE9, 0x0A], "line 3: not UTF-8: byte 0xE9"),
    FaultyTable("UTF-16", bytes: [0xFF, 0xFE, 0x61, 0x00], "line 1: not UTF-8", "UTF-16"),
    FaultyTable("one missing", "t,b\n1,2\n2,\n3,4\n", "column \"b\": a value is missing, in line 3", "--missing"),
    FaultyTable(
      "many missing", "t,b\n1,1\n2,NA\n3,n/a\n4,NaN\n5,\n6,null\n7,\"\"\n8,?\n",
      "column \"b\": 7 values are missing, the first in lines 3, 4, 5, 6, 7;"),
    FaultyTable("nothing but text", "a,b\nx,y\n", "t.csv: no column of numbers"),
  ]

  @Test(arguments: faulty) func faults(_ table: FaultyTable) throws {
    let place = try Workplace()
    try Data(table.text).write(to: place.url("t.csv"))
    let outcome = try place.rnn("forecast", "train", "--method", "network", "t.csv", "--epochs", "1")
    expectFailure(outcome, 1, "t.csv")
    for part in table.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    #expect(!place.exists("model.safetensors"))
  }

  @Test func columnsThatAreNotThere() throws {
    let place = try Workplace()
    try place.write("year,spots\n1,2\n2,3\n", to: "t.csv")
    for option in ["--column", "--time-column"] {
      expectFailure(
        try place.rnn("forecast", "train", "--method", "network", "t.csv", option, "sunny"), 1,
        "t.csv, column \"sunny\"", "year, spots")
    }
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "nowhere.csv"), 1, "nowhere.csv: there is no such file")
    expectFailure(try place.rnn("forecast", "train", "--method", "network", "."), 1, "cannot read it")
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "t.csv"), 1, "t.csv: 2 rows are too few",
      "a window of 24")
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "t.csv", "--missing", "drop", "--column", "year"), 1,
      "too few")
    try place.write("t,b,c\n1,,2\n2,3,\n", to: "holes.csv")
    let options = ["--column", "b", "c", "--window", "1"]
    expectFailure(
      try place.rnn(["forecast", "train", "--method", "network", "holes.csv", "--missing", "drop"] + options), 1,
      "every row has a missing")
    try place.write("t,b\n1,\n2,NA\n", to: "none.csv")
    expectFailure(
      try place.rnn(
        "forecast", "train", "--method", "network", "none.csv", "--missing", "interpolate", "--column", "b"), 1,
      "column \"b\": every value is missing")
  }

  /// The same numbers in many guises give the same model, byte for byte.
  @Test func guises() throws {
    let place = try Workplace()
    let values = (0..<40).map { Double($0 % 7) - 2.5 }
    func rows(_ line: (Int, Double) -> String) -> String { values.enumerated().map { line($0, $1) }.joined() }
    let files = [
      ("plain", "day,level\n" + rows { "\($0),\($1)\n" }),
      ("crlf", "\u{FEFF}\"day\",\"level\"\r\n" + rows { "\($0),\"\($1)\"\r\n" }),
      ("cr", "day,level\r" + rows { "\($0),\($1)\r" }),
      ("blanks", " day , level\n" + rows { "\($0) ,\t\($1) \n" } + "\n \n\n"),
      ("semicolon", "day;level\n" + rows { "\($0);+\($1 < 0 ? "" : "0")\($1)\n".replacing("+-", with: "-") }),
      ("tab", "day\tlevel\n" + rows { "\($0)\t\($1)\n" }),
      ("bar, no last line end", String(("day|level\n" + rows { "\($0)|\($1)\n" }).dropLast())),
      ("exponents", "day,level\n" + rows { "\($0),\($1 * 10)e-1\n" }),
    ]
    var models: [Data] = []
    for (name, text) in files {
      try place.write(text, to: "t.csv")
      let outcome = try place.rnn(
        "forecast", "train", "--method", "network", "t.csv", "--epochs", "2", "--window", "6", "--hidden-size", "3",
        "--threads", "1")
      #expect(outcome.status == 0, "\(name): \(outcome.errors)")
      models.append(try place.data("model.safetensors"))
    }
    for (index, model) in models.enumerated() { #expect(model == models[0], "\(files[index].0)") }
    // A separator that is given is taken, also where another one is more frequent.
    try place.write("day,level:x\n" + rows { "\($0),0:\($1)\n" }, to: "t.csv")
    let options = ["--epochs", "1", "--window", "6", "--hidden-size", "3"]
    let separated = try place.rnn(
      ["forecast", "train", "--method", "network", "t.csv", "--separator", ":", "--column", "x"] + options)
    #expect(separated.status == 0, "\(separated.errors)")
  }

  /// Of separators that are equally frequent the first of comma, semicolon, tab and bar is meant.
  @Test(arguments: [
    ("a;b\tc\n1;2\t3\n", "a, b\tc"), ("a\tb|c\n1\t2|3\n", "a, b|c"), ("a;b|c\n1;2|3\n", "a, b|c"),
    ("a,b|c\n1,2|3\n", "a, b|c"), ("a|b;c;d\n1|2;3;4\n", "a|b, c, d"),
  ])
  func separatorsThatAreEquallyFrequent(text: String, columns: String) throws {
    let place = try Workplace()
    try place.write(text, to: "t.csv")
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "t.csv", "--column", "none"), 1,
      "there are \(columns.replacing("\t", with: "\\u{9}"))")
  }

  @Test(arguments: ["", "ab", "\"", "7", ".", "é"]) func separators(_ separator: String) throws {
    let place = try Workplace()
    try place.write("a,b\n1,2\n", to: "t.csv")
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "t.csv", "--separator", separator), 64, "--separator",
      "one character")
  }
}
