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
    #expect(methods[0]["coverage_80"] is Double && methods[1]["coverage_80"] is NSNull)

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
    let text = try place.rnn(arguments + ["--threads", "1", "--column", "sales"]).text
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
    expectFailure(try place.rnn("forecast", "evaluate", "model.safetensors", "t.csv"), 1, "combined forecaster")
    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--column", "heat"), 1,
      "does not hold the rows")
  }
}
