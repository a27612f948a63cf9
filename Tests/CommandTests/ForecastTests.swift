import Foundation

import FoundationXML
import Testing

/// The whole way on a series with a season, a trend and noise that a linear model cannot follow to the end.
struct ForecastTests {
  static let options = [
    "--hidden-size", "12", "--window", "12", "--epochs", "30", "--threads", "1", "--batch-size", "16",
    "--learning-rate", "0.02",
  ]

  /// Two columns: a wave of 12 months on a trend, and its square a quarter later.
  static func values(_ month: Int) -> (Double, Double) {
    var generator = UInt64(month) &* 0x9E37_79B9_7F4A_7C15
    generator = (generator ^ (generator >> 31)) &* 0xBF58_476D_1CE4_E5B9
    let noise = Double(generator >> 40) / Double(1 << 24) - 0.5
    let wave = sin(2 * .pi * Double(month) / 12)
    return (10 + 0.05 * Double(month) + 3 * wave + 0.3 * noise, 200 + 50 * cos(2 * .pi * Double(month) / 12) * wave)
  }

  static func table(_ count: Int, holes: Set<Int> = []) -> String {
    "month,sales,heat\n"
      + (0..<count).map { month in
        let (sales, heat) = values(month)
        let date = "\(2000 + month / 12)-\(month % 12 < 9 ? "0" : "")\(month % 12 + 1)-01"
        return "\(date),\(holes.contains(month) ? "" : "\(sales)"),\(heat)\n"
      }.joined()
  }

  @Test func roundTrip() throws {
    let place = try Workplace()
    try place.write(Self.table(180), to: "t.csv")
    let arguments = ["t.csv", "--season", "12", "--horizon", "6", "--test", "24"]
    let trained = try place.rnn(
      ["forecast", "train", "--method", "network"] + arguments + ["--log", "log.jsonl", "--difference", "1"]
        + Self.options)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("sales, heat: 138 steps to train on, 18 for validation, 24 to test"))
    #expect(trained.text.contains("1 step ahead, 24 times from 2013-01-01 to 2014-12-01"))
    #expect(trained.text.contains("1 to 6 steps ahead, from each of 19 starts"))

    // Measuring the saved model prints what the training printed.
    let evaluated = try place.rnn(["forecast", "evaluate", "model.safetensors"] + arguments)
    #expect(evaluated.text == String(trained.text.dropFirst()).replacing("\n\n\n", with: "\n\n"))

    // The forecasts that need no network, computed anew.
    let reports = try place.rnn(["forecast", "evaluate", "model.safetensors", "--json"] + arguments).json()
    let list = try #require(reports["reports"] as? [[String: Any]])
    #expect(list.map { $0["horizon"] as? Int } == [1, 6])
    let sales = (0..<180).map { Self.values($0).0 }
    let scale = meanStep(sales, 12..<156, lag: 12)
    for report in list {
      let horizon = try #require(report["horizon"] as? Int)
      let scores = try #require(report["scores"] as? [[String: Any]])
      #expect(scores.count == 6)
      func score(_ method: String) throws -> [String: Any] {
        try #require(scores.first { $0["method"] as? String == method && $0["column"] as? String == "sales" })
      }
      var (last, seasonal, squares) = (0.0, 0.0, 0.0)
      for origin in 156...(180 - horizon) {
        for ahead in 0..<horizon {
          let error = sales[origin + ahead] - sales[origin - 1]
          last += abs(error)
          squares += error * error
          seasonal += abs(sales[origin + ahead] - sales[origin + ahead - 12])
        }
      }
      let count = Double((25 - horizon) * horizon)
      #expect(report["count"] as? Int == Int(count))
      // Sums of at most 114 terms in the same order, but for the shape of the loops.
      func isClose(_ value: Any?, _ expected: Double) throws -> Bool {
        abs(try #require(value as? Double) - expected) <= 1e-13 * 114 * expected
      }
      #expect(try isClose(score("last value")["mae"], last / count))
      #expect(try isClose(score("last value")["mse"], squares / count))
      #expect(try isClose(score("last value")["mase"], last / count / scale))
      #expect(try isClose(score("a season ago (12)")["mae"], seasonal / count))
      // The wave moves the sales by up to 1.5 a month: a model that has learnt it is far better than the last value.
      let model = try #require(try score("lstm")["mae"] as? Double)
      #expect(model < last / count / 2, "\(scores)")
    }

    let records = try objects(place.data("log.jsonl"))
    // 138 − 1 − 12 windows, in whole batches of 16.
    #expect(records.count % 7 == 0 && records.count <= 30 * 7)
    #expect(records.enumerated().allSatisfy { ($1["validation_loss"] is Double) == ($0 % 7 == 6) })
  }

