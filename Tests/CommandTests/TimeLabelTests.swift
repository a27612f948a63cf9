import Foundation
import Testing

/// What the steps after a table's end are called.
struct TimeLabelTests {
  private func labels(_ known: [String], count: Int = 3) throws -> [String] {
    let place = try Workplace()
    // The labels stand at the end of a table long enough to be learnt from.
    try place.write("t,x\n" + known.enumerated().map { "\($1),\($0 % 3)\n" }.joined(), to: "t.csv")
    let trained = try place.rnn(
      "forecast", "train", "--method", "network", "t.csv", "--time-column", "t", "--column", "x", "--window", "1",
      "--epochs", "1",
      "--hidden-size", "2", "--test", "0", "--validation", "0", "--threads", "1")
    try #require(trained.status == 0, "\(trained.errors)")
    let outcome = try place.rnn(
      "forecast", "predict", "model.safetensors", "t.csv", "--time-column", "t", "--horizon", "\(count)")
    return outcome.text.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "," }) }
  }

  /// A month without the day is called by its last.
  @Test(arguments: [
    (["2000-11-29", "2000-12-29", "2001-01-29"], ["2001-02-28", "2001-03-29", "2001-04-29"]),
    (["2003-11-29", "2003-12-29", "2004-01-29"], ["2004-02-29", "2004-03-29", "2004-04-29"]),
    (["1999-11-30", "1999-12-30", "2000-01-30"], ["2000-02-29", "2000-03-30", "2000-04-30"]),
    (["2100-01-30", "2100-02-28", "2100-03-30"], ["2100-04-30", "2100-05-30", "2100-06-30"]),
    (["2000-10-31", "2000-11-30", "2000-12-31"], ["2001-01-31", "2001-02-28", "2001-03-31"]),
    (["20000531", "20000831", "20001130"], ["20010228", "20010531", "20010831"]),
    (["2000-02-29", "2001-02-28", "2002-02-28"], ["2003-02-28", "2004-02-29", "2005-02-28"]),
    (["2001-12-31", "2002-12-31", "2003-12-31"], ["2004-12-31", "2005-12-31", "2006-12-31"]),
    // Of as many days each, as it happens.
    (["2001-01-01", "2002-01-01", "2003-01-01"], ["2004-01-01", "2005-01-01", "2006-01-01"]),
    (["2001-07-01", "2001-08-01", "2001-09-01"], ["2001-10-01", "2001-11-01", "2001-12-01"]),
    // Days, no months.
    (["2004-02-26", "2004-02-27", "2004-02-28"], ["2004-02-29", "2004-03-01", "2004-03-02"]),
    (["2001-01-01", "2001-01-29", "2001-02-26"], ["2001-03-26", "2001-04-23", "2001-05-21"]),
    // Dates that do not exist are no dates.
    (["2001-01-29", "2001-02-29", "2001-03-29"], ["+1", "+2", "+3"]),
  ])
  func calendar(known: [String], next: [String]) throws { #expect(try labels(known) == next) }

  /// Whole numbers stay what they are, however large; others have the decimals of the column.
  @Test(arguments: [
    (["1700000000000000001", "1700000001000000001", "1700000002000000001"], ["1700000003000000001"]),
    (["1e3", "2e3", "3e3"], ["4000"]), (["0.1", "0.2", "0.3"], ["0.4"]),
    (["1000000000.1", "1000000000.2", "1000000000.3"], ["1000000000.4"]),
    (["9223372036854775805", "9223372036854775806", "9223372036854775807"], ["+1"]),
  ])
  func numbers(known: [String], next: [String]) throws { #expect(try labels(known, count: 1) == next) }

  /// What is settled without being asked is said, what is refused names its cure, and options say what is not seen.
  @Test func tablesAsPeopleHaveThem() throws {
    let place = try Workplace()
    let options = ["--window", "1", "--epochs", "1", "--hidden-size", "2", "--threads", "1"]
    func train(_ text: String, _ more: String...) throws -> Outcome {
      try place.write(text, to: "t.csv")
      return try place.rnn(["forecast", "train", "t.csv", "--method", "network"] + options + more)
    }
    let days = (1...28).map { "2020-02-\($0 < 10 ? "0" : "")\($0)" }
    let excel = try train("sep=;\nTag;Wert;\n" + days.reversed().map { "\($0);1,\($0.suffix(1));\n" }.joined())
    #expect(excel.status == 0, "\(excel.errors)")
    #expect(
      excel.errors.contains("time      newest first: turned round") && excel.errors.contains("decimal commas in Wert"))
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--horizon", "2")
    #expect(predicted.text.hasPrefix("Tag,Wert\n2020-02-29,") && predicted.text.contains("\n2020-03-01,"))

    let gaps = "d,x\n" + days.filter { $0 != days[4] }.map { "\($0),1\n" }.joined()
    expectFailure(try train(gaps), 1, "t.csv, column \"d\": 1 time is missing, 2020-02-05", "--gaps ignore")
    #expect(try train(gaps, "--gaps", "ignore").status == 0 && train(gaps, "--missing", "interpolate").status == 0)
    let double = "d,x\n" + (days + [days[27]]).map { "\($0),1\n" }.joined()
    expectFailure(try train(double), 1, "2020-02-28 is the time of lines 29 and 30", "--duplicates")
    #expect(try train(double, "--duplicates", "last").status == 0)
    let stacked = "d,k,x\n" + ["a", "b"].flatMap { kind in days.map { "\($0),\(kind),1\n" } }.joined()
    expectFailure(try train(stacked), 1, "column \"k\": 2 series stand below each other", "--series")
    #expect(try train(stacked, "--series", "b", "--series-column", "k").status == 0)
    let marked = "d;x\n" + days.map { "\($0);\($0 == days[3] ? "-999" : "1,234")\n" }.joined()
    expectFailure(try train("d;x\n" + days.map { "\($0);1,234\n" }.joined()), 1, "--decimal")
    let read = try train(marked, "--decimal", ",", "--missing-values", "-999", "--missing", "drop", "--frequency", "D")
    #expect(read.status == 0, "\(read.errors)")
    expectFailure(try train("d,x\n2001-01-02,1\n", "--frequency", "fortnight"), 64, "--frequency", "MS")
    expectFailure(try train(marked, "--encoding", "klingon"), 64, "--encoding", "windows-1252")
  }
}
