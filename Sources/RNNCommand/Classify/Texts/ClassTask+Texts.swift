import Recurrent
import Storage
import Tables

extension ClassTask {
  /// Texts.
  /// - Parameters:
  ///   - columns: where they stood; nil of a folder of folders.
  ///   - advice: what to do about labels that only the part held out has.
  /// - Throws: `TableError`.
  init(
    _ training: LabelledTexts, held: LabelledTexts, columns: LabelledTexts.Columns?, _ options: TextClassOptions,
    advice: String
  ) throws(TableError) {
    let classes = training.classes
    try Self.check(classes, of: training.file)
    let tokenizer = options.tokenizer(fitting: training.items.map(\.text))
    guard tokenizer.count > 1 else {
      throw TableError(training.file, .other("no unit of the texts comes often enough: --minimum-count 1 knows all"))
    }
    let longest = options.longest ?? 1000
    let unit = tokenizer.unit
    let description = TextClassDescription(columns: columns, classes: classes, longest: longest)
    func part(_ texts: LabelledTexts, _ numbers: [Int32]) throws(TableError) -> Part {
      Part(inputs: .tokens(try texts.tokens(tokenizer, longest: longest)), classes: numbers.map { [$0] })
    }
    let trained = try part(training, try training.classNumbers(classes))
    let compared = try part(
      held, try held.classNumbers(classes, of: "the training part", advice: advice))
    func words(_ part: Part) -> String {
      Self.amount(part.inputs.count, "text", lengths: part.inputs.lengths, step: unit.rawValue)
    }
    let size = options.embeddingSize ?? 64
    self.init(
      unit: "text", classes: classes, isPerStep: false,
      input: size == 0
        ? .oneHot(vocabularySize: tokenizer.count) : .embedding(vocabularySize: tokenizer.count, size: size),
      annotations: [
        TextClassDescription.annotation: description.text, TextTokenizer.annotation: tokenizer.annotationText,
      ],
      training: trained, held: compared, digest: Self.digest([training, held]),
      words: (
        words(trained), words(compared),
        "\(counted(tokenizer.count, "different \(unit.rawValue)"))\(unit == .byte ? "" : ", the unknown one included")"
      ),
      facts: [
        ["to train on", counted(training.items.count, "text")], ["to validate on", counted(held.items.count, "text")],
        ["unit", "\(unit.rawValue), \(grouped(tokenizer.count)) of them"],
        ["normalization", tokenizer.normalization.rawValue + (tokenizer.lowercases ? ", lower case" : "")],
      ],
      linear: LinearBaseline(
        training.items.map { tokenizer.normalized($0.text) }, trained.classes.map { $0[0] },
        held: held.items.map { tokenizer.normalized($0.text) }, compared.classes.map { $0[0] },
        classCount: classes.count))
  }

  private static func digest(_ parts: [LabelledTexts]) -> UInt64 {
    var digest = UInt64.digestStart
    for part in parts {
      for item in part.items {
        digest.digest(item.text)
        digest.digest(item.label ?? "")
      }
    }
    return digest
  }
}

extension LabelledTexts {
  /// What a model reads of each text.
  /// - Throws: `TableError` where a text has nothing to read.
  func tokens(_ tokenizer: TextTokenizer, longest: Int) throws(TableError) -> [[Int32]] {
    var result: [[Int32]] = []
    result.reserveCapacity(items.count)
    var cut = 0
    for item in items {
      let tokens = tokenizer.encode(item.text)
      guard !tokens.isEmpty else {
        let what = item.text.isEmpty ? "the text is empty" : "the text has no \(tokenizer.unit.rawValue)"
        throw fault(item, "\(what): remove \(item.file == nil ? "the row" : "the file")")
      }
      if tokens.count > longest { cut += 1 }
      result.append(Array(tokens.prefix(longest)))
    }
    if cut > 0 {
      Note.line(
        "texts     \(counted(cut, "text")) of \(printable(file, limit: 200)) read to the \(grouped(longest))th \(tokenizer.unit.rawValue) only (--longest)"
      )
    }
    return result
  }
}

/// A linear model on letter trigrams: what a network must beat.
struct LinearBaseline: Sendable {
  static let name = "letter trigrams, linear"
  let correctCount: Int
  let count: Int
  var accuracy: Double { Double(correctCount) / Double(count) }

  /// - Returns: nil where nothing is held out.
  init?(_ texts: [String], _ classes: [Int32], held: [String], _ truths: [Int32], classCount: Int) {
    guard !held.isEmpty else { return nil }
    let model = NGramClassifier(training: texts, classes: classes, classCount: classCount)
    correctCount = zip(held, truths).count { text, truth in
      let logs = model.logProbabilities(text)
      return logs.firstIndex(of: logs.max() ?? 0) == Int(truth)
    }
    count = held.count
  }
}
