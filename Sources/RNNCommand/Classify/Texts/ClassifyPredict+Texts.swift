import ArgumentParser
import Recurrent
import Storage
import Tables

extension ClassifyPredict {
  /// Tells the classes of texts: of a table or a folder as a table, of lines from standard input a line each.
  func predictTexts(_ trained: TextClassModel) throws {
    let isFilter = DescriptorPath.isStandardInput(sequences) && texts.textColumn == nil
    if isFilter { return try filter(trained) }
    let data = try trained.source(input, texts).read(sequences, needsLabels: false)
    let texts = data.items.map(\.text)
    var scorer = try TextScorer(
      trained, longest: texts.map { trained.tokens($0).count }.max() ?? 1, running)
    let scores = scorer.scores(texts)
    try Self.requireFinite(scores)
    let untold = scores.count(where: \.isEmpty)
    if untold > 0 {
      Note.warning("\(counted(untold, "text")) without a \(trained.tokenizer.unit.rawValue) to read: no class")
    }
    let isFolder = data.items.first?.file != nil
    try predictions(trained.description.classes, [isFolder ? "file" : "text"]).write(
      zip(data.items, scores).map { (place: [.string($0.file ?? $0.text)], scores: $1) }, to: output)
  }

  /// A line out for each line in, before the next is waited for.
  private func filter(_ trained: TextClassModel) throws {
    if output != nil {
      throw ValidationError("'--output' is for tables: the lines for - go to standard output as they are told")
    }
    let rows = predictions(trained.description.classes, [])
    var scorer = try TextScorer(trained, longest: trained.description.longest, running)
    var lines = FilterLines(sequences)
    while let line = try lines.next() {
      let scores = scorer.scores([LabelledTexts.trimmed(line)])
      try Self.requireFinite(scores)
      try RNNCommand.output(json ? rows.line([], scores[0]) : Array(csvLine(rows.row([], scores[0])).utf8))
    }
  }
}

/// Scores of texts, some of which may have nothing to read.
struct TextScorer: ~Copyable {
  private let trained: TextClassModel
  private var classifier: Classifier

  init(_ trained: TextClassModel, longest: Int, _ running: InferenceOptions) throws {
    self.trained = trained
    classifier = try Classifier(
      trained.model, classes: trained.description.classes, longest: max(1, longest),
      running.settings(for: trained.model))
    running.advise(on: classifier.plan)
  }

  /// [classes] of each text; empty of one without units.
  mutating func scores(_ texts: [String]) -> [[Float]] {
    let tokens = texts.map(trained.tokens)
    var result = [[Float]](repeating: [], count: texts.count)
    let told = tokens.indices.filter { !tokens[$0].isEmpty }
    for (index, scores) in zip(told, classifier.scores(.tokens(told.map { tokens[$0] }))) { result[index] = scores }
    return trained.linearScores(texts)?.joined(result) ?? result
  }
}
