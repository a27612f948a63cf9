import ArgumentParser
import Recurrent
import Storage

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how well a model predicts a text.",
    discussion: """
      Each character is predicted from all before it; the state is carried through the whole text. The loss is in nats \
      per token: a character, a byte (rnn train --bytes), or a piece of several (--pieces). What models are compared by are the \
      bits per character, whatever their tokens. A model that was trained with --normalize brings the text into the same form.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @OptionGroup(title: "Text") var text: TextOptions

  @OptionGroup(title: "Text") var unknowns: UnknownOption

  @Flag(
    help:
      "Write a JSON object: loss, bits_per_character, perplexity, characters; of bytes bits_per_byte, bytes; with pieces, tokens; with --unknown, unknown."
  )
  var json = false

  @OptionGroup var running: InferenceOptions

  func validate() throws { try text.require() }

  func run() throws {
    var files = FileUse(reading: [(model, "<model>")])
    files.reads(text: text.text, fileExtension: text.fileExtension, as: "--text")
    try files.check()
    let (model, vocabulary) = try Model.forText(at: model)
    let settings = try running.settings(for: model)
    let (tokens, unknownCounts) = try text.tokens(for: vocabulary, unknowns)
    unknowns.report(unknownCounts, vocabulary)
    let unit = vocabulary.tokenName
    guard tokens.count >= 2 else {
      throw Failure(
        message: "\(counted(tokens.count, unit)) of the text \(tokens.count == 1 ? "is" : "are") too few to evaluate: "
          + "what is measured is how each follows from those before it, so 2 or more are needed")
    }
    running.advise(
      on: try Plan(
        model.configuration, steps: 1, batchSize: 1, purpose: .inference(loss: nil), products: settings.products,
        precision: settings.precision, scalar: Float.self))
    let result = try model.evaluate(
      tokens, products: settings.products, precision: settings.precision, threads: settings.threads)
    guard result.loss.isFinite else {
      throw Failure(message: "the loss is not a finite number (\(result.loss))", status: .notFinite)
    }
    // What can be compared with other models, whatever their tokens, is the mean over the characters. The first token is not
    // predicted.
    let length = try TextLength(tokens.part(1..<tokens.count), vocabulary)
    let all = result.bits * Double(result.count)
    let (bits, bitsOfByte) = (all / Double(max(1, length.characters)), all / Double(max(1, length.symbols)))
    let (hasPieces, isBytes) = (vocabulary.pieces != nil, vocabulary.unit == .byte)
    if json {
      var members: [(key: String, value: JSON)] = [
        (key: "loss", value: .number(result.loss)), (key: "bits_per_character", value: .number(bits)),
        (key: "perplexity", value: result.perplexity.isFinite ? .number(result.perplexity) : .null),
        (key: "characters", value: .integer(length.characters)),
      ]
      if isBytes {
        members += [
          (key: "bits_per_byte", value: .number(bitsOfByte)), (key: "bytes", value: .integer(length.symbols)),
        ]
      }
      if hasPieces { members.append((key: "tokens", value: .integer(result.count))) }
      if unknowns.unknown != nil {
        members.append((key: "unknown", value: .integer(unknownCounts.values.reduce(0, +))))
      }
      return try output(JSON.object(members).serialized() + [0x0A])
    }
    var rows = [["loss", lossText(result.loss), "nats per \(unit)"], ["", lossText(bits), "bits per character"]]
    if isBytes { rows.append(["", lossText(bitsOfByte), "bits per byte"]) }
    rows += [
      ["perplexity", lossText(result.perplexity), hasPieces ? "of a token" : ""],
      ["characters", grouped(length.characters), "predicted"],
    ]
    if isBytes { rows.append(["bytes", grouped(length.symbols), "predicted"]) }
    if hasPieces { rows.append(["tokens", grouped(result.count), "predicted"]) }
    try output(table(rows, right: [1]))
  }
}
