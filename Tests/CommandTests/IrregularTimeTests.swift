import Foundation
import Testing

/// `rnn forecast` of tables whose rows come at irregular times.
struct IrregularTimeTests {
  /// Readings at irregular times, several an hour, of a day's wave; of the hours `from` to `to`.
  private func sensor(_ from: Int, _ to: Int, minute: Int = 0) -> String {
    var text = "time,celsius\n"
    var second = 0
    var number = 0
    while second < 3600 * to {
      let hour = Double(second) / 3600
      if second >= 3600 * from + 60 * minute {
        let date = Date(timeIntervalSince1970: 1_772_323_200 + Double(second))
        text += "\(date.formatted(.iso8601.dateSeparator(.dash).dateTimeSeparator(.space)).prefix(19)),"
        text += "\(20 + 5 * sin(hour * .pi / 12) + Double(number * 7919 % 13) / 20)\n"
      }
      second += 61 + number * 7919 % 1201
      number += 1
    }
    return text
  }

  @Test func fromTrainingToUpdates() throws {
    let place = try Workplace()
    try place.write(sensor(0, 200, minute: 0), to: "all.csv")
    let cut = String(sensor(0, 200).split(separator: "\n").prefix(900).joined(separator: "\n"))
    try place.write(cut + "\n", to: "first.csv")
    expectFailure(
      try place.rnn("forecast", "train", "first.csv"), 1,
      "first.csv, column \"time\": 899 rows at irregular times, median distance",
      "--every 30min --aggregate mean")
    let trained = try place.rnn("forecast", "train", "first.csv", "--every", "1h", "--horizon", "24")
    #expect(trained.status == 0 && trained.errors.contains("899 rows at irregular times"), "\(trained.errors)")
    #expect(
      trained.errors.contains("mean of every 1h") && trained.errors.contains("without the last, which is not whole"))
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("mean of every 1h"))

    // The table is read as it was, without being told; the forecast begins with the hour that was not whole.
    let alone = try place.rnn("forecast", "predict", "model.safetensors")
    let beside = try place.rnn("forecast", "predict", "model.safetensors", "first.csv")
    #expect(alone.status == 0 && alone.output == beside.output, "\(beside.errors)")
    let first = try #require(alone.text.split(separator: "\n").dropFirst().first)
    let next = String(first.prefix(19))
    #expect(next.hasSuffix(":00:00") && next.prefix(13) == cut.split(separator: "\n").last?.prefix(13))
    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "first.csv", "--every", "2h"), 64,
      "was trained on --every 1h --aggregate mean")

    // What came since: measured, and taken in.
    let hour = try #require(alone.text.split(separator: "\n").dropFirst().first?.dropFirst(11).prefix(2))
    let day = try #require(alone.text.split(separator: "\n").dropFirst().first?.dropFirst(8).prefix(2))
    let from = try 24 * (#require(Int(day)) - 1) + #require(Int(hour))
    try place.write(sensor(from, 200), to: "rest.csv")
    let measured = try place.rnn("forecast", "evaluate", "model.safetensors", "rest.csv")
    #expect(measured.status == 0 && measured.text.contains("24 steps ahead"), "\(measured.errors)")
    try place.write(sensor(from, 200, minute: 40), to: "late.csv")
    expectFailure(try place.rnn("forecast", "update", "model.safetensors", "late.csv"), 1, "the next row is \(next)")
    #expect(try place.rnn("forecast", "update", "model.safetensors", "rest.csv").status == 0)
    let updated = try place.rnn("forecast", "predict", "model.safetensors")
    #expect(updated.output == (try place.rnn("forecast", "predict", "model.safetensors", "all.csv").output))
  }

  @Test func networksKeepThePeriods() throws {
    let place = try Workplace()
    try place.write(sensor(0, 120), to: "t.csv")
    let trained = try place.rnn(
      "forecast", "train", "t.csv", "--every", "1h", "--aggregate", "max", "--method", "network", "--epochs", "1",
      "--window", "12", "--hidden-size", "4")
    #expect(trained.status == 0, "\(trained.errors)")
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--horizon", "2")
    #expect(
      predicted.text.contains("2026-03-06 00:00:00,") && predicted.errors.contains("max of every 1h"),
      "\(predicted.errors)")
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("max of every 1h"))
  }

  @Test func severalSeries() throws {
    let place = try Workplace()
    let rows = sensor(0, 120).split(separator: "\n").dropFirst()
    try place.write(
      "unique_id,ds,y\n" + ["a", "b"].map { name in rows.map { "\(name),\($0)\n" }.joined() }.joined(), to: "panel.csv")
    let trained = try place.rnn("forecast", "train", "panel.csv", "--every", "3h", "--horizon", "8")
    #expect(trained.status == 0 && trained.errors.contains("rows of 2 series; mean of every 3h"), "\(trained.errors)")
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "panel.csv")
    #expect(predicted.status == 0 && predicted.text.contains("b,2026-03-06 03:00:00,"), "\(predicted.errors)")
    #expect(try place.rnn("forecast", "update", "model.safetensors", "panel.csv").errors.contains("0 new rows"))
  }

  @Test(arguments: [
    (["--every", "0"], "expected a period such as"), (["--every", "7 bananas"], "expected a period such as"),
    (["--aggregate", "sum"], "needs the periods"), (["--every", "1h", "--aggregate", "avg"], "expected mean, sum"),
    (["--every", "1h", "--frequency", "h"], "excludes '--frequency'"),
    (["--every", "1h", "--duplicates", "mean"], "excludes '--duplicates'"),
    (["--comment", "1"], "expected one character"), (["--comment", ";", "--separator", ";"], "the same character"),
  ])
  func usage(_ options: [String], _ part: String) throws {
    let place = try Workplace()
    try place.write("t,x\n2026-01-01,1\n2026-01-02,2\n", to: "t.csv")
    expectFailure(try place.rnn(["forecast", "backtest", "t.csv"] + options), 64, part)
  }

  /// What stands below a table, and between its rows, for a command that reads no series, too.
  @Test func footersAndComments() throws {
    let place = try Workplace()
    let rows = (0..<60).map { "\($0 % 5),\($0 % 2 == 0 ? "even" : "odd")\n" }.joined()
    try place.write("x,class\n# noon\n" + rows + "\nSource: a shop\n", to: "t.csv")
    let command = ["classify", "train", "t.csv", "--label-column", "class", "--per-step", "--epochs", "1"]
    expectFailure(try place.rnn(command + ["--comment", "#"]), 1, "--skip-footer 1")
    expectFailure(try place.rnn(command + ["--skip-footer", "1"]), 1, "--comment '#'")
    let both = try place.rnn(command + ["--comment", "#", "--skip-footer", "1"])
    #expect(!both.errors.contains("t.csv, line"), "\(both.errors)")
  }
}
