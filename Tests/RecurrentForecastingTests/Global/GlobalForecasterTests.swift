import Foundation
import Recurrent
import Testing

import RecurrentForecasting

@Suite struct GlobalForecasterTests {
  private let quick = TestPanel.quick

  @Test func covariatesExplainJumps() throws {
    let (jump, horizon) = (8.0, 7)
    let series = TestPanel.jumps(8, steps: 120, ahead: horizon, jump: jump)
    let truths = series.enumerated().map { TestPanel.continuation($1, number: $0, jump: jump) }
    func error(_ series: [PanelSeries]) throws -> Double {
      TestPanel.meanError(
        try GlobalForecaster(fitting: series, horizon: horizon, seasons: [1], recipe: quick).forecasts(), truths)
    }
    let blind = try error(
      series.map { own in
        var own = own
        own.knownAhead = [:]
        return own
      })
    let seeing = try error(series)
    // Who does not know the days says the level at best, and errs by the jump on a fifth of them: 1.6 and more. Who does is left with
    // the error of a level that is estimated: the noise, of deviation 1, over the root of some ten values.
    #expect(blind > 1.6 * 0.7)
    #expect(seeing < blind / 2)
  }

  @Test func staticsTellTheSeason() throws {
    let horizon = 12
    // Two seasons and a half: what a series shows of its own season is mostly noise.
    let series = TestPanel.regions(30, steps: 30 + horizon)
    let known = series.map { own in
      var own = own
      own.values.removeLast(horizon)
      return own
    }
    let truths = series.indices.map { number in
      (30..<30 + horizon).map { (number % 2 == 0 ? 3.0 : -3) * sin(2 * .pi * Double($0) / 12) }
    }
    func error(_ series: [PanelSeries]) throws -> Double {
      TestPanel.meanError(
        try GlobalForecaster(fitting: series, horizon: horizon, seasons: [12], recipe: quick).forecasts(), truths)
    }
    let blind = try error(
      known.map { own in
        var own = own
        own.statics = [:]
        return own
      })
    let told = try error(known)
    #expect(told < 0.8 * blind, "\(told), \(blind)")
  }

  @Test func orderAndThreadsDoNotMatter() throws {
    let series = TestPanel.jumps(6, steps: 80, ahead: 5, jump: 3, missing: 0.1)
    func forecasts(_ series: [PanelSeries], threads: Int) throws -> [[Double]] {
      let forecaster = try GlobalForecaster(
        fitting: series, horizon: 5, seasons: [7], recipe: quick, threads: threads)
      return try forecaster.forecasts(threads: threads).map { $0.values + $0.interval(level: 80).lower }
    }
    let one = try forecasts(series, threads: 1)
    #expect(try forecasts(series, threads: 2) == one)
    #expect(try forecasts(series, threads: 3) == one)
    #expect(try forecasts(series.reversed(), threads: 2) == one.reversed())
  }

