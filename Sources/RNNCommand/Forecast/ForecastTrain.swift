import ArgumentParser
import Foundation
import Recurrent
import Reports
import Storage
import Tables

struct ForecastTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model that forecasts columns of a table.",
    discussion: """
      By default one column is forecast up to --horizon steps ahead, with intervals: by direct linear forecasts with a small \
      recurrent network, exponential smoothing, Theta and autoregressions, of which rehearsals at earlier rows say what \
      counts. Missing values are interpolated. Several series, which stand below each other (unique_id, item_id or \
      --series-column tells them apart), in the tables of a folder, or in columns (--wide), are forecast by one model that \
      learns from all of them, unless --series takes one; columns with one text or number in each series, and \
      --covariates, are learnt from, too. What was chosen is printed; rnn forecast backtest measures it.

      With --method network there is one network of all columns. It sees windows of the series and learns, at every step, the next \
      value of every column, or with --likelihood its distribution. The last part \
      (--test) is only measured on; of what is before it, the last part (--validation) decides when to stop and which \
      epoch's model is kept. Columns are scaled to mean 0 and deviation 1 as they are in the training part alone; the \
      scaling is kept in the model's file.

      The file of --checkpoint then holds the best model, and all that its training needs to go on: --resume FILE does so as if \
      it had never stopped, on the same table; more --epochs or --patience may be asked of it. It is saved after epochs, \
      every 5 seconds, and when Ctrl-C, SIGTERM or the end of the terminal (SIGHUP) stops the training.

      \(FilePath.documentation)
      """)

  @OptionGroup var input: SeriesOptions

  @Option(
    help: ArgumentHelp(
      "combined: of one column, with intervals, simple methods and a small network by what was good before; in seconds. "
        + "network: one of all columns, by the other options.", valueName: "name"))
  var method = ForecastMethod.combined

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Columns to forecast; of --method network several together. (default: the first of numbers; of a network all)",
      valueName: "name"))
  var column: [String] = []

  @OptionGroup(title: "Many series") var panel: PanelOptions

  @Option(in: 1...largestSize, help: "Steps of a window: what a forecast looks back on.")
  var window = 24

  @Option(
    in: 0...largestSize,
    help: "Learn the differences to the values so many steps before: 1 for a trend, a season for a season; 0 for none.")
  var difference = 0

  @Option(
    help: ArgumentHelp(
      "Learn the distribution of each next value instead of the value, of which predict then draws sample paths: gaussian; student, "
        + "for values with outliers; negative-binomial, for counts (which are divided by 1 + their mean on the way in, as DeepAR does).",
      valueName: "name"))
  var likelihood: Likelihood?

  @Option(
    help: ArgumentHelp("Steps before the test part that decide when to stop: so many, or a share.", valueName: "n|x"))
  var validation = PartSize.share(0.1)

  @OptionGroup(title: "Measuring") var scoring: ScoringOptions
  @OptionGroup(title: "Model") var model: TableModelOptions
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Run") var options: TableRunOptions

  func validate() throws {
    if likelihood?.isOfCounts ?? false, difference > 0 {
      throw ValidationError(
        "'--likelihood negative-binomial' is of counts, which '--difference \(difference)' does not leave")
    }
    if method == .network, let option = PanelOptions.optionNames.first(where: GivenOptions.names.contains) {
      throw ValidationError("'\(option)' is an option of '--method combined'")
    }
    try options.refuseDecided(allowing: ["--method"])
    try model.validateStructure()
    try refuseTwice("--column", column)
  }

  func run() throws {
    if Team.isLeader {
      try options.files(reading: [(input.table, "<table>"), (model.initFrom, "--init-from")]).check()
    }
    if method == .combined, options.shared.resume == nil { return try trainCombined() }
    if Team.isLeader { try TrainingPage.check(options.shared.report) }
    // Taken first: another process may be about to replace the file.
    var store = try options.makeStoreOfLeader()
    guard let file = options.shared.resume else {
      let replaced = try ReplacedModel.found(by: .series, store, keepsBest: false)
      return try train(store, resumed: nil, replaced)
    }
    let resumed = try ResumedTable(from: file, command: "forecast")
    store?.resume(from: resumed.file, step: resumed.checkpoint.stepCount)
    let replaced = try ReplacedModel.found(by: .series, store, keepsBest: false, resumed: file)
    var command = try resumed.command(ForecastTrain.self)
    command.input.table = input.table
    command.options = options.resuming(command.options)
    try command.train(store, resumed: resumed, replaced)
  }

  private func train(
    _ store: consuming CheckpointStore?, resumed: ResumedTable?, _ replaced: ReplacedModel?
  ) throws {
    let series = try input.series(column.isEmpty ? nil : column)
    let validationCount = validation.count(of: series.count)
    let needed = validationCount + difference + window + 2
    let testCount = try scoring.testCount(
      series, difference: difference, needed: needed, why: "a window of \(window) with --validation \(validationCount)")
    try scoring.validate(series, difference: difference, testCount: testCount)
    let log = try options.shared.writtenLog.map { path throws(Failure) in
      try TrainingLog(path: path, resumingAt: resumed?.checkpoint.stepCount ?? 0)
    }

    let width = series.width
    let trainingCount = series.count - testCount - validationCount
    if likelihood?.isOfCounts ?? false { try series.requireCounts() }
    let inputs = SeriesDescription.differences(
      Array(series.values[..<(trainingCount * width)]), width: width, lag: difference)
    let description = SeriesDescription(
      columns: series.columns, window: window, difference: difference,
      scaling: likelihood?.isOfCounts ?? false
        ? Standardization(ofCounts: inputs, width: width) : Standardization(of: inputs, width: width),
      likelihood: likelihood, timing: series.timing)
    let scaled = description.inputs(series.values)
    // Windows begin at every step from which a whole one and its last target fit into the training part.
    let windows = trainingCount - difference - window
    let shards = try resumed?.checkpoint.settings.shards ?? options.sharding.count()
    let batchSize = min(options.batchSize, windows) / shards * shards
    guard batchSize > 0 else {
      throw Failure(message: "\(shards) shards need a batch of \(shards) windows or more: --batch-size", status: .usage)
    }
    let stepsPerEpoch = windows / batchSize

    var trainer: Trainer<Float>
    var note = TableNote(command: "forecast", options)
    if var going = resumed {
      let goesOn = try going.trainer(
        options, digest: series.digest, table: input.table, stepsPerEpoch: stepsPerEpoch,
        hasValidation: validationCount > 0)
      guard let goesOn else { return }
      trainer = goesOn
      note = going.note
      Note.products(of: trainer.plan)
    } else {
      note.digest = series.digest
      trainer = try newTrainer(description, shards: shards, batchSize: batchSize, stepsPerEpoch: stepsPerEpoch)
      Note.line(
        "table     \(series.columns.joined(separator: ", ")): \(counted(trainingCount, "step")) to train on, "
          + "\(grouped(validationCount)) for validation, \(grouped(testCount)) to test")
      Note.line(
        "model     \(trainer.plan.configuration.summary); \(counted(trainer.plan.parameterCount, "parameter")); "
          + "\(ByteCount(trainer.plan.totalBytes)) of memory")
      Note.products(of: trainer.plan)
      Note.line(
        "training  at most \(counted(options.epochs, "epoch")) of \(counted(stepsPerEpoch, "step")) of "
          + "\(counted(batchSize, "window")) × \(counted(window, "step")); "
          + optimizer.summary(
            for: .tables, steps: stepsPerEpoch * options.epochs, batchSize: batchSize))
      Note.shards(shards, trainer.settings.exchange)
    }

    replaced?.announce()
    Note.threads(options.shared.threads)
    let validated = Array(trainingCount..<trainingCount + validationCount)
    // Boxes: closures share them.
    let batches = WindowBatches(
      scaled, targets: description.targets(series.values), width: width, window: window, count: windows,
      batchSize: batchSize, seed: options.shared.seed)
    let validator = try NetworkForecasterBox(
      NetworkForecaster(
        trainer.model(), description, origins: validationCount,
        trainer.settings.passSettings(threads: options.shared.threadCount)))
    let page = self.page(trainer, series, training: trainingCount, validation: validationCount, test: testCount)
    let horizon = scoring.horizon ?? min(10, max(1, testCount > 0 ? testCount : validationCount))
    // Without a test part the end of the validation part is what is shown.
    let shown = testCount > 0 ? trainingCount + validationCount : series.count - min(horizon, validationCount)
    func show() {
      let horizon = min(horizon, series.count - shown)
      page?.results = [
        likelihood == nil
          ? Section(&validator.forecaster, series, origins: validated, start: shown, horizon: horizon)
          : Section(sampling: &validator.forecaster, series, start: shown, horizon: horizon)
      ]
    }
    let held = ValidationData<Float> { trainer in
      let loss = validator.loss(trainer.model(), series, origins: validated)
      if page?.isDue ?? false { show() }
      return loss
    }
    var training = try TableTraining(
      trainer, TrainingData(batchesPerEpoch: stepsPerEpoch) { epoch, batch in batches.batch(epoch: epoch, batch) },
      held: validated.isEmpty ? nil : held, note: note, table: input.table, resumed: resumed,
      path: options.checkpointPath, store: store, unit: "windows", scale: batchSize, log: log, page: page)
    let best = try training.run()

    validator.forecaster.load(best)
    if let page, shown < series.count {
      show()
      page.write()
    }
    let reports = try scoring.reports(
      &validator.forecaster, name: best.configuration.cell.name, series, testCount: testCount)
    for line in reports where Team.isLeader { try report("\n" + line.description, besides: options.shared.log) }
  }

  private func newTrainer(
    _ description: SeriesDescription, shards: Int, batchSize: Int, stepsPerEpoch: Int
  ) throws -> Trainer<Float> {
    let width = description.columns.count
    let configuration = ModelConfiguration(
      cell: model.cell.cell, input: .vectors(size: width), hiddenSize: model.hiddenSize, layerCount: model.layers,
      outputSize: description.outputSize, dropout: model.dropout, headDropout: model.headDropout)
    return try Trainer(
      model.start(
        configuration, annotations: [SeriesDescription.annotation: description.text], seed: options.shared.seed),
      batchSize: batchSize, sequenceLength: window, loss: description.loss,
      optimizer: optimizer.makeOptimizer(for: .tables, batchSize: batchSize),
      schedule: try optimizer.makeSchedule(steps: stepsPerEpoch * options.epochs, batchSize: batchSize),
      clipping: optimizer.clipping(for: .tables), shards: shards, exchange: options.sharding.exchange,
      over: Team.ranks,
      products: options.shared.multiplying.choice, precision: options.multiplying.weights,
      threads: options.shared.threadCount, seed: options.shared.seed)
  }
}

