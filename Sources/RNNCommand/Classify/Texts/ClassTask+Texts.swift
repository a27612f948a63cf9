import Recurrent
import Storage
import Tables

extension ClassTask {
  /// Texts.
  /// - Parameters:
  ///   - columns: where they stood; nil of a folder of folders.
  ///   - balanced: whether each class counts as much as any other.
  ///   - seed: of the linear models.
  ///   - advice: what to do about labels that only the part held out has.
  /// - Throws: `TableError`.
  init(
    _ training: LabelledTexts, held: LabelledTexts, columns: LabelledTexts.Columns?, _ options: TextClassOptions,
    balanced: Bool, seed: UInt64, advice: String
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
    var compared = try part(
      held, try held.classNumbers(classes, of: "the training part", advice: advice))
    var annotations = [
      TextClassDescription.annotation: description.text, TextTokenizer.annotation: tokenizer.annotationText,
    ]
    let numbers = trained.classes.map { $0[0] }
    let trainedTexts = training.items.map { tokenizer.form.apply($0.text) }
    let heldTexts = held.items.map { tokenizer.form.apply($0.text) }
    func linear(_ orders: ClosedRange<Int>) -> NGramClassifier {
      var own = NGramClassifier.Options()
      own.seed = seed
      return NGramClassifier(
        training: trainedTexts, classes: numbers, classCount: classes.count,
        classWeights: balanced ? Self.balancedWeights(numbers, classCount: classes.count) : [], orders: orders,
        options: own)
    }
    if let orders = options.ngrams.orders {
      let model = linear(orders)
      annotations[NGramClassifier.annotation] = model.annotationText
      compared.linear = LinearScores(model, heldTexts)
    }
    if options.ngrams.orders != 3...3, !heldTexts.isEmpty {
      let scores = LinearScores(linear(3...3), heldTexts)
      compared.baselines = [Besides(scores.name, scores: scores.scores, compared.classes.map { $0[0] })]
    }
    func words(_ part: Part) -> String {
      Self.amount(part.inputs.count, "text", lengths: part.inputs.lengths, step: unit.rawValue)
    }
    let size = options.embeddingSize ?? 64
    self.init(
      unit: "text", classes: classes, isPerStep: false,
      input: size == 0
        ? .oneHot(vocabularySize: tokenizer.count) : .embedding(vocabularySize: tokenizer.count, size: size),
      annotations: annotations,
      training: trained, held: compared, digest: Self.digest([training, held]),
      words: (
        words(trained), words(compared),
        "\(counted(tokenizer.count, "different \(unit.rawValue)"))\(unit.knowsAll ? "" : ", the unknown one included")"
      ),
      facts: [
        ["to train on", counted(training.items.count, "text")], ["to validate on", counted(held.items.count, "text")],
        ["unit", "\(unit.rawValue), \(grouped(tokenizer.count)) of them"],
        ["normalization", tokenizer.form.description],
      ])
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
