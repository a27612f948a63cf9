import ArgumentParser
import Recurrent
import Storage
import Tables

struct TagPredict: ParsableCommand {
  enum Format: String, NamedChoice {
    case lines, columns, conllu
    case jsonLines = "json-lines"

    var format: TaggedSentences.Format {
      switch self {
      case .lines: .lines
      case .columns: .columns
      case .conllu: .conllu
      case .jsonLines: .jsonLines
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Find the tags of sentences.",
    discussion: """
      A filter: for each line of the file, or of standard input (-), a line with the tags of its words goes to standard output \
      as soon as they are found. Words stand between spaces; where a model labels letters all characters of a line are. An empty \
      line is answered by an empty one.

      Columns, CoNLL-U and JSON lines are read as rnn tag train reads them, whether they have tags or not, and answered by \
      lines "word TAB tag" with an empty line behind each sentence. Files are taken for what they look like; standard input is \
      lines, unless --format says otherwise. Spans of --json begin and end at words counted from 0, the end not included.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The sentences.") var sentences: String

  @Option(
    help: ArgumentHelp(
      "How sentences are written. (default: as the file looks; standard input: lines)", valueName: "name"))
  var format: Format?

  @Flag(help: "Write an object for each sentence: {\"tokens\": […], \"tags\": […], \"spans\": […]}.")
  var json = false

  @OptionGroup var running: InferenceOptions

  /// Sentences of a file that are answered together.
  private static let batchSize = 64
  /// Words of a sentence for which there is room at first.
  private static let usualLength = 64

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (sentences, "<sentences>")]).check()
    let trained = try TagModel(at: model)
    let isFilter = DescriptorPath.isStandardInput(sentences) && format ?? .lines == .lines
    let batchSize = isFilter ? 1 : Self.batchSize
    let box = try TaggerBox(
      Tagger(
        trained.model, trained.features, tags: trained.description.tags, longest: Self.usualLength,
        batchSize: batchSize, running.settings(for: trained.model)))
    running.advise(on: box.tagger.plan)
    if isFilter { return try filter(trained.description, box) }
    let (all, isLines) = try read(trained.description)
    for start in stride(from: 0, to: all.count, by: batchSize) {
      try answer(Array(all[start..<min(all.count, start + batchSize)]), isLines: isLines, box)
    }
  }

  /// The sentences of a file; empty ones of empty lines.
  private func read(_ description: TagDescription) throws -> (sentences: [[String]], isLines: Bool) {
    let bytes: [UInt8]
    do { bytes = try readFile(sentences) } catch { throw TableError(error) }
    let format = format?.format ?? TaggedSentences.evidentFormat(of: bytes, file: sentences)
    guard format == .lines else {
      if self.format == nil {
        Note.note("\(sentences) is read as \(format.rawValue) (--format lines: each line is a sentence)")
      }
      let data = try TaggedSentences(
        bytes, file: sentences, .init(format: format, needsTags: false))
      try data.check(description.unit)
      return (data.sentences.map(\.tokens), false)
    }
    if let fault = EncodingFault(bytes.span, file: sentences) {
      throw TableError(sentences, line: fault.line, .encoding(fault, option: nil))
    }
    var lines = textLines(bytes)
    // The end of the last line begins no other.
    if lines.last?.isEmpty == true { lines.removeLast() }
    return (lines.map { description.tokens(of: String(decoding: $0, as: UTF8.self)) }, true)
  }

  /// A line out for each line in, before the next is waited for.
  private func filter(_ description: TagDescription, _ box: TaggerBox) throws {
    var lines = FilterLines(sentences)
    while let line = try lines.next() { try answer([description.tokens(of: line)], isLines: true, box) }
  }

  private func answer(_ sentences: [[String]], isLines: Bool, _ box: TaggerBox) throws {
    var text: [UInt8] = []
    for (tokens, tags) in zip(sentences, try box.tagger.tags(of: sentences)) {
      if json {
        text += try Self.object(tokens, tags).serialized() + [0x0A]
      } else if isLines {
        text += Array((tags.joined(separator: " ") + "\n").utf8)
      } else {
        text += Array((zip(tokens, tags).map { "\($0)\t\($1)\n" }.joined() + "\n").utf8)
      }
    }
    if !text.isEmpty { try output(text) }
  }

  private static func object(_ tokens: [String], _ tags: [String]) -> JSON {
    var members: [(key: String, value: JSON)] = [
      (key: "tokens", value: .array(tokens.map { .string($0) })),
      (key: "tags", value: .array(tags.map { .string($0) })),
    ]
    let spans = SpanScores.spans(tags)
    if !spans.isEmpty {
      members.append(
        (
          key: "spans",
          value: .array(
            spans.map {
              .object([
                (key: "type", value: .string($0.type)), (key: "start", value: .integer($0.range.lowerBound)),
                (key: "end", value: .integer($0.range.upperBound)),
              ])
            })
        ))
    }
    return .object(members)
  }
}
