import ArgumentParser
import Recurrent
import Storage

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how well a model predicts a text.",
    discussion: """
      Each character is predicted from all before it; the state is carried through the whole text. The loss is in nats \
      per character, of a model of pieces (rnn train --pieces) per piece, and the bits then are per character all the same. A model that was trained with --normalize brings the text into the same form.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @OptionGroup(title: "Text") var text: TextOptions

  @OptionGroup(title: "Text") var unknowns: UnknownOption

  @Flag(
    help:
      "Write a JSON object: loss, bits_per_character, perplexity, characters; with pieces, tokens; with --unknown, unknown."
  )
  var json = false

  @OptionGroup var multiplying: ProductsOption
  @OptionGroup var storing: PrecisionOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func validate() throws { try text.require() }

  func run() throws {
    var files = FileUse(reading: [(model, "<model>")])
    files.reads(text: text.text, fileExtension: text.fileExtension, as: "--text")
    try files.check()
    let (model, vocabulary) = try Model.forText(at: model)
    let precision = try storing.weights(of: model, multiplying.choice)
    let (tokens, unknownCounts) = try text.tokens(for: vocabulary, unknowns)
    unknowns.report(unknownCounts, vocabulary)
    let unit = vocabulary.tokenName
    guard tokens.count >= 2 else {
      throw Failure(
        message: "\(counted(tokens.count, unit)) of the text \(tokens.count == 1 ? "is" : "are") too few to evaluate: "
          + "what is measured is how each follows from those before it, so 2 or more are needed")
    }
    Note.productsHint(
      of: try Plan(
        model.configuration, steps: 1, batchSize: 1, purpose: .inference(loss: nil), products: multiplying.choice,
        precision: precision, scalar: Float.self))
    Note.threads(threads)
    let result = try model.evaluate(
      tokens, products: multiplying.choice, precision: precision, threads: threads ?? 0)
    guard result.loss.isFinite else {
      throw Failure(message: "the loss is not a finite number (\(result.loss))", status: .notFinite)
    }
    // Of pieces the loss is that of each; what can be compared with other models is the mean over the characters. The first
    // token is not predicted.
    let all = vocabulary.pieces == nil ? nil : try tokens.tokens(in: 1..<tokens.count)
    let characters = all.map { vocabulary.symbolCount(of: $0) } ?? result.count
    let bits = result.bits * Double(result.count) / Double(characters)
    if json {
      let unknownCount: [(key: String, value: JSON)] =
        unknowns.unknown == nil ? [] : [(key: "unknown", value: .integer(unknownCounts.values.reduce(0, +)))]
      let object = JSON.object(
        [
          (key: "loss", value: .number(result.loss)), (key: "bits_per_character", value: .number(bits)),
          (key: "perplexity", value: result.perplexity.isFinite ? .number(result.perplexity) : .null),
          (key: "characters", value: .integer(characters)),
        ] + (all == nil ? [] : [(key: "tokens", value: .integer(result.count))]) + unknownCount)
      try output(object.serialized() + [0x0A])
    } else {
      try output(
        table(
          [
            ["loss", lossText(result.loss), "nats per \(unit)"],
            ["", lossText(bits), "bits per \(vocabulary.symbolName)"],
            ["perplexity", lossText(result.perplexity), all == nil ? "" : "of a token"],
            ["\(vocabulary.symbolName)s", grouped(characters), all == nil ? "predicted" : "in all"],
          ] + (all == nil ? [] : [["tokens", grouped(result.count), "predicted"]]), right: [1]))
    }
  }
}
