import Foundation
import Recurrent
import Testing

import RecurrentForecasting

@Suite struct ForecasterTests {
  private var quick: Recipe {
    var recipe = Recipe()
    (recipe.networks, recipe.updates) = (1, 5)
    return recipe
  }

  @Test func nothingMakesItCrash() throws {
    let noise = TestSeries.autoregressive(60, 0.3)
    let cases: [[Double]] = [
      [1], [1, 2], [5, 5, 5, 5, 5], TestSeries.line(7), [Double](repeating: 0, count: 80),
      [Double](repeating: -3, count: 40), noise, noise.map { $0 * 1e-300 }, noise.map { $0 * 1e300 },
      noise.map { 1e12 + $0 }, noise.map { abs($0) }, noise.map(exp), [.nan, 1, .nan, .nan, 4, 5, .nan],
      noise.enumerated().map { $0 % 3 == 0 ? .nan : $1 }, [Double](repeating: .nan, count: 50) + [1],
      (0..<60).map { $0 == 30 ? 1e9 : 1 },
    ]
    for values in cases {
      for seasons in [[], [1], [12], [500]] {
        for horizon in [1, 14] {
          let forecast = try Forecaster(fitting: values, horizon: horizon, seasons: seasons, recipe: quick).forecast()
          let interval = forecast.interval(level: 95)
          #expect(forecast.values.count == horizon)
          #expect((forecast.values + interval.lower + interval.upper).allSatisfy { $0.isFinite })
          #expect(zip(interval.lower, forecast.values).allSatisfy { $0 <= $1 })
          #expect(zip(interval.upper, forecast.values).allSatisfy { $0 >= $1 })
        }
      }
    }
    #expect(throws: ForecastingError.noValues) { try Forecaster(fitting: [.nan, .nan], horizon: 1) }
    #expect(throws: ForecastingError.noValues) { try Forecaster(fitting: [], horizon: 1) }
  }

  @Test func linesGoOnWhereverTheyLie() throws {
    for offset in [0.0, -500, 1e12] {
      let forecast = try Forecaster(
        fitting: TestSeries.line(80, slope: 2, offset: offset), horizon: 10, seasons: [1], recipe: quick
      ).forecast()
      for (ahead, value) in forecast.values.enumerated() {
        #expect(abs(value - (offset + 2 * Double(80 + ahead))) < 1e-3 * max(1, offset * 1e-12))
      }
    }
  }

  @Test func unitsDoNotMatter() throws {
    let values = TestSeries.autoregressive(120, 0.8)
    let plain = try Forecaster(fitting: values, horizon: 6, seasons: [1], recipe: quick).forecast().values
    let scaled = try Forecaster(fitting: values.map { $0 * 1024 }, horizon: 6, seasons: [1], recipe: quick).forecast()
    #expect(zip(plain, scaled.values).allSatisfy { abs($0 * 1024 - $1) < 1e-6 * 1024 })
  }

  @Test func threadsDoNotMatter() throws {
    func numbers(_ threads: Int) throws -> [[Double]] {
      try Backtest(
        TestSeries.passengers, horizon: 12, origins: 3, seasons: [12], recipe: quick, threads: threads
      ).runs.map(\.forecast.values)
    }
    let one = try numbers(1)
    let (two, three) = (try numbers(2), try numbers(3))
    #expect(two == one)
    #expect(three == one)
  }

  @Test func nothingLaterIsSeen() throws {
    var changed = TestSeries.passengers
    for step in 132..<144 { changed[step] = 1 }
    func first(_ values: [Double]) throws -> [[Double]] {
      try Backtest(values, horizon: 12, origins: 3, seasons: [12], recipe: quick).runs.prefix(2).map(\.forecast.values)
    }
    let (own, other) = (try first(TestSeries.passengers), try first(changed))
    #expect(own == other)
  }

  @Test func intervalsHoldTheirShare() throws {
    var (inside, count) = (0.0, 0.0)
    for seed in 0..<12 {
      let values = TestSeries.autoregressive(160, 0.6, seed: UInt64(seed) + 10)
      var recipe = Recipe()
      recipe.usesNetwork = false
      let scores = try Backtest(values, horizon: 8, origins: 4, seasons: [1], recipe: recipe).methods[0].scores
      inside += scores.coverage80 ?? 0
      count += 1
    }
    // 12 series of 4 origins, whose 8 errors hang together: a standard error of about 0.04.
    #expect((0.68...0.9).contains(inside / count))
  }

