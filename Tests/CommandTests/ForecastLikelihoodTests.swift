import Foundation
import TestSupport
import Testing

/// `rnn forecast train --method network --likelihood`, and what reads such models.
struct ForecastLikelihoodTests {
  private static let quick = [
    "--method", "network", "--window", "8", "--epochs", "20", "--hidden-size", "6", "--threads", "1", "--batch-size",
    "16",
    "--learning-rate", "0.02", "--test", "12", "--horizon", "4",
  ]

  /// Counts that rise and fall with the week.
  private static func counts(_ rows: Int) -> String {
    "day,sold,sent\n"
      + (0..<rows).map { row in
        // 2023 has no day 29 in February.
        let lengths = [31, 28, 31, 30, 31, 30]
        var (month, day) = (0, row)
        while day >= lengths[month] { (month, day) = (month + 1, day - lengths[month]) }
        let date = "2023-0\(month + 1)-\(day < 9 ? "0" : "")\(day + 1)"
        return "\(date),\([2, 9, 5, 4, 7, 20, 1][row % 7] + row * 7 % 3),\(row * 5 % 4)\n"
      }.joined()
  }

  private func place(_ likelihood: String, _ more: [String] = []) throws -> Workplace {
    let place = try Workplace()
    try place.write(Self.counts(140), to: "t.csv")
    let trained = try place.rnn(["forecast", "train", "t.csv", "--likelihood", likelihood] + Self.quick + more)
    try #require(trained.status == 0, "\(trained.errors)")
    #expect(trained.text.contains("CRPS") && trained.text.contains("in 95 %"))
    return place
  }

