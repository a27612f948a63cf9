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

  @OptionGroup var multiplying: ProductsOption
  @OptionGroup var storing: PrecisionOption

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (prompt.promptFile, "--prompt-file")]).check()
    let (model, vocabulary) = try Model.forText(at: model)
    let precision = try storing.weights(of: model, multiplying.choice)
    let start = try prompt.tokens(vocabulary, unknowns)
    let seed = seed ?? UInt64.random(in: 0..<1 << 32)
    let options = SamplingOptions(temperature: temperature, topK: topK, topP: topP)
    var sampler = try Sampler(
      model, options: options, products: multiplying.choice, precision: precision, seed: seed)
    Note.productsHint(of: sampler.plan)
    if self.seed == nil, temperature > 0 || start.isEmpty { Note.note("--seed \(seed)") }

    let isTerminal = Descriptor.output.isTerminal
    var last: [UInt8] = []
    var written = 0
    func write(_ token: Int32) throws {
      last.removeAll(keepingCapacity: true)
      vocabulary.appendUTF8(of: token, to: &last)
      try output(isTerminal ? harmless(last) : last)
    }
    for token in start {
      sampler.feed(token)
      try write(token)
    }
    if start.isEmpty {
      if let newline = vocabulary.token(of: 0x0A) {
        sampler.feed(newline)
      } else if length > 0 {
        let token = sampler.randomToken()
        sampler.feed(token)
        try write(token)
        written = 1
      }
    }
    while written < length {
      guard sampler.logits.allSatisfy(\.isFinite) else {
        throw Failure(message: "the model's outputs are no longer finite numbers", status: .notFinite)
      }
      try write(sampler.next())
      written += 1
    }
    // A terminal's prompt belongs on a line of its own; a file gets the text and nothing else.
    if isTerminal, last != [0x0A] { try output("") }
  }

  /// A character for a terminal: line ends and tabs act, other control characters are shown.
  private func harmless(_ character: [UInt8]) -> [UInt8] {
    let text = String(decoding: character, as: UTF8.self)
    guard let scalar = text.unicodeScalars.first, scalar.properties.generalCategory == .control,
      !["\n", "\t", "\r"].contains(scalar)
    else { return character }
    return Array(visible(text).utf8)
  }
}
