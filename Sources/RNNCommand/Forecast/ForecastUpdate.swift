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
    // The model is read whole before anything is written.
    try FileUse(reading: [(input.series.table, "<table>")], writing: [(output ?? model, "<model>")]).check()
    var saved = try SavedForecaster(contentsOf: model)
    let target = try input.target(default: saved.column)
    let new = try saved.take(target)
    try ReplaceableOutput.verifyModel(output ?? model)
    try saved.forecaster.save(to: output ?? model)
    Note.note("saved \(output ?? model), with \(counted(new, "new row"))")
  }
}
