import ArgumentParser
import Recurrent
import Storage

struct TranslateEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how often a model's answers are right, and how near they come.",
    discussion: """
      Word error: the share of the sources whose answer is none of their targets. Symbol error: insertions, deletions and \
      substitutions of symbols that make an answer the nearest of its targets, over the symbols of these. BLEU and chrF are \
      those of SacreBLEU, without its tokenization.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The pairs, lines \"source TAB target\"; or a file of sources, before one of targets.")
  var pairs: String
  @Argument(help: "A file of targets.", transform: FilePath.reading) var targets: String?
  @OptionGroup var input: PairOptions
  @OptionGroup var searching: SearchOptions

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var running: InferenceOptions

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (pairs, "<pairs>"), (targets, "<targets>")]).check()
    let (model, description) = try EncoderDecoder.forPairs(at: model)
    let data = try Pairs(pairs, targets: targets, .init(form: description.form, hasHeader: input.header))
    data.announce()
    for item in data.items {
      guard let fault = description.fault(of: item.source) else { continue }
      throw Failure(message: "\(printable(pairs)), \"\(printable(item.source, limit: 20))\": \(fault)")
    }
    var translator = try Translator(
      model, description, search: searching.search,
      longest: data.items.map { description.source.encode($0.source).count }.max() ?? 1, batchSize: 64,
      settings: running.settings(for: model.decoder))
    Note.threads(running.threads)
    let report = try translator.report(data)
    if json {
      try output(report.json.serialized() + [0x0A])
    } else {
      try output(report.description)
    }
  }
}