extension Series {
  /// Tells whether a series is the one that it was.
  fileprivate var digest: UInt64 {
    var digest = UInt64.digestStart
    for column in columns { digest.digest(column) }
    digest.digest(values)
    for isKnown in isKnown { digest.digest(isKnown ? 1 : 0) }
    return digest
  }
}

private final class NetworkForecasterBox {
  var forecaster: NetworkForecaster

  init(_ forecaster: consuming NetworkForecaster) { self.forecaster = forecaster }

  /// The loss one step ahead, of values that are known: the mean squared error in deviations of the columns, or that of the
  /// distributions.
  func loss(_ model: Model<Float>, _ series: Series, origins: [Int]) -> Double {
    forecaster.load(model)
    guard forecaster.description.likelihood == nil else { return likelihoodLoss(series, origins: origins) }
    let forecasts = forecaster.forecasts(series.values, origins: origins, horizon: 1)
    var (sum, count) = (0.0, 0)
    for (number, origin) in origins.enumerated() {
      for column in 0..<series.width where series.isKnown[origin * series.width + column] {
        let error = forecasts[number * series.width + column] - series.value(origin, column)
        let scaled = error / forecaster.description.scaling.deviations[column]
        sum += scaled * scaled
        count += 1
      }
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  private func likelihoodLoss(_ series: Series, origins: [Int]) -> Double {
    let description = forecaster.description
    let (width, size) = (series.width, description.outputSize)
    // Steps of which every value is known.
    let known = origins.filter { origin in (0..<width).allSatisfy { series.isKnown[origin * width + $0] } }
    if known.isEmpty { return 0 }
    let targets = description.targets(series.values)
    let lag = description.difference
    return description.loss.evaluate(
      forecaster.nextOutputs(series.values, origins: known), outputSize: size,
      values: known.flatMap { targets[(($0 - lag) * width)..<(($0 - lag + 1) * width)] }
    ).loss
  }
}
