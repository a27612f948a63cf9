import ArgumentParser
import Recurrent
import Storage

struct TranslatePredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Find answers to sources, a line each.",
    discussion: """
      A filter: for each line of the file, or of standard input (-), a line goes to standard output as soon as it is found. \
      What follows a tab in a line is not read, so that files of pairs will do. Symbols that the model does not know are \
      read as unknown. An empty line is answered by an empty one.

      With --n-best n there are up to n lines for each source: the source, the answer's rank, the answer, its natural \
      log-probability, and the score that it is ranked by, with tabs between them.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The sources, a line each.") var sources: String
  @OptionGroup var searching: SearchOptions

  @Option(in: 1...1000, help: "Write the n best answers with their scores; the beam is as wide at least.")
  var nBest: Int?

  @Flag(
    help:
      "Write an object for each source: {\"source\": …, \"answers\": [{\"text\": …, \"log_probability\": …, \"score\": …}]}."
  )
  var json = false

  @Option(writing: "Draw here (SVG) where each symbol of the first source's best answer has looked in that source.")
  var attentionPicture: String?

  @OptionGroup var running: InferenceOptions

  /// Lines of a file that are answered together.
  private static let batchSize = 64

  func validate() throws {
    if let attentionPicture, DescriptorPath.isStandardOutput(attentionPicture) {
      throw ValidationError("'--attention-picture -' would mix the picture with the answers: name a file")
    }
  }

  func run() throws {
    let outputs = try FileUse(
      reading: [(model, "<model>"), (sources, "<sources>")],
      writing: [(attentionPicture, "--attention-picture", .drawing)]
    ).hold()
    defer { outputs.release() }
    let (model, description) = try EncoderDecoder.forPairs(at: model)
    if attentionPicture != nil, model.decoder.configuration.attention == nil {
      throw Failure(message: "\(self.model) has no attention to draw: it was trained with --attention none")
    }
    var search = searching.search
    search.beamWidth = max(search.beamWidth, nBest ?? 1)
    Note.threads(running.threads)
    let box = try TranslatorBox(
      Translator(
        model, description, search: search, longest: description.longest.source, batchSize: Self.batchSize,
        settings: running.settings(for: model.decoder)))
    var picture = attentionPicture
    if DescriptorPath.isStandardInput(sources) {
      try answerInput(box, &picture)
    } else {
      let lines = try LinesOfText(sources).lines
      for start in stride(from: 0, to: lines.count, by: Self.batchSize) {
        try answer(lines[start..<min(lines.count, start + Self.batchSize)], from: start + 1, box, &picture)
      }
    }
    if picture != nil { Note.warning("there was no source to draw: --attention-picture is without effect") }
  }

  /// Answers standard input as it comes.
  /// - Parameter picture: where the next answer is drawn; nil: nowhere, or no longer.
  private func answerInput(_ box: TranslatorBox, _ picture: inout String?) throws {
    var (input, number) = (FilterLines(sources), 1)
    while true {
      let lines = try input.next(upTo: Self.batchSize)
      if lines.isEmpty { return }
      try answer(lines[...], from: number, box, &picture)
      number += lines.count
    }
  }

  /// - Parameter number: that of the first line.
  private func answer(
    _ lines: ArraySlice<String>, from number: Int, _ box: TranslatorBox, _ picture: inout String?
  ) throws {
    let texts = lines.map { line in
      box.translator.description.form.apply(LinesOfText.trimmed(line.prefix { $0 != "\t" }))
    }
    for (index, text) in texts.enumerated() {
      let fault = box.translator.description.fault(of: text)
      guard fault != nil || text.contains("\0") else { continue }
      // What comes before is answered.
      if index > 0 { try answer(lines.prefix(index), from: number, box, &picture) }
      let name = DescriptorPath.isStandardInput(sources) ? "standard input" : printable(sources)
      let place = "\(name), line \(number + index)"
      throw fault.map { Failure(message: "\(place): \($0)") } ?? LinesOfText.zeroByte(place)
    }
    let asked = texts.indices.filter { !texts[$0].isEmpty }
    let found = try box.translator.answers(asked.map { texts[$0] })
    var answers = [[Translator.Answer]](repeating: [], count: texts.count)
    for (index, own) in zip(asked, found) { answers[index] = own }
    if let path = picture, let first = asked.first, let best = answers[first].first {
      try replaceFile(path, with: box.translator.attentionPicture(texts[first], best))
      picture = nil
    }
    var text: [UInt8] = []
    for (source, own) in zip(texts, answers) {
      if json {
        text += try Self.object(source, own.prefix(nBest ?? 1)).serialized() + [0x0A]
      } else if let nBest {
        for (rank, answer) in own.prefix(nBest).enumerated() {
          text += Array(
            "\(source)\t\(rank + 1)\t\(answer.text)\t\(decimal(answer.logProbability))\t\(decimal(answer.score))\n".utf8
          )
        }
      } else {
        text += Array(((own.first?.text ?? "") + "\n").utf8)
      }
    }
    if !text.isEmpty { try output(text) }
  }

  private static func object(_ source: String, _ answers: some Sequence<Translator.Answer>) -> JSON {
    .object([
      (key: "source", value: .string(source)),
      (
        key: "answers",
        value: .array(
          answers.map {
            .object([
              (key: "text", value: .string($0.text)), (key: "log_probability", value: .number($0.logProbability)),
              (key: "score", value: .number($0.score)),
            ])
          })
      ),
    ])
  }
}
