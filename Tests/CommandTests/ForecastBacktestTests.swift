import Foundation
import Testing

/// `rnn forecast backtest`, and `train`, `predict` and `update` of a combined forecaster.
struct ForecastBacktestTests {
  private func place(_ count: Int = 120) throws -> Workplace {
    let place = try Workplace()
    try place.write(ForecastTests.table(count), to: "t.csv")
    return place
  }

  @Test func measures() throws {
    let place = try place()
    let arguments = ["forecast", "backtest", "t.csv", "--horizon", "6", "--origins", "2", "--networks", "1"]
    let outcome = try place.rnn(arguments + ["--json", "--plot", "p.svg"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("forecasting sales, the first of 2 columns"))
    let json = try outcome.json()
    #expect(json["season"] as? Int == 12 && json["horizon"] as? Int == 6 && json["origins"] as? Int == 2)
    let methods = try #require(json["methods"] as? [[String: Any]])
    #expect(methods.map { $0["name"] as? String } == ["recurrent", "seasonal-naive", "ets", "theta", "ar"])
    for key in ["mae", "rmsse", "crps", "wql", "coverage_80", "width_80", "coverage_95", "width_95", "seconds"] {
      #expect(methods.allSatisfy { $0[key] is Double }, "\(key)")
    }
    #expect(json["origins_better_than_seasonal_naive"] as? Int != nil && !outcome.text.contains("by_horizon"))

    // The seasonal naive's error, computed anew.
    let sales = (0..<120).map { ForecastTests.values($0).0 }
    func step(_ month: Int) -> Double { abs(sales[month] - sales[month - 12]) }
    let scale: Double = (12..<108).map(step).reduce(0, +) / 96
    let error: Double = (108..<120).map(step).reduce(0, +) / 12
    let mase = try #require(methods[1]["mase"] as? Double)
    #expect(abs(mase - error / scale) < 1e-9)
    #expect((methods[0]["mase"] as? Double ?? 9) < (methods[1]["mase"] as? Double ?? 0))
    #expect(String(decoding: try place.data("p.svg"), as: UTF8.self).hasPrefix("<svg"))

    // The same with other threads, but for the time.
    let text = try place.rnn(arguments + ["--threads", "1", "--column", "sales", "--by-horizon"]).text
    let lines = text.split(separator: "\n")
    #expect(
      lines.contains { $0.hasPrefix("recurrent is better than seasonal naive by ") && $0.hasSuffix(" of 2 origins)") })
    #expect(lines.contains("MASE by step ahead") && lines.contains { $0.hasPrefix("6 ") || $0.hasPrefix(" 6 ") })
    #expect(text.contains("sales, 6 steps ahead from 2 origins, season 12"))
    #expect(text.contains("logarithms; ets("))
  }

  @Test func missingValuesAreNotScored() throws {
    let place = try Workplace()
    try place.write(ForecastTests.table(120, holes: [20, 21, 112]), to: "t.csv")
    let outcome = try place.rnn(
      "forecast", "backtest", "t.csv", "--column", "sales", "--horizon", "6", "--origins", "2", "--networks", "0")
    #expect(outcome.status == 0 && outcome.errors.contains("3 missing values interpolated"))
  }

  @Test func refuses() throws {
    let place = try place(20)
    expectFailure(
      try place.rnn("forecast", "backtest", "t.csv", "--horizon", "12", "--origins", "3"), 1, "needs 40 rows")
    expectFailure(try place.rnn("forecast", "backtest", "t.csv", "--column", "none"), 1, "none")
    expectFailure(
      try place.rnn("forecast", "train", "t.csv", "--window", "3"), 64, "--window", "network")
  }

  @Test func levels() throws {
    let place = try place()
    for (levels, part) in [("80,80", "twice"), ("0.9", "a share where percentages are expected: 90"), ("100", "80,95")]
    {
      expectFailure(try place.rnn("forecast", "predict", "m.st", "t.csv", "--level", levels), 64, part)
    }
    for option in ["--time-column", "--series-column", "--index-column"] {
      expectFailure(try place.rnn("forecast", "train", "t.csv", option, "month", option, "month"), 64, "month twice")
    }
  }