  /// A forecast one step ahead of a table without its last row is what the table's own report measured.
  @Test(arguments: ["0", "1", "12"]) func predictionsAreWhatIsMeasured(difference: String) throws {
    let place = try Workplace()
    try place.write(Self.table(120), to: "t.csv")
    let trained = try place.rnn(
      [
        "forecast", "train", "--method", "network", "t.csv", "--column", "sales", "--test", "2", "--difference",
        difference,
      ] + Self.options)
    #expect(trained.status == 0, "\(trained.errors)")
    let rows = try [1, 2].map { held in
      let outcome = try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--hold-out", "\(held)")
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }
    #expect(rows[0].count == 11 && rows[0][0] == ["month", "sales", "sales (true)"])
    #expect(rows[0][1][0] == "2009-12-01" && rows[1][1][0] == "2009-11-01" && rows[0][2][0] == "2010-01-01")
    #expect(rows[0][2][2].isEmpty)
    var squares = 0.0
    for (number, month) in [119, 118].enumerated() {
      let truth = try #require(Double(rows[number][1][2]))
      #expect(truth == Self.values(month).0)
      let forecast = try #require(Double(rows[number][1][1]))
      squares += (forecast - truth) * (forecast - truth)
    }
    let report = try place.rnn("forecast", "evaluate", "model.safetensors", "t.csv", "--test", "2", "--json").json()
    let scores = try #require((report["reports"] as? [[String: Any]])?.first?["scores"] as? [[String: Any]])
    let measured = try #require(scores.first?["mse"] as? Double)
    // Predictions are printed with the digits of a Float; batches of other sizes round otherwise.
    #expect(abs(measured - squares / 2) <= 1e-4 * max(measured, 0.01))
  }

  /// Only the part before validation and test decides the scaling; interpolated values are not scored.
  @Test func scalingAndGaps() throws {
    let place = try Workplace()
    let holes: Set = [5, 6, 7, 50, 99, 118]
    try place.write(Self.table(120, holes: holes), to: "t.csv")
    let arguments =
      ["forecast", "train", "--method", "network", "t.csv", "--column", "sales", "--test", "6", "--horizon", "1"]
      + Self.options
    expectFailure(try place.rnn(arguments), 1, "6 values are missing, the first in lines 7, 8, 9, 52, 101;")
    let filled = try place.rnn(arguments + ["--missing", "interpolate", "--validation", "14"])
    #expect(filled.status == 0, "\(filled.errors)")
    #expect(filled.errors.contains("100 steps to train on, 14 for validation, 6 to test"))
    var sales = (0..<120).map { Self.values($0).0 }
    for hole in holes.sorted() where hole != 6 && hole != 7 && hole != 5 {
      sales[hole] = (sales[hole - 1] + sales[hole + 1]) / 2
    }
    for step in 1...3 { sales[4 + step] = sales[4] + (sales[8] - sales[4]) * Double(step) / 4 }
    let mean = sales[..<100].reduce(0, +) / 100
    let squares = sales[..<100].map { ($0 - mean) * ($0 - mean) }
    let deviation = (squares.reduce(0, +) / 100).squareRoot()
    let inspected = try place.rnn("inspect", "model.safetensors", "--json").json()
    let annotations = try #require(inspected["annotations"] as? [String: String])
    let text = try #require(annotations["forecast"])
    let series = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let means = try #require(series["means"] as? [Double])
    let deviations = try #require(series["deviations"] as? [Double])
    #expect(means.count == 1 && abs(means[0] - mean) < 1e-12 * mean)
    #expect(deviations.count == 1 && abs(deviations[0] - deviation) < 1e-12 * deviation)
    #expect(try place.rnn("inspect", "model.safetensors").text.contains("forecasts     sales"))

    // Month 118 is filled in: five of six are scored.
    let options = ["--missing", "interpolate", "--test", "6", "--horizon", "1", "--json"]
    let report = try place.rnn(["forecast", "evaluate", "model.safetensors", "t.csv"] + options).json()
    let scores = try #require((report["reports"] as? [[String: Any]])?.first?["scores"] as? [[String: Any]])
    let last = try #require(scores.first { $0["method"] as? String == "last value" }?["mae"] as? Double)
    let steps: [Double] = [114, 115, 116, 117, 119].map { abs(sales[$0] - sales[$0 - 1]) }
    let expected = steps.reduce(0, +) / 5
    #expect(abs(last - expected) < 1e-12 * expected)

    let dropped = try place.rnn(arguments + ["--missing", "drop", "--validation", "14"])
    #expect(dropped.status == 0 && dropped.errors.contains("94 steps to train on"), "\(dropped.errors)")
  }

