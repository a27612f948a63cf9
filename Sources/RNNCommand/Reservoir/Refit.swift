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
    let outputs = try FileUse(reading: [(model, "<model>"), (data, "<data>")], writing: [(output, "--output")]).hold()
    defer { outputs.release() }
    if let output { try ReplaceableOutput.verifyModel(output) }
    Note.threads(threads)
    let refit =
      switch ModelUse(try SafetensorsFile(path: model)) {
      case .series: try series()
      case .text: try text()
      case .classes: try classes()
      case nil:
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

  /// On all windows of the series, as its training; a reservoir on one run, from where its state has washed out.
  private func series() throws -> HeadRefit<Float> {
    let (model, description) = try Model.forForecasts(at: model)
    let series = try rows.series(at: data, sequences.reading, columns: description.columns)
    if model.configuration.cell is LeakyElmanCell { return try reservoir(model, description, series) }
    let (width, window) = (series.width, description.window)
    let values = description.inputs(series.values)
    let count = values.count / width - window
    let heldCount = validation.count(of: count)
    Self.warn(heldCount: heldCount)
    // The windows on either side share no step.
    let fittedCount = heldCount == 0 ? count : count - heldCount - window
    guard fittedCount > 0, heldCount >= 0 else {
      throw TableError(
        series.file,
        .tooShort(
          needed: description.difference + 2 * window + heldCount + 1, found: series.count,
          why: "windows of \(window) on both sides of --validation"))
    }
    func windows(_ starts: Range<Int>) -> (input: ModelInput<Float>, target: ModelTarget<Float>) {
      func parts(_ shift: Int) -> [[Float]] {
        starts.map { Array(values[($0 + shift) * width..<($0 + shift + window) * width]) }
      }
      return (.vectors(parts(0)), .values(parts(1)))
    }
    let fitted = windows(0..<fittedCount)
    return try model.refittingHead(
      on: fitted.input, fitted.target, loss: .meanSquaredError,
      comparingOn: heldCount == 0 ? nil : windows(count - heldCount..<count), ridge.options(washout: 0),
      products: multiplying.choice, threads: threads ?? 0)
  }

  private func reservoir(
    _ model: Model<Float>, _ description: SeriesDescription, _ series: Series
  ) throws -> HeadRefit<Float> {
    let (width, washout) = (series.width, description.window)
    let values = description.inputs(series.values)
    let count = values.count / width - 1
    let heldCount = validation.count(of: count)
    Self.warn(heldCount: heldCount)
    let fittedCount = count - heldCount
    guard fittedCount > washout else {
      throw TableError(
        series.file,
        .tooShort(
          needed: description.difference + washout + heldCount + 2, found: series.count,
          why: "a wash-out of \(washout) before --validation"))
    }
    func input(_ steps: Range<Int>) -> ModelInput<Float> {
      .vectors(Array(values[steps.lowerBound * width..<steps.upperBound * width]))
    }
    func target(_ steps: Range<Int>) -> ModelTarget<Float> {
      .values(Array(values[(steps.lowerBound + 1) * width..<(steps.upperBound + 1) * width]))
    }
    // What is washed out before the steps that are compared on has been fitted to, and does not count.
    let held = heldCount == 0 ? 0..<fittedCount : fittedCount - washout..<count
    return try model.refittingHead(
      on: input(0..<fittedCount), target(0..<fittedCount), loss: .meanSquaredError,
      comparingOn: (input(held), target(held)), ridge.options(washout: washout), products: multiplying.choice,
      threads: threads ?? 0)
  }

  private func classes() throws -> HeadRefit<Float> {
    let (model, description) = try Model.forClasses(at: model)
    let all = try sequences.read(
      data, features: description.features, isPerStep: description.isPerStep, needsLabels: true)
    let (training, held, _) = try all.holdingOut(validation, seed: 0)
    Self.warn(heldCount: held.items.count)
    func part(_ sequences: LabelledSequences) throws -> (input: ModelInput<Float>, target: ModelTarget<Float>) {
      let classes = try sequences.classNumbers(description.classes)
      let inputs = Sequences(sequences.items.map { description.inputs($0.values) }, width: description.features.count)
      return (
        .vectors(inputs), description.isPerStep ? .classes(Sequences(classes)) : .classes(classes.map { $0[0] })
      )
    }
    let fitted = try part(training)
    return try model.refittingHead(
      on: fitted.input, fitted.target, loss: .crossEntropy, comparingOn: held.items.isEmpty ? nil : try part(held),
      ridge.options(washout: 0), products: multiplying.choice, threads: threads ?? 0)
  }

  private static func warn(heldCount: Int) {
    guard heldCount == 0 else { return }
    Note.warning("nothing is kept aside: both heads are compared on the data that the new one is fitted to")
  }

  private func text() throws -> HeadRefit<Float> {
    let (model, vocabulary) = try Model.forText(at: model)
    let tokens = try Corpus(paths: [data], vocabulary: vocabulary).training
    let heldCount = validation.count(of: tokens.count)
    Self.warn(heldCount: heldCount)
    guard tokens.count - heldCount >= 2, heldCount == 0 || heldCount >= 2 else {
      throw Failure(
        message: "\(printable(data)): \(counted(tokens.count, "character")) are too few to fit to and to compare on")
    }
    func part(_ tokens: ArraySlice<Int32>) -> (input: ModelInput<Float>, target: ModelTarget<Float>) {
      (.tokens(Array(tokens.dropLast())), .classes(Array(tokens.dropFirst())))
    }
    let fitted = part(tokens.dropLast(heldCount))
    return try model.refittingHead(
      on: fitted.input, fitted.target, loss: .crossEntropy,
      comparingOn: heldCount == 0 ? nil : part(tokens.suffix(heldCount)), ridge.options(washout: 0),
      products: multiplying.choice, threads: threads ?? 0)
  }
}
