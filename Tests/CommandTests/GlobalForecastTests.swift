import Foundation
import Testing

/// `rnn forecast` on tables of many series, and on covariates.
struct GlobalForecastTests {
  private static let days = (0..<130).map { day in
    Date(timeIntervalSince1970: 1_577_836_800 + 86_400 * Double(day)).formatted(.iso8601.year().month().day())
  }

  private static func value(_ series: Int, _ day: Int) -> Double {
    let noise = Double((day * 7919 + series * 104_729) % 97) / 97
    return 20 * Double(series + 1) + 5 * sin(2 * .pi * Double(day) / 7) + noise + 8 * promotion(series, day)
  }

  private static func promotion(_ series: Int, _ day: Int) -> Double { (day * 31 + series * 17) % 11 < 2 ? 1 : 0 }

  /// - Parameters:
  ///   - days: with values.
  ///   - ahead: days after them with promotions alone.
  private static func long(_ count: Int, days: Range<Int>, ahead: Int = 0, names: String = "unique_id,ds,y") -> String {
    var lines = [names + ",promotion,kind"]
    for series in 0..<count {
      for day in days.lowerBound..<days.upperBound + ahead {
        let text = day < days.upperBound ? String(value(series, day)) : ""
        lines.append("s\(series),\(Self.days[day]),\(text),\(Int(promotion(series, day))),\(series < 2 ? "a" : "b")")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test func fromALongTableToForecasts() throws {
    let place = try Workplace()
    try place.write(Self.long(4, days: 0..<100), to: "t.csv")
    let trained = try place.rnn("forecast", "train", "t.csv", "--horizon", "7")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("y of 4 series, 100 steps, 7 ahead"), "\(trained.errors)")
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--level", "80")
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = predicted.text.split(separator: "\n").map(String.init)
    #expect(lines[0] == "unique_id,ds,recurrent,recurrent-lo-80,recurrent-hi-80" && lines.count == 29)
    #expect(lines[1].hasPrefix("s0,\(Self.days[100]),") && lines[8].hasPrefix("s1,\(Self.days[100]),"))
    for line in lines.dropFirst() {
      let numbers = line.split(separator: ",").dropFirst(2).compactMap { Double($0) }
      #expect(numbers.count == 3 && numbers[1] <= numbers[0] && numbers[0] <= numbers[2])
    }

    // One of them, as objects, with what came.
    let held = try place.rnn(
      "forecast", "predict", "model.safetensors", "t.csv", "--series", "s2", "--hold-out", "0", "--json", "--horizon",
      "2", "--plot", "p.svg")
    let objects = try #require(try JSONSerialization.jsonObject(with: Data(held.text.utf8)) as? [[String: Any]])
    let drawn = try place.rnn(
      "forecast", "predict", "model.safetensors", "t.csv", "--samples", "3", "--paths", "paths.csv", "--report",
      "r.html")
    let paths = String(decoding: try place.data("paths.csv"), as: UTF8.self).split(separator: "\n")
    #expect(paths.count == 1 + 4 * 3 * 7 && paths[0] == "unique_id,path,ds,y", "\(drawn.errors)")
    #expect(paths[1].hasPrefix("s0,1,\(Self.days[100]),"))
    #expect(String(decoding: try place.data("r.html"), as: UTF8.self).contains("Forecast of 4 series"))
    #expect(objects.count == 2 && objects[0]["unique_id"] as? String == "s2" && objects[0]["recurrent"] is Double)
    #expect(String(describing: objects[0]["recurrent"] ?? 0) != "0" && place.exists("p.svg"))
    #expect(lines.contains { $0.hasPrefix("s2,\(Self.days[101]),") })

    // Later rows, alone or with the others, are the same.
    try place.write(Self.long(4, days: 0..<103), to: "longer.csv")
    try place.write(Self.long(4, days: 100..<103), to: "new.csv")
    for table in ["longer.csv", "new.csv"] {
      let updated = try place.rnn("forecast", "update", "model.safetensors", table, "--output", "\(table).st")
      #expect(updated.status == 0 && updated.errors.contains("12 new rows of 4 series"), "\(updated.errors)")
    }
    #expect(try place.data("longer.csv.st") == place.data("new.csv.st"))
    let later = try place.rnn("forecast", "predict", "new.csv.st", "longer.csv")
    #expect(later.text.contains("s3,\(Self.days[103]),"), "\(later.errors)")
    try place.write(Self.long(4, days: 104..<106), to: "gap.csv")
    expectFailure(
      try place.rnn("forecast", "update", "model.safetensors", "gap.csv"), 1, "series s0",
      "next row is \(Self.days[100])")

    // Not what it was trained on.
    try place.write(Self.long(5, days: 0..<100), to: "more.csv")
    expectFailure(try place.rnn("forecast", "predict", "model.safetensors", "more.csv"), 1, "series s4")
    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "gap.csv"), 1, "does not hold the rows of series s0")
    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--horizon", "8"), 1, "up to 7 steps")
    expectFailure(try place.rnn("forecast", "evaluate", "model.safetensors", "t.csv"), 1, "combined forecaster")
    // A single series keeps its own kind of forecaster.
    let one = try place.rnn("forecast", "train", "t.csv", "--series", "s1", "--checkpoint", "one.st", "--horizon", "7")
    #expect(one.status == 0 && one.errors.contains("table     y: 100 steps"), "\(one.errors)")
  }

