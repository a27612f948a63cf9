import Recurrent
import Tables

extension ClassTask {
  /// Sequences of vectors.
  /// - Parameters:
  ///   - window: steps of the pieces that are trained on, for a label at each step.
  ///   - advice: what to do about labels that only the part held out has.
  /// - Throws: `TableError`.
  init(
    _ training: LabelledSequences, held: LabelledSequences, window: Int, advice: String
  ) throws(TableError) {
    let (classes, width, isPerStep) = (training.classes, training.features.count, training.isPerStep)
    try Self.check(classes, of: training.file)
    let description = ClassDescription(
      features: training.features, classes: classes, isPerStep: isPerStep,
      scaling: Standardization(of: training.items.flatMap(\.values), width: width))
    func part(_ sequences: LabelledSequences, _ numbers: [[Int32]]) -> Part {
      Part(
        inputs: .vectors(sequences.items.map { description.inputs($0.values) }, width: width), classes: numbers)
    }
    func words(_ part: LabelledSequences) -> String {
      Self.amount(part.items.count, "sequence", lengths: part.items.map(part.length), step: "step")
    }
    let pieces = isPerStep ? training.cut(window: window) : training
    self.init(
      unit: isPerStep ? "step" : "sequence", classes: classes, isPerStep: isPerStep, input: .vectors(size: width),
      annotations: [ClassDescription.annotation: description.text],
      training: part(pieces, try pieces.classNumbers(classes)),
      held: part(held, try held.classNumbers(classes, of: "the training part", advice: advice)),
      digest: Self.digest([training, held]),
      words: (words(training), words(held), counted(width, "feature")),
      facts: [
        ["to train on", counted(training.items.count, "sequence")],
        ["to validate on", counted(held.items.count, "sequence")],
        ["features", training.features.joined(separator: ", ")],
      ])
  }

  private static func digest(_ parts: [LabelledSequences]) -> UInt64 {
    var digest = UInt64.digestStart
    for part in parts {
      for feature in part.features { digest.digest(feature) }
      for item in part.items {
        digest.digest(item.values)
        for label in item.labels { digest.digest(label) }
      }
    }
    return digest
  }
}