  @Test func seriesOfAllKindsAndLengths() throws {
    var generator = SeededGenerator(seed: 3)
    let lengths = [1, 2, 5, 14, 40, 90, 200]
    var series = lengths.enumerated().map { number, length in
      PanelSeries(
        "s\(number)", values: (0..<length).map { 5 + sin(Double($0)) + 0.1 * generator.normal() }, start: 200 - length,
        statics: ["size": "\(length)", "kind": number % 2 == 0 ? "a" : "b"],
        past: ["weather": (0..<length).map { _ in generator.normal() }])
    }
    series.append(
      PanelSeries(
        "flat", values: [Double](repeating: 7, count: 100), statics: ["size": "9", "kind": "c"], past: ["weather": []]))
    series.append(
      PanelSeries(
        "holes", values: (0..<100).map { $0 % 3 == 0 ? Double($0) : .nan }, statics: ["size": "9", "kind": ""],
        past: ["weather": [.nan, 1]]))
    series.append(
      PanelSeries(
        "huge", values: (0..<100).map { 1e300 * Double($0 % 5) }, statics: ["size": "x", "kind": "c"],
        past: ["weather": []]))
    for horizon in [1, 14] {
      for seasons in [[], [7]] {
        let forecasts = try GlobalForecaster(fitting: series, horizon: horizon, seasons: seasons, recipe: quick)
          .forecasts()
        for forecast in forecasts {
          let interval = forecast.interval(level: 95)
          #expect(forecast.values.count == horizon)
          #expect((forecast.values + interval.lower + interval.upper).allSatisfy { $0.isFinite })
          #expect(
            zip(interval.lower, forecast.values).allSatisfy { $0 <= $1 })
          #expect(zip(forecast.values, interval.upper).allSatisfy { $0 <= $1 })
        }
      }
    }
    // One series alone, and one that is nearly nothing.
    for few in [[series[6]], [series[0]]] {
      let values = try GlobalForecaster(fitting: few, horizon: 3, recipe: quick).forecasts()[0].values
      #expect(values.allSatisfy { $0.isFinite })
    }
  }

  @Test func theTimeOfYearIsLearntByAll() throws {
    let (steps, ahead, year) = (1100, 20, 365.2425)
    var generator = SeededGenerator(seed: 8)
    // They begin at different times of the year.
    let series = (0..<6).map { number in
      let start = 50 * number
      let values = (0..<steps + ahead).map { 5 * sin(2 * .pi * Double($0 + start) / year) + generator.normal() }
      return PanelSeries("s\(number)", values: values, start: start)
    }
    func backtest(_ year: Double?) throws -> GlobalBacktest {
      var recipe = quick
      (recipe.year, recipe.usesNetwork, recipe.fitsEachSeries) = (year, false, false)
      return try GlobalBacktest(series, horizon: ahead, origins: 1, seasons: [7], recipe: recipe, examples: 2)
    }
    let (seen, blind) = (try backtest(year), try backtest(nil))
    #expect(seen.choices[0].contains("and the time of year") && !blind.choices[0].contains("year"))
    #expect((seen.methods[0].scores.mase ?? 9) < (blind.methods[0].scores.mase ?? 0))
    #expect(seen.examples.map(\.name) == ["s0", "s1"] && seen.examples[1].runs.map(\.origin) == [steps])
    let byHorizon = seen.methods[0].byHorizon.compactMap(\.mase)
    #expect(abs(byHorizon.reduce(0, +) / Double(ahead) - (seen.methods[0].scores.mase ?? .nan)) < 1e-9)
  }

  @Test func missingValuesAreNotLearnt() throws {
    // What stands in for a missing value must not matter: NaN and infinities are the same.
    let series = TestPanel.jumps(4, steps: 90, ahead: 4, jump: 2, missing: 0.3)
    let other = series.map { own in
      var own = own
      own.values = own.values.map { $0.isNaN ? .infinity : $0 }
      return own
    }
    func values(_ series: [PanelSeries]) throws -> [[Double]] {
      try GlobalForecaster(fitting: series, horizon: 4, seasons: [1], recipe: quick).forecasts().map(\.values)
    }
    let (own, same) = (try values(series), try values(other))
    #expect(own == same)
  }

  @Test func filesKeepEverything() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("global-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var series = TestPanel.jumps(5, steps: 100, ahead: 20, jump: 3, missing: 0.05)
    for number in series.indices {
      series[number].statics = ["kind": number < 2 ? "a" : "b"]
      series[number].past = ["sun": series[number].values.map { $0.isNaN ? .nan : 1 / $0 }]
    }
    for networks in [0, 2] {
      var recipe = quick
      (recipe.networks, recipe.usesNetwork) = (networks, networks > 0)
      var forecaster = try GlobalForecaster(fitting: series, horizon: 5, seasons: [1], recipe: recipe)
      forecaster.notes = ["column": "y"]
      try forecaster.save(to: path)
      var read = try GlobalForecaster(contentsOf: path)
      func numbers(_ forecaster: GlobalForecaster) throws -> [[Double]] {
        try forecaster.forecasts().map { $0.values + $0.interval(level: 80).lower + $0.paths(2).flatMap { $0 } }
      }
      #expect(try numbers(read) == numbers(forecaster))
      #expect(read.description == forecaster.description && read.notes == forecaster.notes)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      try read.save(to: path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)

      // Two days later.
      let new = [
        PanelSeries("s3", values: [40, .nan], knownAhead: ["sale": [1, 0, 0, 1, 1, 0, 1]], past: ["sun": [0, 0]])
      ]
      try forecaster.update(with: new)
      try read.update(with: new)
      #expect(try numbers(read) == numbers(forecaster))
      #expect(read.series[3].values.count == 102)
      #expect(throws: ForecastingError.unknownSeries("s9")) { try read.update(with: [PanelSeries("s9", values: [])]) }
      try read.update(with: [PanelSeries("s0", values: [1], knownAhead: ["sale": [0, 1, 1, 1]], past: ["sun": [0]])])
      #expect(throws: ForecastingError.covariateEnds(series: "s0", covariate: "sale", steps: 3, needed: 5)) {
        try read.forecasts()
      }
    }
    #expect(throws: ForecastingError.noValues) { try GlobalForecaster(fitting: [], horizon: 1) }
    #expect(throws: ForecastingError.noValuesOf(series: "b")) {
      try GlobalForecaster(fitting: [PanelSeries("a", values: [1]), PanelSeries("b", values: [.nan])], horizon: 1)
    }
  }

  @Test func nothingLaterIsSeen() throws {
    let series = TestPanel.jumps(5, steps: 100, ahead: 0, jump: 3)
    let changed = series.map { own in
      var own = own
      for step in 95..<100 { own.values[step] = -1000 }
      return own
    }
    func choices(_ series: [PanelSeries]) throws -> [String] {
      try GlobalBacktest(series, horizon: 5, origins: 2, seasons: [7], recipe: quick).choices
    }
    let (own, other) = (try choices(series), try choices(changed))
    #expect(own == other)
  }

  @Test func backtestsCountTheSeries() throws {
    var series = TestPanel.jumps(5, steps: 100, ahead: 0, jump: 6)
    series.append(PanelSeries("short", values: [1, 2, 3], knownAhead: ["sale": [0, 0, 0]]))
    let backtest = try GlobalBacktest(
      series, horizon: 5, origins: 3, seasons: [1], recipe: quick, comparesEach: false)
    #expect(backtest.methods.map(\.name) == ["recurrent", "seasonal-naive", "ets", "theta", "ar"])
    #expect(backtest.seriesCount == 5 && backtest.shortCount == 1 && backtest.choices.count == 3)
    #expect(backtest.methods[0].betterCount >= 4 && backtest.methods[1].betterCount == 0)
    #expect(throws: ForecastingError.tooShort(count: 100, needed: 304)) {
      try GlobalBacktest(series, horizon: 100, origins: 3, recipe: quick)
    }
  }
}
