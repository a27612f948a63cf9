import Recurrent

/// How targets are searched for.
struct TranslationSearch: Sendable {
  /// Hypotheses that are followed at once.
  var beamWidth = 5
  /// α of the length penalty.
  var lengthPenalty = 0.0

  static let greedy = TranslationSearch(beamWidth: 1)
}

extension TranslationDescription {
  /// The most symbols of a source: memory and time grow with the square of them.
  private static let mostSymbols = 10_000

  /// Why a source is not read; nil: it is.
  func fault(of source: String) -> String? {
    let count = self.source.encode(source).count
    guard count > Self.mostSymbols else { return nil }
    return
      "the source has \(counted(count, "symbol")), and at most \(grouped(Self.mostSymbols)) are read at once: cut it into "
      + "lines, such as its sentences"
  }
}

/// Finds targets with a trained model.
struct Translator: ~Copyable {
  /// A target that was found.
  struct Answer: Sendable {
    let text: String
    let symbols: [Int32]
    let logProbability: Double
    /// By which answers are in their order.
    let score: Double
  }

  let description: TranslationDescription
  private var model: EncoderDecoder<Float>
  private let search: TranslationSearch
  private let settings: PassSettings
  private let batchSize: Int
  private var decoder: SequenceDecoder<Float>
  /// The most symbols of a source that there is room for.
  private var room: Int

  /// Symbols of the sources of a batch, from which on it is not made larger.
  private static let batchSymbols = 8192

  /// - Parameters:
  ///   - longest: symbols of the longest source, as far as that is known; longer ones are read all the same.
  ///   - batchSize: the most sources at once.
  /// - Throws: `PlanError` where the memory does not suffice, or a weight is too large for the precision.
  init(
    _ model: EncoderDecoder<Float>, _ description: TranslationDescription, search: TranslationSearch, longest: Int,
    batchSize: Int, settings: PassSettings
  ) throws(PlanError) {
    (self.description, self.model, self.search) = (description, model, search)
    self.settings = settings
    room = max(1, longest)
    self.batchSize = max(1, min(batchSize, Self.batchSymbols / (room * search.beamWidth)))
    decoder = try Self.decoder(model, description, search, room, self.batchSize, settings)
  }

  private static func decoder(
    _ model: EncoderDecoder<Float>, _ description: TranslationDescription, _ search: TranslationSearch, _ room: Int,
    _ batchSize: Int, _ settings: PassSettings
  ) throws(PlanError) -> SequenceDecoder<Float> {
    let (source, target) = description.longest
    // Targets grow with their sources.
    let growth = Double(max(room, source)) / Double(source)
    let limit = Int((Double(target) * growth).rounded(.up)) + 10
    return try SequenceDecoder(
      model, sourceLength: room, batchSize: batchSize,
      options: DecodingOptions(
        beamWidth: search.beamWidth, lengthPenalty: search.lengthPenalty, maximumLength: limit),
      products: settings.products, precision: settings.precision, threads: settings.threads)
  }

  /// Puts another model of the same configuration in its place.
  mutating func load(_ other: EncoderDecoder<Float>) {
    model = other
    decoder.load(other)
  }

  /// Whether the decoder looks back at the source.
  var hasAttention: Bool { model.decoder.configuration.attention != nil }

  /// Of each symbol of an answer, and of its end, how much it attends to each symbol of its source.
  mutating func attentionWeights(_ source: String, _ answer: Answer) -> [[Float]] {
    decoder.attentionWeights(of: description.source.encode(source), target: answer.symbols)
  }

  /// The answers to each source, the best first.
  /// - Parameter sources: in the form that the model reads, none of them without a symbol.
  /// - Throws: `PlanError` where one is so long that the memory does not suffice.
  mutating func answers(_ sources: [String]) throws(PlanError) -> [[Answer]] {
    let numbers = sources.map { description.source.encode($0) }
    let longest = numbers.map(\.count).max() ?? 0
    if longest > room {
      room = max(longest, 2 * room)
      decoder = try Self.decoder(model, description, search, room, batchSize, settings)
    }
    var result = [[Answer]](repeating: [], count: sources.count)
    // Sources of about the same length together.
    let order = numbers.indices.sorted { (numbers[$0].count, $0) < (numbers[$1].count, $1) }
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let part = order[start..<min(order.count, start + batchSize)]
      let found = decoder.decode(Sequences(part.map { numbers[$0] }))
      for (index, hypotheses) in zip(part, found) { result[index] = hypotheses.map { Answer($0, description.target) } }
    }
    return result
  }
}

extension Translator.Answer {
  fileprivate init(_ hypothesis: Hypothesis, _ tokenizer: TextTokenizer) {
    // A mark of a start amid the target is no symbol of a text.
    let symbols = hypothesis.tokens.filter { $0 < tokenizer.count }
    self.init(
      text: tokenizer.decode(symbols), symbols: symbols, logProbability: hypothesis.logProbability,
      score: hypothesis.score)
  }
}

/// A translator that closures share.
final class TranslatorBox {
  var translator: Translator

  init(_ translator: consuming Translator) { self.translator = translator }
}