  @Test(arguments: ["gaussian", "student", "negative-binomial"]) func wholeWay(likelihood: String) throws {
    let place = try place(likelihood, ["--report", "r.html"])
    #expect(String(decoding: try place.data("r.html"), as: UTF8.self).contains("200 sample paths"))
    #expect(try place.rnn("inspect", "model.safetensors").text.contains(likelihood))
    let arguments = ["forecast", "predict", "model.safetensors", "t.csv", "--horizon", "5"]
    let outcome = try place.rnn(
      arguments + ["--samples", "60", "--seed", "3", "--paths", "p.csv", "--plot", "p.svg", "--level", "50,90"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = outcome.text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows.count == 6)
    #expect(
      rows[0] == [
        "day", "sold", "sold-mean", "sold-lo-50", "sold-hi-50", "sold-lo-90", "sold-hi-90", "sent", "sent-mean",
        "sent-lo-50",
        "sent-hi-50", "sent-lo-90", "sent-hi-90",
      ])
    for row in rows.dropFirst() {
      let numbers = row[1...].compactMap { Double(String($0)) }
      #expect(numbers.count == 12)
      for start in [0, 6] {
        let own = Array(numbers[start..<start + 6])
        let ascending = [own[4], own[2], own[0], own[3], own[5]]
        #expect(ascending == ascending.sorted())
        if likelihood == "negative-binomial" { #expect(own[4] >= 0) }
      }
    }
    // The figures are those of the paths.
    let paths = String(decoding: try place.data("p.csv"), as: UTF8.self).split(separator: "\n")
      .map { $0.split(separator: ",").map(String.init) }
    #expect(paths.count == 1 + 60 * 5 && paths[0] == ["path", "day", "sold", "sent"] && paths[1][0] == "1")
    let first = paths.dropFirst().filter { $0[1] == rows[1][0] }.compactMap { Double($0[2]) }.sorted()
    try #require(first.count == 60)
    let (shownMedian, shownMean) = try (#require(Double(rows[1][1])), #require(Double(rows[1][2])))
    let median: Double = (first[29] + first[30]) / 2
    let mean: Double = first.reduce(0, +) / 60
    let bound: Double = 1e-9 * (1 + abs(mean))
    #expect(abs(median - shownMedian) < bound && abs(mean - shownMean) < bound)
    if likelihood == "negative-binomial" { #expect(first.allSatisfy { $0 >= 0 && $0 == $0.rounded() }) }

    // The same seed gives the same, another other paths, fewer the first of them.
    let again = try place.rnn(arguments + ["--samples", "60", "--seed", "3", "--level", "50,90"])
    #expect(again.text == outcome.text)
    #expect(try place.rnn(arguments + ["--samples", "60", "--seed", "4", "--level", "50,90"]).text != outcome.text)
    _ = try place.rnn(arguments + ["--samples", "10", "--seed", "3", "--paths", "q.csv"])
    #expect(
      String(decoding: try place.data("q.csv"), as: UTF8.self).split(separator: "\n").dropFirst().map(String.init)
        == paths.dropFirst().prefix(50).map { $0.joined(separator: ",") })
  }

  @Test func evaluates() throws {
    let place = try place("student")
    let arguments = ["forecast", "evaluate", "model.safetensors", "t.csv", "--test", "12", "--horizon", "4"]
    let json = try place.rnn(arguments + ["--json"]).json()
    let reports = try #require(json["reports"] as? [[String: Any]])
    #expect(reports.count == 2)
    for report in reports {
      let columns = try #require(report["distributions"] as? [[String: Any]])
      #expect(columns.map { $0["column"] as? String } == ["sold", "sent"])
      for column in columns {
        for key in ["crps", "wql", "coverage_80", "width_80", "coverage_95", "width_95"] {
          #expect((column[key] as? Double ?? -1) >= 0, "\(key)")
        }
        #expect((column["width_95"] as? Double ?? 0) >= (column["width_80"] as? Double ?? 9))
      }
    }
    // One step ahead the week is known: within a few of the value.
    let crps = try #require((reports[0]["distributions"] as? [[String: Any]])?[0]["crps"] as? Double)
    #expect(crps < 4)
  }

  @Test func resumes() throws {
    let place = try place("negative-binomial")
    let resumed = try place.rnn("forecast", "train", "t.csv", "--resume", "model.safetensors", "--epochs", "22")
    #expect(resumed.status == 0, "\(resumed.errors)")
  }

  @Test func refuses() throws {
    let place = try place("gaussian")
    let train = ["forecast", "train", "t.csv", "--checkpoint", "x.st"]
    expectFailure(try place.rnn(train + ["--likelihood", "student"]), 64, "--method network")
    expectFailure(try place.rnn(train + Self.quick + ["--likelihood", "cauchy"]), 64, "student")
    expectFailure(
      try place.rnn(train + Self.quick + ["--likelihood", "negative-binomial", "--difference", "7"]), 64,
      "--difference 7")
    for (value, text) in [("-1", "is -1, no count"), ("0.5", "is 0.5, no count")] {
      try place.write(Self.counts(140).replacing(",20,", with: ",\(value),"), to: "u.csv")
      expectFailure(
        try place.rnn(
          ["forecast", "train", "u.csv", "--checkpoint", "x.st", "--likelihood", "negative-binomial"] + Self.quick), 1,
        "u.csv", text)
    }
    expectFailure(
      try place.rnn("reservoir", "generate", "model.safetensors", "t.csv"), 1, "learned a distribution")

    // Metadata that say another thing than the weights.
    let bytes = try place.data("model.safetensors")
    func forged(_ other: String) throws -> Outcome {
      let own = #"gaussian\""#
      let range = try #require(bytes.firstRange(of: Data(own.utf8)))
      try #require(other.utf8.count == own.utf8.count)
      var changed = bytes
      changed.replaceSubrange(range, with: Data(other.utf8))
      try Data(resealed([UInt8](changed))).write(to: place.url("f.st"))
      return try place.rnn("forecast", "predict", "f.st", "t.csv")
    }
    expectFailure(try forged(#"gaussiam\""#), 1, "f.st", "no such likelihood")
    expectFailure(try forged(#"student\" "#), 1, "f.st", "outputs of --likelihood student")
    #expect(try forged(#"gaussian\""#).status == 0)
    // Values are predicted without samples.
    try #require(
      try place.rnn(["forecast", "train", "t.csv", "--checkpoint", "v.st"] + Self.quick).status == 0)
    for option in [["--samples", "9"], ["--seed", "1"], ["--paths", "p.csv"], ["--level", "80"]] {
      expectFailure(try place.rnn(["forecast", "predict", "v.st", "t.csv"] + option), 1, option[0], "--likelihood")
    }
    expectFailure(try place.rnn("forecast", "evaluate", "v.st", "t.csv", "--samples", "9"), 1, "--samples")
    expectFailure(try place.rnn("forecast", "predict", "v.st"), 64, "give the table")
  }
}
