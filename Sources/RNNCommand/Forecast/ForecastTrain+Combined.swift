import ArgumentParser

extension ForecastTrain {
  /// `--method combined`.
  func trainCombined() throws {
    if let option = GivenOptions.names.first(where: CombinedTraining.networkOptions.contains) {
      throw ValidationError("'\(option)' is an option of '--method network'")
    }
    guard column.count <= 1 else {
      throw ValidationError("'--method combined' forecasts one column, got \(counted(column.count, "name"))")
    }
    if let horizon = scoring.horizon, horizon > ForecastBacktest.largestHorizon {
      throw ValidationError(
        "'--method combined' forecasts at most \(grouped(ForecastBacktest.largestHorizon)) steps ahead, not \(horizon)")
    }
    // Taken first: another process may be about to replace the file.
    var store = try options.makeStore()
    let replaced = try ReplacedModel(by: .forecaster, store, keepsBest: false)
    let target = try input.target(column: column.first)
    let seasons = scoring.season.map { [$0] } ?? target.time.seasons
    var training = CombinedTraining(
      target: target, horizon: scoring.horizon ?? defaultHorizon(seasons, rows: target.values.count), seasons: seasons)
    (training.recipe.seed, training.recipe.season) = (options.shared.seed, scoring.season)
    training.recipe.noteSeason(count: target.values.count)
    training.report = options.shared.report
    replaced?.announce()
    try training.run(&store)
  }
}
