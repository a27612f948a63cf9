import ArgumentParser
import Recurrent
import Storage
import Tables

struct ReservoirTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Draw a reservoir and fit its readout to a table.",
    discussion: """
      The reservoir goes through the series once, and its readout is fitted by ridge regression to give, at every step, the next \
      value of every column. The last part (--test) is only measured on. Columns are scaled to mean 0 and deviation 1 as they are \
      before it; the scaling is kept in the model's file.

      With --sums FILE the sums that the fit was solved from are kept there, in memory and a file that do not grow with the table. \
      --resume MODEL --sums FILE goes on from them: the rows of another table are added, and the readout of the same reservoir is \
      fitted to all of them.

      With --target the readout gives those columns from the others of the same row, and of the rows before it, instead of the next \
      row: of a filter, a soft sensor, or a system that is identified. 'rnn reservoir predict' then writes the targets of a table that \
      has the other columns alone.

      \(FilePath.documentation)
      """)

  @OptionGroup var input: SeriesOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Columns to forecast, together; with --target those to read. (default: all of numbers)", valueName: "name"))
  var column: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Columns to give from the others, instead of forecasts.", valueName: "name"))
  var target: [String] = []

  @Option(
    in: 1...largestSize,
    help: "Steps until the state has forgotten where it started: not fitted to, and what a forecast looks back on. "
      + "(default: 100, or a quarter of a short table)")
  var washout: Int?

  @Option(
    in: 0...largestSize,
    help: "Learn the differences to the values so many steps before: 1 for a trend, a season for a season; 0 for none.")
  var difference = 0

  @OptionGroup(title: "Measuring") var scoring: ScoringOptions
  @OptionGroup(title: "Reservoir") var reservoir: ReservoirOptions
  @OptionGroup(title: "Readout") var ridge: RidgeFitOptions

  @Option(in: 0...UInt64.max, help: "Decides the weights: the same seed gives the same reservoir.")
  var seed: UInt64 = 0

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  @Option(
    writing: "Where the model is kept; an earlier one for the same use is replaced, others are refused. "
      + "(default: \(SharedRunOptions.defaultCheckpoint), or the file of --resume)")
  var checkpoint: String?

  @Option(reading: "Add this table to the fit of this model, whose sums are those of --sums.")
  var resume: String?

  @Option(
    help: ArgumentHelp("Keep the sums of the fit here, to go on from.", valueName: "file"), transform: FilePath.writing)
  var sums: String?

  func validate() throws {
    try refuseTwice("--column", column)
    try refuseTwice("--target", target)
    if let both = target.first(where: column.contains) {
      throw ValidationError("'\(both)' is both a --column and a --target")
    }
    if !target.isEmpty, let option = Self.forecastOptions.first(where: GivenOptions.names.contains) {
      throw ValidationError("'\(option)' is for forecasts, and excludes '--target'")
    }
    if sums != nil, ridge.folds != nil { throw ValidationError("'--sums' keeps no folds: leave out '--folds'") }
    guard resume != nil else { return }
    if sums == nil { throw ValidationError("'--resume' needs the sums of the model's fit: '--sums <file>'") }
    let allowed: Set = [
      "--resume", "--sums", "--checkpoint", "--products", "--threads", "--test", "--horizon", "--season",
      "--autoregression", "--penalty",
    ]
    try GivenOptions.refuseWithResume(allowing: allowed.union(TableOptions.names).union(SeriesRowOptions.names))
  }

  private static let forecastOptions = ["--difference", "--sums", "--horizon", "--season", "--autoregression"]

  var path: String { checkpoint ?? resume ?? SharedRunOptions.defaultCheckpoint }

  func run() throws {
    var files = FileUse(reading: [(input.table, "<table>")])
    files.keeps(path, as: "--checkpoint", resuming: resume)
    files.writes(sums, as: "--sums", .sums)
    // Held from before they are read.
    let outputs = try files.hold()
    defer { outputs.release() }
    var store = try CheckpointStore(path: path, keeping: 0, keepsBest: false)
    guard target.isEmpty else { return try fitTargets(store) }
    let replaced = try ReplacedModel(by: .series, store, keepsBest: false, resumed: resume)
    let resumed = try resume.map { try ResumedReservoir(model: $0, sums: sums!) }
    let series =
      if let resumed, let resume {
        try input.series(resumed.description.columns, like: resumed.description.timing, of: resume)
      } else { try input.series(column.isEmpty ? nil : column) }
    let lag = resumed?.description.difference ?? difference
    let washout = resumed?.description.window ?? washout ?? max(1, min(100, (series.count - lag) / 4))
    let needed = lag + washout + 2
    let testCount = try scoring.testCount(
      series, difference: lag, needed: needed,
      why: "a wash-out of \(washout)" + (lag > 0 ? " after --difference \(lag)" : ""))
    try scoring.validate(series, difference: lag, testCount: testCount)

    let known = series.prefix(series.count - testCount)
    let description =
      resumed?.description
      ?? SeriesDescription(
        columns: series.columns, window: washout, difference: lag,
        scaling: Standardization(
          of: SeriesDescription.differences(known.values, width: series.width, lag: lag), width: series.width),
        timing: series.timing)
    var model: Model<Float>
    if let resumed {
      model = resumed.model
    } else {
      model = try Model<Float>(reservoir.configuration(inputs: series.width, outputs: series.width), seed: seed)
      model.annotations = [SeriesDescription.annotation: description.text]
      Note.line("reservoir \(reservoir.summary)")
    }
    Note.line(
      "table     \(series.columns.joined(separator: ", ")): \(counted(known.count, "step")) to fit to, of which \(grouped(washout)) "
        + "are washed out; \(grouped(testCount)) to test")
    replaced?.announce()
    Note.threads(threads)

    let (summary, kept) = try fit(&model, known, description, resumed)
    Note.line("readout   \(summary)")
    try store.save(step: 0) { (path) throws(CheckpointError) in try model.save(to: path) }
    // Last: sums that the model does not know of would be added to a second time.
    if let sums { try kept?.save(to: sums, of: model) }
    Note.note("saved \(path), the model" + (sums.map { ", and \($0), the sums of its fit" } ?? ""))

    guard testCount > 0 else { return }
    var forecaster = try NetworkForecaster(
      model, description, origins: testCount, PassSettings(products: multiplying.choice, threads: threads ?? 0))
    for line in try scoring.reports(&forecaster, name: model.configuration.cell.name, series, testCount: testCount) {
      try report("\n" + line.description, besides: nil)
    }
  }

  /// Puts the fitted readout into the model.
  /// - Returns: what to say of the fit, and the sums that are kept of it.
  private func fit(
    _ model: inout Model<Float>, _ series: Series, _ description: SeriesDescription, _ resumed: ResumedReservoir?
  ) throws -> (summary: String, kept: KeptSums?) {
    let values = description.inputs(series.values)
    let input = ModelInput<Float>.vectors(Array(values.dropLast(series.width)))
    let target = ModelTarget<Float>.values(Array(values.dropFirst(series.width)))
    var options = ridge.options(washout: description.window)
    guard sums != nil else {
      let (fitted, fit) = try model.fittingHead(
        to: input, target, options, products: multiplying.choice, threads: threads ?? 0)
      model = fitted
      return (fit.summary(), nil)
    }
    var gram =
      try resumed?.sums.gram
      ?? RidgeGram(featureCount: model.configuration.headInputSize, targetCount: series.width)
    try gram.add(
      headOf: model, input, target, washout: description.window, products: multiplying.choice, threads: threads ?? 0)
    var penalty = ridge.penalty ?? resumed?.sums.penalty
    if penalty == nil {
      // Those that the sums resolve.
      options.penalty = .leaveOneOut(RidgeOptions.penalties.filter { $0 >= gram.leastPenalty })
      options.method = .gram
      penalty = try model.fittingHead(
        to: input, target, options, products: multiplying.choice, threads: threads ?? 0
      ).fit.penalty
    }
    guard let penalty else { stop("a fit has a penalty") }
    do { model = model.withHead(try gram.solve(penalty: penalty)) } catch {
      guard case .notPositiveDefinite = error else { throw error }
      throw Failure(
        message:
          "the penalty of \(short(penalty)) is too small for the sums: give --penalty \(short(max(10 * penalty, gram.leastPenalty))) or more"
      )
    }
    let summary = "penalty \(short(penalty)); \(counted(gram.count, "step")) in all, by Cholesky"
    return (summary, KeptSums(gram: gram, penalty: penalty))
  }
}
