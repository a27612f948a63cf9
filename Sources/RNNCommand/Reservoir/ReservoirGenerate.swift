import ArgumentParser
import Recurrent
import Storage
import Tables

struct ReservoirGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Let a model run freely, each output its next input, from the end of a table on.",
    discussion: """
      The state goes through the whole table first; 'rnn reservoir predict' looks back only as far as the model washes out. A model \
      that is fitted for one step ahead may run away when it reads its own outputs: a warning says where it does. What is generated is a CSV table on standard output, or in a file.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @OptionGroup var input: SeriesOptions

  @Option(in: 1...1_000_000, help: "Steps to generate.")
  var steps = 1000

  @Option(writing: "Write them here.")
  var output: String?

  @OptionGroup var running: InferenceOptions

  /// No series of its own goes so far.
  private static let farAway: Float = 10

  func run() throws {
    let outputs = try FileUse(
      reading: [(model, "<model>"), (input.table, "<table>")],
      writing: [(output ?? DescriptorPath.standardOutput, "--output", .table)]
    ).hold()
    defer { outputs.release() }
    let path = model
    let (model, description) = try Model.forForecasts(at: path)
    let series = try input.series(description.columns, like: description.timing, of: path)
    let (width, lag) = (series.width, description.difference)
    guard series.count > lag else {
      throw TableError(series.file, .tooShort(needed: lag + 1, found: series.count, why: "a start"))
    }
    let pieceSteps = 512
    let settings = try running.settings(for: model)
    var pass = try InferencePass(
      model, steps: pieceSteps, batchSize: 1, products: settings.products, precision: settings.precision,
      threads: settings.threads)
    running.advise(on: pass.plan)
    let inputs = description.inputs(series.values)
    let last = inputs.count / width - 1
    for start in stride(from: 0, to: last, by: pieceSteps) {
      let end = min(last, start + pieceSteps)
      pass.run(vectors: inputs.span.extracting(start * width..<end * width), continuing: start > 0)
    }
    let generated = pass.generate(from: inputs.span.extracting(last * width..<(last + 1) * width), steps: steps)
    guard generated.allSatisfy(\.isFinite) else {
      throw Failure(message: "what the model generates is not finite", status: .notFinite)
    }
    // Of columns with deviation 1.
    if let run = generated.firstIndex(where: { abs($0) > Self.farAway }) {
      Note.warning(
        "after \(counted(run / width, "step")) the model has run more than \(Int(Self.farAway)) deviations away from what it was fitted "
          + "to: 'rnn reservoir train' with a larger --penalty, more --units or another --spectral-radius may keep it there"
      )
    }
    var values = series.values
    var rows = [[series.time.name ?? "row"] + series.columns]
    for step in 0..<steps {
      var row = [series.time.label(series.count + step)]
      for column in 0..<width {
        var value = description.scaling.undo(generated[step * width + column], column: column)
        if lag > 0 { value += values[values.count - lag * width] }
        values.append(value)
        row.append(short(value))
      }
      rows.append(row)
    }
    Note.uncontinued(series.time, last: series.count + steps - 1)
    try writeTable(rows, to: output)
  }
}