  /// Days of which a window shows no year: the place in it does.
  @Test func theTimeOfYearHelpsWhereItShows() throws {
    let year = 365.2425
    func values(_ height: Double, seed: UInt64) -> [Double] {
      TestSeries.autoregressive(1100, 0.3, seed: seed).enumerated().map { step, noise in
        noise + height * sin(2 * .pi * Double(step) / year)
      }
    }
    func backtest(_ values: [Double], _ year: Double?) throws -> Backtest {
      var recipe = Recipe()
      (recipe.usesNetwork, recipe.year) = (false, year)
      return try Backtest(values, horizon: 30, origins: 4, seasons: [7], recipe: recipe)
    }
    let seen = try backtest(values(4, seed: 5), year)
    #expect(seen.runs.allSatisfy { $0.choices.contains("and the time of year") }, "\(seen.runs[0].choices)")
    let blind = try backtest(values(4, seed: 5), nil)
    #expect(blind.runs.allSatisfy { !$0.choices.contains("year") })
    #expect((seen.methods[0].scores.mase ?? 9) < (blind.methods[0].scores.mase ?? 0))
    // Less than two years say nothing of it.
    var recipe = Recipe()
    (recipe.usesNetwork, recipe.year) = (false, year)
    let short = try Forecaster(fitting: Array(values(4, seed: 5)[..<700]), horizon: 7, seasons: [7], recipe: recipe)
    #expect(!short.description.contains("year"))
    // It is kept in files.
    let forecaster = try Forecaster(fitting: values(4, seed: 5), horizon: 7, seasons: [7], recipe: recipe)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("year-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try forecaster.save(to: path)
    #expect(try Forecaster(contentsOf: path).forecast().values == forecaster.forecast().values)
  }

  @Test func seasonsAreFound() {
    #expect(Seasonality.period(of: (0..<120).map { sin(2 * .pi * Double($0) / 12) }) == 12)
    #expect(Seasonality.period(of: TestSeries.passengers) == 12)
    #expect(Seasonality.period(of: TestSeries.line(100)) == 1)
    #expect(Seasonality.period(of: TestSeries.autoregressive(300, 0.5)) == 1)
    #expect(Season(TestSeries.passengers, natural: [12]).isPresent)
    #expect(!Season(TestSeries.autoregressive(300, 0.9), natural: [12]).isPresent)
  }

  @Test func aGivenSeasonIsObeyed() throws {
    var recipe = Recipe()
    (recipe.usesNetwork, recipe.season) = (false, 7)
    // No test would find one.
    let values = TestSeries.autoregressive(120, 0.9)
    let forecaster = try Forecaster(fitting: values, horizon: 7, seasons: [12], recipe: recipe)
    #expect(forecaster.description.hasPrefix("season 7;"), "\(forecaster.description)")
    let backtest = try Backtest(values, horizon: 7, origins: 2, seasons: [12], recipe: recipe, threads: 1)
    #expect(backtest.season == 7 && backtest.runs.allSatisfy { $0.choices.hasPrefix("season 7;") })
    recipe.season = 1
    let passengers = try Forecaster(fitting: TestSeries.passengers, horizon: 6, seasons: [12], recipe: recipe)
    #expect(passengers.description.hasPrefix("no season;"), "\(passengers.description)")
    // Two seasons are the least.
    recipe.season = 60
    #expect(try Forecaster(fitting: values, horizon: 7, recipe: recipe).description.contains("no season of 60"))
  }

  @Test func filesKeepEverything() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("forecaster-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var recipe = Recipe()
    (recipe.networks, recipe.updates) = (2, 20)
    for values in [TestSeries.passengers, [1, .nan, 3, 4]] {
      var forecaster = try Forecaster(fitting: values, horizon: 12, seasons: [12], recipe: recipe)
      try forecaster.save(to: path)
      var read = try Forecaster(contentsOf: path)
      #expect(read.forecast().values == forecaster.forecast().values)
      #expect(read.forecast().interval(level: 80) == forecaster.forecast().interval(level: 80))
      #expect(read.description == forecaster.description)
      // The same forecaster, the same bytes.
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      try Forecaster(fitting: values, horizon: 12, seasons: [12], recipe: recipe).save(to: path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
      forecaster.update(with: [420, .nan])
      read.update(with: [420, .nan])
      #expect(read.forecast().values == forecaster.forecast().values)
      #expect(read.values.count == values.count + 2)
    }
  }

  @Test func scalesRise() {
    #expect(IntervalErrors.rising([1, 3, 2, 4], weights: [1, 1, 1, 1]) == [1, 2.5, 2.5, 4])
  }
}
