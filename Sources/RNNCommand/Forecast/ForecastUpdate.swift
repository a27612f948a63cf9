import ArgumentParser
import Recurrent
import RecurrentForecasting
import Storage
import Tables

struct ForecastUpdate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Give a combined forecaster the rows that came since.",
    discussion: """
      The table holds the rows that the forecaster knows and later ones, or later ones alone, the first of which is the one after \
      the last that it knows. Nothing is fitted anew: forecasts begin after the last row. To fit anew, train.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file, which is replaced.") var model: String
  @OptionGroup var input: ForecastInput

  @Option(writing: "Write the forecaster here, and leave the model file as it is.")
  var output: String?

  func run() throws {
    var files = FileUse(reading: [(input.series.table, "<table>")])
    if let output {
      files.reads(model, as: "<model>")
      files.writes(output, as: "--output", .modelLike(model))
    } else {
      guard !FilePlace(model).isStream else {
        throw Failure(
          message: "a forecaster that is read from \(model) cannot be replaced there: give --output", status: .usage)
      }
      files.writes(model, as: "<model>", .modelLike(model))
    }
    // Held from before the forecaster is read: of two updates at once one would be lost.
    let outputs = try files.hold()
    defer { outputs.release() }
    let file = try SafetensorsFile(path: model)
    guard ModelUse(file) == .forecaster else {
      let kind = FileContent(own: file).map { ", but \($0.name)" } ?? ""
      throw Failure(message: "\(model) is no combined forecaster\(kind): rnn forecast train makes one")
    }
    if ModelUse.isGlobalForecaster(file) { return try updateGlobal(file) }
    var saved = try SavedForecaster(file)
    let target = try input.target(of: saved)
    let new = try saved.take(target)
    try saved.forecaster.save(to: output ?? model)
    Note.note("saved \(output ?? model), with \(counted(new, "new row"))")
  }

  /// Of many series: those that the table holds.
  private func updateGlobal(_ file: SafetensorsFile) throws {
    var saved = try SavedGlobalForecaster(file)
    let series = input.series
    let panel = try saved.panel(at: series.table, series.rows, series.reading, column: input.column)
    let new = try saved.take(panel)
    try saved.forecaster.save(to: output ?? model)
    Note.note("saved \(output ?? model), with \(counted(new, "new row")) of \(grouped(panel.series.count)) series")
  }
}