  @Test func whatIsSettledIsSaid() throws {
    let place = try Workplace()
    try place.write("t,x\n" + (0..<12).map { "n\($0 * 7 % 12),\($0 * 5 % 7)\n" }.joined(), to: "t.csv")
    let trained = try place.rnn("forecast", "train", "t.csv", "--column", "x", "--horizon", "2", "--season", "9")
    #expect(trained.status == 0 && trained.errors.contains("fewer than two of --season 9"), "\(trained.errors)")
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "t.csv")
    #expect(predicted.status == 0 && predicted.errors.contains("does not say how rows to come are called"))
    try place.write("x\n5\n", to: "one.csv")
    let one = try place.rnn("forecast", "train", "one.csv", "--horizon", "2", "--checkpoint", "one.st")
    #expect(one.status == 0 && one.errors.contains("a single value"), "\(one.errors)")
  }

  @Test func predictsAndUpdates() throws {
    let place = try place()
    let trained = try place.rnn(
      "forecast", "train", "t.csv", "--column", "sales", "--horizon", "6")
    #expect(trained.status == 0, "\(trained.errors)")
    let predicted = try place.rnn(
      "forecast", "predict", "model.safetensors", "t.csv", "--column", "sales", "--level", "80")
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = predicted.text.split(separator: "\n")
    #expect(lines[0] == "month,recurrent,recurrent-lo-80,recurrent-hi-80" && lines.count == 7)
    #expect(lines[1].hasPrefix("2010-01-01,"))
    for line in lines.dropFirst() {
      let numbers = line.split(separator: ",").dropFirst().compactMap { Double($0) }
      #expect(numbers.count == 3 && numbers[1] <= numbers[0] && numbers[0] <= numbers[2])
    }

    // New rows alone, or with the old ones, are the same.
    try place.write(ForecastTests.table(123), to: "longer.csv")
    let rows = ForecastTests.table(123).split(separator: "\n")
    try place.write(([rows[0]] + rows.suffix(3)).joined(separator: "\n") + "\n", to: "new.csv")
    for table in ["longer.csv", "new.csv"] {
      let updated = try place.rnn(
        "forecast", "update", "model.safetensors", table, "--column", "sales", "--output", "\(table).st")
      #expect(updated.status == 0 && updated.errors.contains("3 new rows"), "\(updated.errors)")
    }
    #expect(try place.data("longer.csv.st") == place.data("new.csv.st"))
    let later = try place.rnn("forecast", "predict", "new.csv.st", "longer.csv", "--column", "sales", "--horizon", "2")
    #expect(later.text.split(separator: "\n").count == 3 && later.text.contains("2010-04-01,"))

    // The column is the forecaster's own, and what does not follow its last row is refused.
    #expect(try place.rnn("forecast", "predict", "new.csv.st", "longer.csv", "--horizon", "2").text == later.text)
    func update(_ table: String, _ lines: [Substring]) throws -> Outcome {
      try place.write(([rows[0]] + lines).joined(separator: "\n") + "\n", to: table)
      return try place.rnn("forecast", "update", "model.safetensors", table, "--output", "other.st")
    }
    let again = try place.rnn("forecast", "update", "new.csv.st", "new.csv")
    #expect(again.status == 0 && again.errors.contains("0 new rows"), "\(again.errors)")
    #expect(try update("overlap.csv", rows.suffix(8)).errors.contains("3 new rows"))
    expectFailure(try update("gap.csv", rows.suffix(2)), 1, "the next row is 2010-01-01")
    expectFailure(try update("early.csv", Array(rows[1..<50])), 1, "the next row is 2010-01-01")
    #expect(!place.exists("gap.csv.st"))

    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--horizon", "7"), 1, "up to 6 steps")
    expectFailure(
      try place.rnn("forecast", "train", "t.csv", "--horizon", "1000000", "--checkpoint", "h.st"), 64, "at most 10,000")
    expectFailure(
      try place.rnn("forecast", "evaluate", "model.safetensors", "t.csv"), 1, "no values after those", "backtest")
    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--column", "heat"), 1,
      "does not hold the rows")
  }

  /// A combined forecaster knows its rows, and what the next are called.
  @Test func drawsPaths() throws {
    let place = try place()
    let trained = try place.rnn("forecast", "train", "t.csv", "--column", "sales", "--horizon", "6")
    #expect(trained.status == 0, "\(trained.errors)")
    let arguments = ["forecast", "predict", "model.safetensors", "--level", "80"]
    let drawn = try place.rnn(arguments + ["--samples", "400", "--seed", "2", "--paths", "p.csv"])
    #expect(drawn.status == 0, "\(drawn.errors)")
    let rows = drawn.text.split(separator: "\n").map { $0.split(separator: ",") }
    let paths = String(decoding: try place.data("p.csv"), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",")
    }
    #expect(paths.count == 1 + 400 * 6 && paths[0] == ["path", "month", "sales"])
    // Errors of either sign are as likely: about half of the paths lie above the forecast, 5 deviations of that share are 0.13.
    for row in rows.dropFirst() {
      let own = paths.dropFirst().filter { $0[1] == row[0] }.compactMap { Double($0[2]) }
      let (value, least, most) = try (#require(Double(row[1])), #require(own.min()), #require(own.max()))
      let above = Double(own.count { $0 > value }) / Double(own.count)
      #expect(own.count == 400 && least < value && value < most && abs(above - 0.5) < 0.13)
    }
    expectFailure(try place.rnn(arguments + ["--samples", "9"]), 1, "--samples", "--paths")
  }

  @Test func predictsWithoutATable() throws {
    let place = try place()
    try #require(
      try place.rnn("forecast", "train", "t.csv", "--column", "sales", "--horizon", "6", "--report", "t.html").status
        == 0)
    let page = String(decoding: try place.data("t.html"), as: UTF8.self)
    for part in ["Forecast of sales", "What was chosen", "2010-01-01", "95 %", "seasonal-naive"] {
      #expect(page.contains(part), "\(part)")
    }
    let own = try place.rnn("forecast", "predict", "model.safetensors", "--plot", "own.svg", "--report", "p.html")
    #expect(own.status == 0, "\(own.errors)")
    let table = try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--plot", "table.svg")
    #expect(own.text == table.text && own.text.contains("2010-06-01,"))
    #expect(try place.data("own.svg").count == place.data("table.svg").count)
    #expect(String(decoding: try place.data("p.html"), as: UTF8.self).contains("What was chosen"))
    expectFailure(try place.rnn("forecast", "predict", "model.safetensors", "--hold-out", "3"), 1, "--hold-out")

    // After an update it goes on from there.
    try place.write(ForecastTests.table(123), to: "longer.csv")
    try #require(try place.rnn("forecast", "update", "model.safetensors", "longer.csv").status == 0)
    #expect(try place.rnn("forecast", "predict", "model.safetensors").text.contains("2010-09-01,"))

    // Rows without a name for their time are counted.
    try place.write("y\n" + (0..<60).map { "\(sin(Double($0)) + Double($0 % 5))\n" }.joined(), to: "rows.csv")
    try #require(
      try place.rnn("forecast", "train", "rows.csv", "--horizon", "2", "--checkpoint", "rows.st").status == 0)
    let counted = try place.rnn("forecast", "predict", "rows.st")
    #expect(try counted.text == place.rnn("forecast", "predict", "rows.st", "rows.csv").text)
    #expect(counted.text.contains("\n61,") && counted.text.hasPrefix("row,"))
  }

  /// On rows that came since, as it is.
  @Test func evaluatesACombinedForecaster() throws {
    let place = try place()
    try #require(
      try place.rnn("forecast", "train", "t.csv", "--column", "sales", "--horizon", "6").status == 0)
    try place.write(ForecastTests.table(130), to: "longer.csv")
    let rows = ForecastTests.table(130).split(separator: "\n")
    try place.write(([rows[0]] + rows.suffix(10)).joined(separator: "\n") + "\n", to: "new.csv")
    let arguments = ["forecast", "evaluate", "model.safetensors"]
    let json = try place.rnn(arguments + ["longer.csv", "--json"]).json()
    // Five origins from which six rows follow.
    #expect(json["origins"] as? Int == 5 && json["horizon"] as? Int == 6)
    let methods = try #require(json["methods"] as? [[String: Any]])
    #expect(methods[0]["coverage_95"] is Double && methods[1]["coverage_95"] is NSNull)
    let text = try place.rnn(arguments + ["longer.csv"])
    #expect(text.text.contains("5 origins") && text.text.contains("chosen\n"), "\(text.errors)")
    // The first origin, by hand.
    let one = try place.rnn(arguments + ["new.csv", "--horizon", "1", "--json"]).json()
    #expect(one["origins"] as? Int == 10)
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "--horizon", "1")
    let value = try #require(predicted.text.split(separator: "\n").last?.split(separator: ",")[1])
    #expect(abs(Double(value)! - ForecastTests.values(120).0) < 2)
    expectFailure(try place.rnn(arguments + ["longer.csv", "--horizon", "9"]), 1, "6 at most")
    expectFailure(try place.rnn(arguments + ["longer.csv", "--test", "9"]), 1, "--test")
    try place.write(rows.prefix(60).joined(separator: "\n") + "\n", to: "early.csv")
    expectFailure(try place.rnn(arguments + ["early.csv"]), 1, "neither holds the rows")
  }

  @Test func pages() throws {
    let place = try place()
    let outcome = try place.rnn(
      "forecast", "backtest", "t.csv", "--column", "sales", "--horizon", "6", "--origins", "2", "--networks", "0",
      "--report",
      "b.html")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let page = String(decoding: try place.data("b.html"), as: UTF8.self)
    for part in ["Backtest of sales", "Errors by step ahead", "better than seasonal naive by", "2009-01-01", "RMSSE"] {
      #expect(page.contains(part), "\(part)")
    }
    expectFailure(
      try place.rnn("forecast", "backtest", "t.csv", "--report", "t.csv"), 1, "would be overwritten")
    expectFailure(try place.rnn("forecast", "backtest", "t.csv", "--report", "none/b.html"), 1, "none/b.html")
  }
}
