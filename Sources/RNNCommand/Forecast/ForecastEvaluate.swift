import ArgumentParser
import Recurrent
import Storage

struct ForecastEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a network's forecasts of the last part of a table.",
    discussion: """
      Squared and absolute errors in the columns' units, beside those of forecasts that need no network. MASE is the mean \
      absolute error over the mean absolute step from value to value (with --season: from season to season) before the \
      measured part.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @OptionGroup var input: SeriesOptions
  @OptionGroup(title: "Measuring") var scoring: ScoringOptions

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (input.table, "<table>")]).check()
    let (model, description) = try Model.forForecasts(at: model)
    let series = try input.series(description.columns)
    let testCount = try scoring.testCount(
      series, difference: description.difference, needed: description.difference + 1, why: "a forecast")
    guard testCount > 0 else { throw Failure(message: "with --test 0 there is nothing to measure") }
    var forecaster = try NetworkForecaster(
      model, description, origins: testCount, products: multiplying.choice, threads: threads ?? 0)
    Note.productsHint(of: forecaster.plan)
    Note.threads(threads)
    let reports = try scoring.reports(
      &forecaster, name: model.configuration.cell.name, series, testCount: testCount)
    if json {
      try output(JSON.object([(key: "reports", value: .array(reports.map(\.json)))]).serialized() + [0x0A])
    } else {
      try output(reports.map(\.description).joined(separator: "\n\n"))
    }
  }
}
