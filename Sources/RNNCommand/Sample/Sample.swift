import ArgumentParser
import Recurrent
import Storage

struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a model write text.",
    discussion: """
      The prompt and then the model's characters go to standard output as they are made. Without a prompt, or with an empty \
      one, the model starts as after a line end, or with a random character where its vocabulary has none. A model that was \
      trained with --normalize brings the prompt into the same form.

      Of several texts (--samples) each ends with a line end, and the seed of each is one more than that of the one before. \
      --json writes an object a line for each, when it is done: seed, prompt, text, log_probability, and tokens with token, \
      text and log_probability: the natural logarithms of what the model gives them, whatever the temperature. text has the \
      prompt before it and ends before a --stop, whose tokens are among the tokens; stopped says whether it ended there.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String

  @OptionGroup var prompt: PromptOptions
  @OptionGroup var unknowns: UnknownOption

  @Option(in: 0...largestSize, help: "Characters, or pieces of several, to write after the prompt.")
  var length = 500

  @Option(.nonNegative, help: "Below 1 bolder, above 1 more varied; 0 takes the likeliest character.")
  var temperature = 1.0

  @Option(in: 1...largestSize, help: "Draw only from the n likeliest characters. (default: all)")
  var topK: Int?

  @Option(.share, help: "Draw only from the fewest characters with this probability together. (default: all)")
  var topP: Double?

  @Option(in: 0...UInt64.max, help: "Decides the text. (default: a random one, which is told on standard error)")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "End the text before this text, which is not written; may be given several times.", valueName: "text"),
    transform: { text in
      if text.isEmpty { throw ValidationError("expected a text, got an empty one") }
      return text
    })
  var stop: [String] = []

  @Option(in: 1...largestSize, help: "Texts to write.") var samples = 1

  @Flag(help: "Write JSON lines, with the probability of each token.") var json = false

  @OptionGroup var multiplying: ProductsOption
  @OptionGroup var storing: PrecisionOption

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (prompt.promptFile, "--prompt-file")]).check()
    let (model, vocabulary) = try Model.forText(at: model)
    let precision = try storing.weights(of: model, multiplying.choice)
    let start = try prompt.tokens(vocabulary, unknowns)
    if let last = start.last, vocabulary.pieces != nil, vocabulary.symbols(of: last).last == 0x20 {
      Note.note(
        "the prompt ends in a space, and the pieces of words begin with it: without it the model writes on better")
    }
    let seed = seed ?? UInt64.random(in: 0..<1 << 32)
    let options = SamplingOptions(temperature: temperature, topK: topK, topP: topP)
    let stops = stop.map { vocabulary.normalization.apply($0) }
    let isTerminal = Descriptor.output.isTerminal
    for index in 0..<samples {
      let seed = seed &+ UInt64(index)
      let sampler = try Sampler(
        model, options: options, products: multiplying.choice, precision: precision, seed: seed)
      if index == 0 {
        Note.productsHint(of: sampler.plan)
        if self.seed == nil, temperature > 0 || start.isEmpty { Note.note("--seed \(seed)") }
      }
      var text = SampledText(sampler, vocabulary, stops: stops, keepsTokens: json)
      if json {
        var bytes: [UInt8] = []
        try text.run(from: start, length: length) { bytes += $0 }
        try output(text.json(prompt: start, text: bytes, seed: seed).serialized() + [0x0A])
        continue
      }
      var last: UInt8?
      try text.run(from: start, length: length) {
        last = $0.last
        try output(isTerminal ? harmless($0) : $0)
      }
      // A terminal's prompt belongs on a line of its own, as the next text does; a file gets the text and nothing else.
      if isTerminal || samples > 1, last != 0x0A { try output("") }
    }
  }

  /// Characters for a terminal: line ends and tabs act, other control characters are shown.
  private func harmless(_ characters: [UInt8]) -> [UInt8] {
    // Parts of a character are left as they are.
    guard let text = String(validating: characters, as: UTF8.self) else { return characters }
    return text.unicodeScalars.flatMap { scalar in
      let isShown = scalar.properties.generalCategory == .control && !["\n", "\t", "\r"].contains(scalar)
      return Array((isShown ? visible(String(scalar)) : String(scalar)).utf8)
    }
  }
}
