import ArgumentParser
import Recurrent
import Storage
import Tables

struct TagEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how often a model's tags are right.",
    discussion: """
      The share of right tags, and where tags make spans precision, recall and F1 of these, as conlleval counts them: a span \
      is right where its type, its beginning and its end are.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The sentences with their tags.") var sentences: String
  @OptionGroup var input: TaggedOptions

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var running: InferenceOptions

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (sentences, "<sentences>")]).check()
    let trained = try TagModel(at: model)
    let data = try input.read(sentences)
    try data.check(trained.description.unit)
    data.noteUnknown(trained.description.tags, of: "the model")
    var tagger = try Tagger(
      trained.model, trained.features, tags: trained.description.tags,
      longest: data.sentences.map(\.tokens.count).max() ?? 1, running.settings(for: trained.model))
    running.advise(on: tagger.plan)
    let report = TagReport(scores: try tagger.scores(data.sentences), unit: trained.description.unit)
    if json {
      try output(report.json.serialized() + [0x0A])
    } else {
      try output(report.description)
    }
  }
}

extension TaggedSentences {
  /// Refuses tokens that are not what a model labels.
  /// - Throws: `TableError`.
  func check(_ unit: TagDescription.Unit) throws(TableError) {
    guard unit == .character else { return }
    for sentence in sentences {
      for (place, token) in sentence.tokens.enumerated() where token.unicodeScalars.count != 1 {
        throw TableError(
          file, line: sentence.line(of: place),
          .other(
            "\"\(printable(token, limit: 40))\" is no single character: --unit word labels words, and letters stand on lines of their own"
          ))
      }
    }
  }

  /// Says which tags cannot be found.
  func noteUnknown(_ known: [String], of owner: String) {
    let known = Set(known.map { ExactString($0) })
    let unknown = tags.filter { !known.contains(ExactString($0)) }
    guard !unknown.isEmpty else { return }
    let count = sentences.reduce(0) { $0 + $1.tags.count { !known.contains(ExactString($0)) } }
    Note.note(
      "\(file): \(counted(count, "tag")) of \(unknown.prefix(5).map { printable($0, limit: 40) }.joined(separator: ", "))"
        + "\(unknown.count > 5 ? " and others" : ""), which \(owner) does not know, count as wrong")
  }
}
