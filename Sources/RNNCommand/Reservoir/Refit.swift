import ArgumentParser
import Recurrent
import Storage
import Tables

struct Refit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fit the last layer of a trained model anew, in closed form.",
    discussion: """
      The head is fitted by ridge regression to what it reads for the data: a table for a model of 'rnn forecast' or 'rnn reservoir', \
      whose squared error the new head minimizes exactly; a text for one of 'rnn train' or labelled sequences for one of 'rnn \
      classify', whose cross-entropy it may or may not lower. Both heads are compared by the loss that is optimised on a part of the \
      data that is not fitted to (--validation), and the better one is written. Nothing but the head changes.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The table or the sequences, a CSV or .ts file, or the text.") var data: String

  @Option(writing: "Write the better model here. (default: write none)")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The last part, to compare on: so many steps, or a share of all; of labelled sequences some of each class.",
      valueName: "n|x"))
  var validation = PartSize.share(0.1)

  @OptionGroup(title: "Readout") var ridge: RidgeFitOptions
  @OptionGroup(title: "Table") var sequences: SequenceOptions

  @OptionGroup(title: "Table") var rows: SeriesRowOptions

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func run() throws {
    let outputs = try FileUse(
      reading: [(model, "<model>"), (data, "<data>")], writing: [(output, "--output", .modelLike(model))]
    ).hold()
    defer { outputs.release() }
    Note.threads(threads)
    let file = try SafetensorsFile(path: model)
    try ModelUse.requireNetwork(file)
    let refit =
      switch ModelUse(file) {
      case .series: try series(file)
      case .text: try text(file)
      case .classes: try classes(file)
      case .readout:
        throw Failure(
          message:
            "\(model) gives columns from others: rnn reservoir train --target fits it, with another --penalty or more rows"
        )
      case .forecaster, .pairs, .tags, nil:
        throw Failure(
          message: "\(model) is no model of a series, of classes or of text, whose heads can be fitted anew")
      }
    Note.line("fit       \(refit.fit)")
    try report(
      table(
        [
          ["", "loss"], ["head as it was", lossText(refit.before.loss)],
          ["head fitted anew", lossText(refit.after.loss)],
        ], right: [1]) + "\n" + (refit.isBetter ? "The new head is better." : "The head stays as it was."),
      besides: output)
    if let output {
      try refit.model.save(to: output)
      Note.note("saved \(output), the model with the \(refit.isBetter ? "new head" : "head that it had")")
    }
  }

  private func series(_ file: SafetensorsFile) throws -> HeadRefit<Float> {
    let (model, description) = try Model.forForecasts(file)
    let series = try rows.series(
      at: data, sequences.reading, columns: description.columns, like: (description.timing, file.file))
    guard model.configuration.cell is LeakyElmanCell else {
      return try refit(model, PartedData(description, series, held: validation))
    }
    let washout = description.window
    return try refit(
      model, PartedData(description, series, held: validation, washout: washout), washout: washout)
  }

  private func classes(_ file: SafetensorsFile) throws -> HeadRefit<Float> {
    let (model, description) = try Model.forClasses(file)
    let all = try sequences.read(
      data, features: description.features, isPerStep: description.isPerStep, needsLabels: true)
    let found = Set(all.classes)
    guard found.count > 1 else {
      throw TableError(
        data,
        .other("there is only the class \"\(visible(all.classes[0]))\": a head that tells classes apart needs others"))
    }
    let absent = description.classes.filter { !found.contains($0) }
    if !absent.isEmpty {
      Note.warning("\(data) has nothing of \(absent.joined(separator: ", ")), which a head fitted to it will not tell")
    }
    return try refit(model, PartedData(description, all, held: validation))
  }

  private func text(_ file: SafetensorsFile) throws -> HeadRefit<Float> {
    let (tied, vocabulary) = try Model.forText(file)
    let model = try tied.untied()
    let tokens =
      if TokenFile.isTokenFile(at: data) {
        try TokenFile(path: data).tokens(for: vocabulary).allTokens()
      } else {
        try Corpus(paths: [data], vocabulary: vocabulary).training
      }
    return try refit(model, PartedData(tokens, of: data, held: validation))
  }

  private func refit(_ model: Model<Float>, _ data: PartedData, washout: Int = 0) throws -> HeadRefit<Float> {
    if data.held == nil {
      Note.warning("nothing is kept aside: both heads are compared on the data that the new one is fitted to")
    }
    return try model.refittingHead(
      on: data.fitted.input, data.fitted.target, loss: data.loss,
      comparingOn: data.held.map { ($0.input, $0.target) }, ridge.options(washout: washout),
      products: multiplying.choice,
      threads: threads ?? 0)
  }
}