  /// A linear recurrence is what a linear autoregression finds.
  @Test func autoregression() throws {
    let place = try Workplace()
    var values = [1.0, 2.0]
    for step in 2..<120 { values.append(1.6 * values[step - 1] - 0.95 * values[step - 2] + 3) }
    try place.write("x\n" + values.map { "\($0)\n" }.joined(), to: "t.csv")
    let trained = try place.rnn(
      [
        "forecast", "train", "--method", "network", "t.csv", "--autoregression", "2", "--test", "10", "--epochs", "1",
        "--window", "8",
      ])
    #expect(trained.status == 0, "\(trained.errors)")
    let report = try place.rnn(
      "forecast", "evaluate", "model.safetensors", "t.csv", "--autoregression", "2", "--test", "10", "--json"
    ).json()
    for report in try #require(report["reports"] as? [[String: Any]]) {
      let scores = try #require(report["scores"] as? [[String: Any]])
      #expect(scores.map { $0["method"] as? String } == ["lstm", "last value", "autoregression (2)"])
      // Roundings alone are in the way.
      #expect(try #require(scores[2]["mase"] as? Double) < 1e-11, "\(scores)")
    }
  }

  /// The mean of |value − value `lag` before|.
  private func meanStep(_ values: [Double], _ range: Range<Int>, lag: Int) -> Double {
    let steps = range.map { abs(values[$0] - values[$0 - lag]) }
    return steps.reduce(0, +) / Double(range.count)
  }

  /// One a line.
  private func objects(_ data: Data) throws -> [[String: Any]] {
    try data.split(separator: 0x0A).map { line in
      let object = try JSONSerialization.jsonObject(with: line)
      return try #require(object as? [String: Any])
    }
  }

  @Test func timeAxes() throws {
    let place = try Workplace()
    func labels(_ name: String, _ label: (Int) -> String) throws -> [String] {
      try place.write("\(name),x\n" + (0..<40).map { "\(label($0)),\($0 % 5)\n" }.joined(), to: "t.csv")
      if !place.exists("model.safetensors") {
        let trained = try place.rnn(
          [
            "forecast", "train", "--method", "network", "t.csv", "--column", "x", "--epochs", "1", "--window", "5",
            "--hidden-size", "2",
          ])
        #expect(trained.status == 0, "\(trained.errors)")
      }
      let outcome = try place.rnn("forecast", "predict", "model.safetensors", "t.csv", "--horizon", "3")
      let rows = outcome.text.split(separator: "\n").map { String($0.prefix { $0 != "," }) }
      #expect(rows.first == name, "\(outcome.errors)")
      return Array(rows.dropFirst())
    }
    #expect(try labels("year") { "\(1990 + $0)" } == ["2030", "2031", "2032"])
    #expect(try labels("hour") { "\(Double($0) / 10)" } == ["4", "4.1", "4.2"])
    // A week at a time over the leap day; a month at a time over the year's end.
    let weeks = try labels("week") { day("2023-06-03", after: 7 * $0).replacing("-", with: "") }
    #expect(weeks == (40..<43).map { day("2023-06-03", after: 7 * $0).replacing("-", with: "") })
    #expect(weeks[0] == "20240309")
    #expect(
      try labels("month") { "\(2000 + $0 / 12)-\($0 % 12 < 9 ? "0" : "")\($0 % 12 + 1)-15" }
        == ["2003-05-15", "2003-06-15", "2003-07-15"])
    #expect(try labels("when") { "\($0 * $0)" } == ["+1", "+2", "+3"])
    #expect(try labels("text") { "no \($0)" } == ["+1", "+2", "+3"])
  }

  /// Independent of the command's own calendar.
  private func day(_ text: String, after days: Int) -> String {
    let formatter = DateFormatter()
    formatter.calendar = Calendar(identifier: .gregorian)
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyy-MM-dd"
    return formatter.string(from: formatter.date(from: text)! + Double(days) * 86_400)
  }

  @Test func plots() throws {
    let place = try Workplace()
    try place.write(Self.table(120).replacing("heat", with: "\"heat & <light>\""), to: "t.csv")
    try #require(
      try place.rnn(["forecast", "train", "--method", "network", "t.csv", "--epochs", "1", "--window", "12"]).status
        == 0)
    let arguments = ["forecast", "predict", "model.safetensors", "t.csv", "--horizon", "6"]
    let drawn = try place.rnn(arguments + ["--hold-out", "4", "--plot", "p.svg", "--output", "p.csv"])
    #expect(drawn.status == 0 && drawn.output.isEmpty, "\(drawn.errors)")
    #expect(try place.data("p.csv").split(separator: 0x0A).count == 7)
    let parser = XMLReader()
    let parsed = try parser.parse(place.data("p.svg"))
    #expect(parsed)
    // Two panels of three lines: 50 steps of history, and from its last one 4 of truth and 6 of forecast.
    #expect(parser.points == [50, 5, 7, 50, 5, 7])
    for text in ["sales", "heat & <light>", "history", "held out", "forecast", "month", "2008", "2010"] {
      #expect(parser.texts.contains(text), "\(text) of \(parser.texts)")
    }
    let text = try place.rnn(arguments + ["--plot", "-"])
    #expect(text.status == 0 && text.text.split(separator: "\n").count == 7)
    #expect(text.errors.contains("sales\n") && text.errors.contains("┤") && !text.errors.contains("\u{1B}"))

    expectFailure(try place.rnn(arguments + ["--plot", "t.csv"]), 1, "t.csv is read and would be overwritten")
    expectFailure(try place.rnn(arguments + ["--output", "missing/p.csv"]), 1, "missing/p.csv")
    expectFailure(try place.rnn(arguments + ["--output", "p.svg", "--plot", "./p.svg"]), 64, "same file")
    expectFailure(try place.rnn(arguments + ["--hold-out", "120"]), 1, "too few")
  }

  @Test func foreignModelsAndTables() throws {
    let place = try Workplace()
    try place.write(sampleText(), to: "text.txt")
    try #require(try place.rnn(["train", "--text", "text.txt", "--steps", "2"] + tiny).status == 0)
    try place.write(Self.table(60), to: "t.csv")
    for command in ["predict", "evaluate"] {
      expectFailure(
        try place.rnn("forecast", command, "model.safetensors", "t.csv"), 1, "model.safetensors", "no model of a series"
      )
    }
    let trained = try place.rnn(
      [
        "forecast", "train", "--method", "network", "t.csv", "--epochs", "1", "--window", "6", "--checkpoint",
        "f.safetensors",
      ])
    try #require(trained.status == 0, "\(trained.errors)")
    expectFailure(try place.rnn("sample", "f.safetensors"), 1, "no model of text")
    try place.write("month,sales\n1,2\n2,3\n", to: "other.csv")
    expectFailure(
      try place.rnn("forecast", "predict", "f.safetensors", "other.csv"), 1, "column \"heat\": there is no such column")
    expectFailure(
      try place.rnn("forecast", "evaluate", "f.safetensors", "t.csv", "--horizon", "50"), 1, "shorter than --horizon 50"
    )
    // Before the training, not after it.
    let long = try place.rnn(
      "forecast", "train", "--method", "network", "t.csv", "--window", "6", "--horizon", "7", "--checkpoint",
      "long.safetensors")
    expectFailure(long, 1, "the test part of 6 steps is shorter than --horizon 7")
    #expect(!place.exists("long.safetensors") && !long.errors.contains("epoch"))
    let sizes = [
      "--test", "1000000000", "--validation", "1000000000", "--window", "1000000000", "--checkpoint", "n.st",
    ]
    expectFailure(
      try place.rnn(["forecast", "train", "--method", "network", "t.csv"] + sizes), 1, "t.csv: 60 rows are too few")
    expectFailure(
      try place.rnn(
        "forecast", "evaluate", "f.safetensors", "t.csv", "--autoregression", "30", "--horizon", "1"), 1,
      "--autoregression with 6 held out needs 68 or more")
    expectFailure(
      try place.rnn("forecast", "train", "--method", "network", "t.csv", "--checkpoint", "t.csv"), 1,
      "t.csv is read and would be overwritten")
    expectFailure(
      try place.rnn(
        "forecast", "train", "--method", "network", "t.csv", "--log", "model.safetensors", "--checkpoint",
        "model.safetensors"),
      64,
      "same file")
  }

  /// The number of epochs is the patience and those before; the model is that of the lowest loss.
  @Test func patienceAndDivergence() throws {
    let place = try Workplace()
    try place.write(Self.table(80), to: "t.csv")
    let options = [
      "forecast", "train", "--method", "network", "t.csv", "--column", "sales", "--window", "8", "--log", "log.jsonl",
    ]
    let trained = try place.rnn(
      options + ["--learning-rate", "0.3", "--schedule", "constant", "--patience", "4", "--epochs", "300"])
    #expect(trained.status == 0, "\(trained.errors)")
    let losses = try objects(place.data("log.jsonl")).compactMap { $0["validation_loss"] as? Double }
    let lowest = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(lowest == losses.count - 5 && losses.count < 300)
    #expect(trained.errors.contains("the model of epoch \(lowest + 1) (validation loss"))
    let outcome = try place.rnn(options + ["--optimizer", "sgd", "--learning-rate", "1e38", "--clip-norm", "0"])
    expectFailure(outcome, 3, "not a finite number", "--learning-rate")
  }

  @Test(arguments: [
    (["--window", "0"], "from 1 to"), (["--test", "1.5"], "--test"), (["--validation", "-1"], "--validation"),
    (["--season", "0"], "from 1 to"), (["--missing", "guess"], "interpolate"), (["--column", "a", "a"], "twice"),
    (["--dropout", "0.5"], "--dropout"), (["--epochs", "0"], "from 1 to"), (["--checkpoint", ""], "a path"),
  ])
  func usage(options: [String], part: String) throws {
    let place = try Workplace()
    try place.write("a,b\n1,2\n", to: "t.csv")
    expectFailure(
      try place.rnn(["forecast", "train", "--method", "network", "t.csv"] + options), 64, part,
      "rnn forecast train --help")
  }
}

/// The texts of an SVG file and the number of points of each of its lines.
private final class XMLReader: NSObject, XMLParserDelegate {
  var texts: [String] = []
  var points: [Int] = []
  private var isText = false

  func parse(_ data: Data) -> Bool {
    let parser = XMLParser(data: data)
    parser.delegate = self
    return parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    isText = name == "text"
    if isText { texts.append("") }
    if name == "polyline" { points.append((attributes["points"] ?? "").split(separator: " ").count) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if isText { texts[texts.count - 1] += string }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    isText = false
  }
}