  @Test func covariatesAreKnownAhead() throws {
    let place = try Workplace()
    try place.write(Self.long(3, days: 0..<100, ahead: 7, names: "item_id,timestamp,target"), to: "t.csv")
    let train = ["forecast", "train", "t.csv", "--horizon", "7", "--covariates", "promotion"]
    let trained = try place.rnn(train)
    #expect(trained.status == 0 && trained.errors.contains("promotion adds"), "\(trained.errors)")
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "t.csv")
    #expect(predicted.text.hasPrefix("item_id,timestamp,recurrent,recurrent-lo-80"), "\(predicted.errors)")
    // The promotion, which is 8, is seen.
    for line in predicted.text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",")
      let series = Int(fields[0].dropFirst()) ?? 0
      let day = Self.days.firstIndex(of: String(fields[1])) ?? 0
      #expect(abs((Double(fields[2]) ?? 0) - Self.value(series, day)) < 3)
    }
    try place.write(Self.long(3, days: 0..<100, ahead: 5, names: "item_id,timestamp,target"), to: "short.csv")
    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "short.csv"), 1,
      "promotion of series s0 is known 5 steps",
      "7 are to be forecast")
    expectFailure(try place.rnn("forecast", "train", "t.csv", "--covariates", "none"), 1, "none")
    expectFailure(
      try place.rnn("forecast", "train", "t.csv", "--covariates", "promotion", "--past-covariates", "promotion"), 64,
      "twice")
    expectFailure(try place.rnn("forecast", "train", "t.csv", "--covariates", ""), 64, "--covariates")
    expectFailure(try place.rnn(train + ["--method", "network"]), 64, "--covariates", "combined")

    // Of one series, too.
    let one = try place.rnn(train + ["--series", "s1", "--checkpoint", "one.st"])
    #expect(one.status == 0, "\(one.errors)")
    let alone = try place.rnn("forecast", "predict", "one.st", "t.csv", "--series", "s1", "--horizon", "3")
    #expect(alone.text.split(separator: "\n").count == 4, "\(alone.errors)")
    let past = try place.rnn(
      "forecast", "backtest", "t.csv", "--horizon", "7", "--origins", "2", "--past-covariates", "promotion", "--json")
    #expect(past.status == 0, "\(past.errors)")
  }

  @Test func measuresManySeries() throws {
    let place = try Workplace()
    try place.write(Self.long(4, days: 0..<100), to: "t.csv")
    let arguments = ["forecast", "backtest", "t.csv", "--horizon", "7", "--origins", "2", "--covariates", "promotion"]
    let json = try place.rnn(arguments + ["--json", "--each"]).json()
    #expect(json["series"] as? Int == 4 && json["horizon"] as? Int == 7 && json["season"] as? Int == 7)
    let methods = try #require(json["methods"] as? [[String: Any]])
    #expect(
      methods.map { $0["name"] as? String } == ["recurrent", "each-alone", "seasonal-naive", "ets", "theta", "ar"])
    #expect(methods[0]["better_than_seasonal_naive"] as? Int == 4)
    let text = try place.rnn(arguments).text
    #expect(text.contains("y of 4 series, 7 steps ahead from 2 origins, season 7"))
    // A panel for each of the first series, the errors of each step, a page.
    let drawn = try place.rnn(arguments + ["--plot", "p.svg", "--report", "r.html", "--by-horizon", "--json"]).json()
    let own = try #require((drawn["methods"] as? [[String: Any]])?[0])
    let steps = try #require(own["mase_by_horizon"] as? [Double])
    // All steps count alike.
    #expect(abs(steps.reduce(0, +) / 7 - (own["mase"] as? Double ?? .nan)) < 1e-9)
    let plot = String(decoding: try place.data("p.svg"), as: UTF8.self)
    let page = String(decoding: try place.data("r.html"), as: UTF8.self)
    for name in ["s0", "s1", "s2", "s3"] { #expect(plot.contains(name) && page.contains(name)) }
    #expect(plot.contains("what came") && page.contains("MASE by step ahead"))
    #expect(try place.rnn(arguments + ["--by-horizon"]).text.contains("MASE by step ahead\nstep"))
    expectFailure(
      try place.rnn("forecast", "backtest", "t.csv", "--horizon", "90", "--origins", "3"), 1, "needs 274 rows")
  }

  @Test func wideTablesAndFolders() throws {
    let place = try Workplace()
    let rows = (0..<90).map { day in
      "\(Self.days[day]),"
        + (0..<3).map { day < 10 && $0 == 1 ? "" : String(Self.value($0, day)) }.joined(separator: ",")
    }
    try place.write("day,one,two,three\n" + rows.joined(separator: "\n") + "\n", to: "wide.csv")
    let wide = try place.rnn("forecast", "train", "wide.csv", "--wide", "--horizon", "5")
    #expect(wide.status == 0 && wide.errors.contains("3 series, 80 to 90 steps"), "\(wide.errors)")
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "wide.csv", "--level", "90")
    #expect(predicted.text.hasPrefix("unique_id,day,recurrent,recurrent-lo-90,recurrent-hi-90\none,\(Self.days[90]),"))
    #expect(predicted.text.split(separator: "\n").count == 16, "\(predicted.errors)")
    try FileManager.default.createDirectory(at: place.url("shops"), withIntermediateDirectories: false)
    for series in 0..<3 {
      let lines = (0..<80).map { "\(Self.days[$0]),\(Self.value(series, $0))" }
      try place.write("day,sales\n" + lines.joined(separator: "\n") + "\n", to: "shops/shop\(series).csv")
    }
    let folder = try place.rnn("forecast", "train", "shops", "--horizon", "5", "--checkpoint", "f.st")
    #expect(folder.status == 0 && folder.errors.contains("sales of 3 series"), "\(folder.errors)")
    let shops = try place.rnn("forecast", "predict", "f.st", "shops", "--horizon", "1")
    #expect(
      shops.text.split(separator: "\n").map { $0.split(separator: ",")[0] } == ["unique_id", "shop0", "shop1", "shop2"])
  }

  /// Columns of all series beside the series' own.
  @Test func wideTablesHaveCovariates() throws {
    let place = try Workplace()
    func table(_ days: Int, ahead: Int) -> String {
      "day,one,two,holiday\n"
        + (0..<days + ahead).map { day in
          let holiday = day * 31 % 11 < 2 ? 1 : 0
          func value(_ series: Int) -> String {
            // The second ends a day before.
            day < days - series
              ? String(20 * (series + 1) + 8 * holiday + (day * 7919 + series * 104_729) % 97 / 50) : ""
          }
          return "\(Self.days[day]),\(value(0)),\(value(1)),\(holiday)\n"
        }.joined()
    }
    try place.write(table(100, ahead: 7), to: "wide.csv")
    let train = ["forecast", "train", "wide.csv", "--wide", "--horizon", "7", "--covariates", "holiday"]
    let trained = try place.rnn(train)
    #expect(
      trained.status == 0 && trained.errors.contains("of 2 series, 99 to 100 steps")
        && trained.errors.contains("holiday adds"), "\(trained.errors)")
    let predicted = try place.rnn("forecast", "predict", "model.safetensors", "wide.csv")
    let lines = predicted.text.split(separator: "\n")
    #expect(lines.count == 15 && lines[8].hasPrefix("two,\(Self.days[99]),"), "\(predicted.errors)")
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",")
      let day = Self.days.firstIndex(of: String(fields[1])) ?? 0
      let level = (fields[0] == "one" ? 20.0 : 40) + (day * 31 % 11 < 2 ? 8 : 0)
      // Without the holidays it would miss by up to 6.5; what is left is noise of 0 or 1.
      #expect(abs((Double(fields[2]) ?? 0) - level) < 3, "\(line)")
    }
    try place.write(table(100, ahead: 5), to: "short.csv")
    expectFailure(
      try place.rnn("forecast", "predict", "model.safetensors", "short.csv"), 1,
      "holiday of series one is known 5 steps")
    expectFailure(try place.rnn(train + ["--column", "one", "holiday"]), 1, "holiday")
  }

  @Test func damagedFilesAreRefused() throws {
    let place = try Workplace()
    try place.write(Self.long(3, days: 0..<60), to: "t.csv")
    let trained = try place.rnn("forecast", "train", "t.csv", "--horizon", "3")
    #expect(trained.status == 0, "\(trained.errors)")
    var bytes = try place.data("model.safetensors")
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: place.url("forged.st"))
    for command in ["predict", "update"] {
      expectFailure(try place.rnn("forecast", command, "forged.st", "t.csv"), 1, "forged.st", "checksum")
    }
    #expect(try place.data("forged.st") == bytes)
  }
}
