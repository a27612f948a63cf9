import ArgumentParser
import Recurrent
import RecurrentForecasting

extension ForecastTrain {
  /// `--method combined`.
  func trainCombined() throws {
    guard Team.count == 1, options.sharding.shards == nil, options.sharding.exchange == .full else {
      throw Failure(message: "--method combined has no shards, and is trained by one process", status: .usage)
    }
    if let option = GivenOptions.names.first(where: CombinedTraining.networkOptions.contains) {
      throw ValidationError("'\(option)' is an option of '--method network'")
    }
    guard column.count <= 1 || panel.wide else {
      throw ValidationError("'--method combined' forecasts one column, got \(counted(column.count, "name"))")
    }
    if let horizon = scoring.horizon, horizon > ForecastBacktest.largestHorizon {
      throw ValidationError(
        "'--method combined' forecasts at most \(grouped(ForecastBacktest.largestHorizon)) steps ahead, not \(horizon)")
    }
    // Taken first: another process may be about to replace the file.
    var store = try options.makeStore()
    let replaced = try ReplacedModel(by: .forecaster, store, keepsBest: false)
    switch try input.data(panel.request(columns: column)) {
    case .one(let target): try train(target, &store, replaced)
    case .many(let panel): try train(panel, &store, replaced)
    }
  }

  private func train(
    _ target: ForecastTarget, _ store: inout CheckpointStore, _ replaced: ReplacedModel?
  ) throws {
    let seasons = scoring.season.map { [$0] } ?? target.time.seasons
    var training = CombinedTraining(
      target: target, horizon: scoring.horizon ?? defaultHorizon(seasons, rows: target.values.count), seasons: seasons)
    (training.recipe.seed, training.recipe.season) = (options.shared.seed, scoring.season)
    training.recipe.year = target.time.year
    training.recipe.noteSeason(count: target.values.count)
    training.report = options.shared.report
    replaced?.announce()
    try training.run(&store)
  }

  private func train(
    _ panel: ForecastPanel, _ store: inout CheckpointStore, _ replaced: ReplacedModel?
  ) throws {
    replaced?.announce()
    let seasons = scoring.season.map { [$0] } ?? panel.seasons
    var recipe = GlobalRecipe()
    (recipe.seed, recipe.year) = (options.shared.seed, panel.year)
    let horizon = scoring.horizon ?? defaultHorizon(seasons)
    var forecaster: GlobalForecaster
    do throws(ForecastingError) {
      forecaster = try GlobalForecaster(
        fitting: panel.series, horizon: horizon, seasons: seasons, recipe: recipe, threads: options.shared.threads ?? 0)
    } catch { throw Failure(message: "\(panel.file): \(error)") }
    SavedGlobalForecaster.note(panel, in: &forecaster)
    try store.save(step: 0) { (path) throws(CheckpointError) in try forecaster.save(to: path) }
    Note.line(
      "table     \(panel.target ?? "each column") of \(grouped(panel.series.count)) series, \(panel.lengths), \(horizon) ahead"
    )
    Note.line("chosen    \(forecaster.description)")
    Note.note("saved \(store.path)")
    guard let report = options.shared.report else { return }
    let forecasts: [RecurrentForecasting.Forecast]
    do throws(ForecastingError) {
      forecasts = try forecaster.forecasts(threads: options.shared.threads ?? 0)
    } catch { throw Failure(message: "\(panel.file): \(error); without --report it is trained all the same") }
    let prediction = GlobalPrediction(
      panel: panel, forecasts: forecasts, starts: panel.series.map(\.values.count), horizon: horizon,
      levels: [80, 95], truths: false)
    try prediction.page(forecaster, history: nil).write(to: report)
  }
}
