import Foundation
import Testing

/// Numbers in data read back as the numbers that they are.
struct DataNumbersTests {
  private func predictions(
    _ place: Workplace, _ values: [String], options: [String] = []
  ) throws -> [[String]] {
    try place.write("x\n" + values.map { $0 + "\n" }.joined(), to: "t.csv")
    let training = [
      "forecast", "train", "--method", "network", "t.csv", "--window", "8", "--hidden-size", "4", "--epochs", "2",
      "--threads", "1",
    ]
    let trained = try place.rnn(training)
    try #require(trained.status == 0, "\(trained.errors)")
    let outcome = try place.rnn(["forecast", "predict", "model.safetensors", "t.csv"] + options)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
  }

  /// The shortest text of a number, whole numbers without a point.
  private func isShortest(_ text: String) -> Bool {
    guard let value = Double(text) else { return false }
    return text == "\(value)" || text + ".0" == "\(value)"
  }

  /// A sensor that stands at almost 20, and a signal far from 0.
  @Test(arguments: [19.9999999, 1e12, -1e12, 123_456_789.25, 1e-12])
  func forecasts(center: Double) throws {
    let place = try Workplace()
    let values = (0..<60).map { "\(center + sin(Double($0)) * abs(center) * 1e-8)" }
    let rows = try predictions(place, values, options: ["--hold-out", "4"])
    #expect(rows.count == 10)
    var kinds: Set<String> = []
    for row in rows {
      #expect(isShortest(row[1]), "\(row[1])")
      let value = try #require(Double(row[1]))
      // Whatever little the model learns, it does not leave the signal's range by much.
      #expect(abs(value - center) < abs(center) * 1e-6, "\(row[1])")
      kinds.insert(row[1])
    }
    #expect(kinds.count > 5, "\(kinds)")
    for (row, truth) in zip(rows, values.suffix(4)) { #expect(Double(row[2]) == Double(truth)) }
  }

  /// So small that their squares are 0, and so large that these are nearly infinite.
  @Test(arguments: [1e-170, 1e-300, 9e37])
  func extremes(size: Double) throws {
    let place = try Workplace()
    let rows = try predictions(place, (0..<80).map { "\(size * (3 + sin(Double($0))) / 4)" })
    for row in rows {
      let value = try #require(Double(row[1]))
      #expect(value > size * 0.3 && value < size * 1.2, "\(row[1])")
    }
    let measured = try place.rnn("forecast", "evaluate", "model.safetensors", "t.csv", "--autoregression", "2")
    let table = measured.text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
    let fits = table.filter { $0.first == "autoregression" }
    #expect(fits.count == 2, "\(measured.text)")
    // RMSE and MAE are numbers of the column's size, and MASE is one of its own.
    for fit in fits {
      let numbers = fit.suffix(3).compactMap { Double($0) }
      #expect(numbers.count == 3 && numbers[0] > 0 && numbers[0] < size, "\(fit)")
      #expect(numbers[1] > 0 && numbers[1] <= numbers[0] && numbers[2] < 10, "\(fit)")
    }
  }

  /// A column that begins with a number which cannot be taken is not left out without a word.
  @Test(arguments: ["1e300", "-inf"])
  func unfitFirst(number: String) throws {
    let place = try Workplace()
    try place.write("t,y\n1,\(number)\n" + (2..<90).map { "\($0),\($0 % 7)\n" }.joined(), to: "t.csv")
    let outcome = try place.rnn("forecast", "train", "--method", "network", "t.csv", "--epochs", "1")
    #expect(outcome.status == 1 && outcome.errors.contains("t.csv, line 2, column \"y\""), "\(outcome.errors)")
  }

  @Test func labelsOfPlotsDiffer() throws {
    let place = try Workplace()
    _ = try predictions(place, (0..<60).map { "\(1e12 + sin(Double($0)))" }, options: ["--plot", "p.svg"])
    let svg = String(decoding: try place.data("p.svg"), as: UTF8.self)
    let labels = svg.split(separator: "<text ").filter { $0.contains("text-anchor=\"end\"") }
      .map { $0.split(separator: ">")[1].split(separator: "<")[0] }
    #expect(labels.count > 2 && Set(labels).count == labels.count, "\(labels)")
  }

  @Test func probabilities() throws {
    let place = try Workplace()
    let rows = (0..<40).flatMap { item in (0..<5).map { "\(item),\(sin(Double(item * $0))),\(item % 2)\n" } }
    try place.write("id,x,y\n" + rows.joined(), to: "t.csv")
    let columns = ["--sequence-column", "id", "--label-column", "y"]
    let trained = try place.rnn(
      ["classify", "train", "t.csv", "--epochs", "1", "--hidden-size", "3", "--threads", "1"] + columns)
    try #require(trained.status == 0, "\(trained.errors)")
    let outcome = try place.rnn(["classify", "predict", "model.safetensors", "t.csv"] + columns)
    let fields = outcome.text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
    #expect(fields.count == 40)
    for row in fields { #expect(isShortest(row[2]) && row[2].count > 8, "\(row)") }
  }

  /// One early origin, which cannot look back on a whole window, does not change what the others look back on: measuring
  /// is forecasting from each origin.
  @Test(arguments: [0, 2]) func earlyOriginsLookBackAlone(difference: Int) throws {
    let place = try Workplace()
    let values = (0..<120).map { "\(sin(Double($0) * 0.9) + 0.1 * Double($0 % 5))\n" }
    try place.write("x\n" + values.joined(), to: "long.csv")
    try place.write("x\n" + values.prefix(30).joined(), to: "short.csv")
    let options = ["--window", "16", "--hidden-size", "6", "--epochs", "8", "--threads", "1"]
    let trained = try place.rnn(
      ["forecast", "train", "--method", "network", "long.csv", "--test", "4", "--difference", "\(difference)"] + options
    )
    try #require(trained.status == 0, "\(trained.errors)")
    let measured = try place.rnn(
      "forecast", "evaluate", "model.safetensors", "short.csv", "--test", "26", "--horizon", "1", "--json")
    let reports = try #require(try measured.json()["reports"] as? [[String: Any]])
    let scores = try #require(reports[0]["scores"] as? [[String: Any]])
    let found = try #require(scores[0]["mse"] as? Double)
    var sum = 0.0
    for held in 1...26 {
      let outcome = try place.rnn(
        "forecast", "predict", "model.safetensors", "short.csv", "--hold-out", "\(held)", "--horizon", "1")
      let row = try #require(outcome.text.split(separator: "\n").last).split(separator: ",").compactMap { Double($0) }
      sum += (row[1] - row[2]) * (row[1] - row[2])
    }
    // Batches may be multiplied in another order than single forecasts: some roundoffs of a Float.
    #expect(abs(found - sum / 26) < 1e-5 * found, "\(found), one by one \(sum / 26)")
  }
}
