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

  @Option(writing: "Draw here (SVG) where each symbol of the first source's best answer has looked in that source.")
  var attentionPicture: String?

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

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
    Note.threads(threads)
    let box = try TranslatorBox(
      Translator(
        model, description, search: search, longest: description.longest.source, batchSize: Self.batchSize,
        products: multiplying.choice, threads: threads ?? 0))
    var picture = attentionPicture
    guard DescriptorPath.number(of: sources) == 0 else {
      let lines = try LinesOfText(sources).lines
      for start in stride(from: 0, to: lines.count, by: Self.batchSize) {
        try answer(lines[start..<min(lines.count, start + Self.batchSize)], from: start + 1, box, &picture)
      }
      return
    }
    try answerInput(box, &picture)
  }

  /// Answers standard input as it comes.
  /// - Parameter picture: where the next answer is drawn; nil: nowhere, or no longer.
  private func answerInput(_ box: TranslatorBox, _ picture: inout String?) throws {
    var (pending, number): ([UInt8], Int) = ([], 0)
    while true {
      let (bytes, code) = readSome(from: 0, upTo: 1 << 16)
      guard code == 0 else { throw Failure(message: "cannot read standard input: \(systemMessage(code))") }
      pending += bytes
      var pieces = pending.split(separator: 0x0A, omittingEmptySubsequences: false)
      // What is behind the last line end is not whole yet.
      let rest = pieces.removeLast()
      if bytes.isEmpty, !rest.isEmpty { pieces.append(rest) }
      var lines: [String] = []
      for piece in pieces {
        number += 1
        guard let line = LinesOfText.text(piece, isFirst: number == 1) else {
          try answer(lines[...], from: number - lines.count, box, &picture)
          throw LinesOfText.notUTF8("standard input", number, Array(piece))
        }
        lines.append(line)
      }
      for start in stride(from: 0, to: lines.count, by: Self.batchSize) {
        try answer(
          lines[start..<min(lines.count, start + Self.batchSize)], from: number - lines.count + 1 + start, box, &picture
        )
      }
      if bytes.isEmpty { return }
      pending = Array(rest)
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
      guard let fault = box.translator.description.fault(of: text) else { continue }
      // What comes before is answered.
      if index > 0 { try answer(lines.prefix(index), from: number, box, &picture) }
      let place = DescriptorPath.number(of: sources) == 0 ? "standard input" : printable(sources)
      throw Failure(message: "\(place), line \(number + index): \(fault)")
    }
    let asked = texts.indices.filter { !texts[$0].isEmpty }
    let found = try box.translator.answers(asked.map { texts[$0] })
    var answers = [[Translator.Answer]](repeating: [], count: texts.count)
    for (index, own) in zip(asked, found) { answers[index] = own }
    if let path = picture, let first = asked.first, let best = answers[first].first {
      try replaceFile(path, with: box.translator.attentionPicture(texts[first], best))
      picture = nil
    }
    var text = ""
    for (source, own) in zip(texts, answers) {
      guard let nBest else {
        text += (own.first?.text ?? "") + "\n"
        continue
      }
      for (rank, answer) in own.prefix(nBest).enumerated() {
        text += "\(source)\t\(rank + 1)\t\(answer.text)\t\(decimal(answer.logProbability))\t\(decimal(answer.score))\n"
      }
    }
    if !text.isEmpty { try output(Array(text.utf8)) }
  }
}
