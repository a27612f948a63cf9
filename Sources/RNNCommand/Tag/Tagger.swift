import Recurrent
import Storage
import Tables

/// A model of tags, as commands use it.
struct TagModel {
  let model: Model<Float>
  let description: TagDescription
  let features: WordFeatures

  /// - Throws: `CheckpointError`; `Failure` where it is none, its parts do not suit each other, or its weights are not finite.
  init(at path: String) throws {
    let file = try SafetensorsFile(path: path)
    try ModelUse.requireNetwork(file)
    model = try Model<Float>(file)
    guard let text = model.annotations[TagDescription.annotation],
      let words = model.annotations[WordFeatures.annotation]
    else { throw Failure(message: "\(path) is no model of tags: rnn tag train makes one") }
    description = try TagDescription(text, file: path)
    features = try WordFeatures(annotationText: words, file: path)
    guard model.configuration.outputSize == description.tags.count, model.configuration.head == .everyStep,
      model.configuration.input.tables == features.features.map(\.count),
      model.configuration.input.letterCounts == features.letters.map({ [$0.vocabularySize, $0.count] })
    else { throw Failure(message: "\(path): the model does not suit its own words and tags") }
    try NonFinite.refuse(model, path)
  }
}

extension ModelConfiguration.Input {
  /// Different letters, and letters of a word; nil without.
  fileprivate var letterCounts: [Int]? {
    guard case .features(_, let letters?) = self else { return nil }
    return [letters.vocabularySize, letters.count]
  }

  /// Tokens of each table; nil where the input is none of words.
  fileprivate var tables: [Int]? {
    switch self {
    case .embedding(let count, _): [count]
    case .features(let tables, _): tables.map(\.vocabularySize)
    case .oneHot, .vectors: nil
    }
  }
}

/// Finds the tags of sentences with a trained model.
struct Tagger: ~Copyable {
  private let features: WordFeatures
  private let tags: [String]
  private var model: Model<Float>
  private var pass: InferencePass<Float>
  private let settings: PassSettings
  private var longest: Int

  /// Steps of a batch, all sentences together, from which on it is not made larger.
  private static let batchSteps = 4096

  /// - Parameter longest: words of the longest sentence that is likely to come; longer ones may.
  /// - Throws: `PlanError` where the memory does not suffice, or a weight is too large for the precision.
  init(
    _ model: Model<Float>, _ features: WordFeatures, tags: [String], longest: Int, batchSize: Int = 64,
    _ settings: PassSettings
  ) throws(PlanError) {
    (self.model, self.features, self.tags) = (model, features, tags)
    (self.settings, self.longest) = (settings, max(1, longest))
    pass = try Self.pass(model, self.longest, batchSize, settings)
  }

  private static func pass(
    _ model: Model<Float>, _ longest: Int, _ batchSize: Int, _ settings: PassSettings
  ) throws(PlanError) -> InferencePass<Float> {
    try InferencePass(
      model, steps: longest, batchSize: max(1, min(batchSize, batchSteps / longest)), products: settings.products,
      precision: settings.precision, threads: settings.threads)
  }

  var plan: Plan { pass.plan }

  /// Puts another model of the same configuration in its place.
  mutating func load(_ model: Model<Float>) {
    self.model = model
    pass.load(model)
  }

  /// The tags of each sentence.
  /// - Throws: `PlanError` where the memory does not suffice for a longer sentence; `Failure` where the outputs are not finite.
  mutating func tags(of sentences: [[String]]) throws -> [[String]] {
    let most = sentences.map(\.count).max() ?? 0
    if most > longest {
      longest = max(most, 2 * longest)
      pass = try Self.pass(model, longest, pass.plan.batchSize, settings)
    }
    var result = [[String]](repeating: [], count: sentences.count)
    let order = sentences.indices.filter { !sentences[$0].isEmpty }.sorted {
      (sentences[$0].count, $0) < (sentences[$1].count, $1)
    }
    let batchSize = pass.plan.batchSize
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let part = order[start..<min(order.count, start + batchSize)]
      pass.run(.tokens(features.encode(part.map { sentences[$0] })))
      let outputs = pass.outputSequences
      guard outputs.values.allSatisfy(\.isFinite) else {
        throw Failure(message: "the scores of the tags are not finite numbers", status: .notFinite)
      }
      let labels = model.labels(of: outputs)
      for (row, index) in part.enumerated() { result[index] = labels[row].map { tags[Int($0)] } }
    }
    return result
  }

  /// Compares with the true tags.
  mutating func scores(_ sentences: [TaggedSentences.Sentence]) throws -> SpanScores {
    var scores = SpanScores()
    for (found, sentence) in zip(try tags(of: sentences.map(\.tokens)), sentences) {
      scores.add(predicted: found, expected: sentence.tags)
    }
    return scores
  }
}

/// A tagger that closures share.
final class TaggerBox {
  var tagger: Tagger

  init(_ tagger: consuming Tagger) { self.tagger = tagger }
}
