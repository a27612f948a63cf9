import Foundation
import Testing

private let dataDirectory = ProcessInfo.processInfo.environment["RECURRENT_DATA"]

/// Files of the literature, which are not part of the package: `RECURRENT_DATA` names the directory that holds them
/// (`Benchmarks/RealTasks.md` says where they come from). Without it these tests are skipped.
@Suite(.enabled(if: dataDirectory != nil, "RECURRENT_DATA names no directory with the data"))
struct RealDataTests {
  static func path(_ name: String) -> String { URL(fileURLWithPath: dataDirectory ?? "").appending(path: name).path }

  static let quick = ["--epochs", "1", "--hidden-size", "4", "--threads", "1"]

  @Test func sunspots() throws {
    let outcome = try Workplace().rnn(
      ["forecast", "train", "--method", "network", Self.path("sunspots.csv"), "--season", "11"] + Self.quick)
    #expect(outcome.status == 0, "\(outcome.errors)")
    // 309 years, the year itself being no column to forecast.
    #expect(outcome.errors.contains("SUNACTIVITY: 249 steps to train on, 30 for validation, 30 to test"))
    #expect(outcome.text.contains("from 1979 to 2008"))
  }

  @Test func carbonDioxide() throws {
    let place = try Workplace()
    let arguments = ["forecast", "train", "--method", "network", Self.path("co2.csv")] + Self.quick
    expectFailure(
      try place.rnn(arguments), 1,
      "co2.csv, column \"co2\": 59 values are missing, the first in lines 8, 11, 12, 13, 14")
    let filled = try place.rnn(arguments + ["--missing", "interpolate"])
    #expect(filled.status == 0 && filled.errors.contains("co2: 1,828 steps to train on"), "\(filled.errors)")
    let options = ["--missing", "interpolate", "--horizon", "1"]
    let predicted = try place.rnn(["forecast", "predict", "model.safetensors", Self.path("co2.csv")] + options)
    // The last week is that of 29 December 2001.
    #expect(predicted.text.contains("\n20020105,"), "\(predicted.text)")
    let dropped = try place.rnn(arguments + ["--missing", "drop"])
    #expect(dropped.status == 0, "\(dropped.errors)")
  }

  @Test func japaneseVowels() throws {
    let place = try Workplace()
    let trained = try place.rnn(
      ["classify", "train", Self.path("JapaneseVowels_TRAIN.ts"), "--validation", "0"] + Self.quick)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("270 sequences of 7 to 26 steps"))
    #expect(trained.errors.contains("12 features, 9 classes"))
    let report = try place.rnn(
      "classify", "evaluate", "model.safetensors", Self.path("JapaneseVowels_TEST.ts"), "--json"
    ).json()
    let confusion = try #require(report["confusion"] as? [[Int]])
    // The numbers of utterances in the data's own description.
    #expect(confusion.map { $0.reduce(0, +) } == [31, 35, 88, 44, 29, 24, 40, 50, 29])
  }

  @Test func heartBeats() throws {
    let place = try Workplace()
    let columns = ["--label-column", "label"]
    let trained = try place.rnn(
      ["classify", "train", Self.path("mitdb.csv"), "--per-step", "--validation", "500"] + columns + Self.quick)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errors.contains("7,000 steps to train on, 500 steps for validation"))
    let report = try place.rnn(
      ["classify", "evaluate", "model.safetensors", Self.path("mitdb.csv"), "--json"] + columns
    ).json()
    let confusion = try #require(report["confusion"] as? [[Int]])
    #expect(confusion.map { $0.reduce(0, +) } == [7148, 352])
  }
}
