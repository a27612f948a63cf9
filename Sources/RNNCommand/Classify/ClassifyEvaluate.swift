import ArgumentParser
import Recurrent
import Storage

struct ClassifyEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how often a model's classes are right.",
    discussion: """
      Accuracy, the confusion matrix, and recall, precision and F1 of each class.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The sequences, a CSV or .ts file; the texts, also JSON lines or a folder of folders.")
  var sequences: String
  @OptionGroup var input: SequenceOptions
  @OptionGroup var texts: TextColumnOption

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var running: InferenceOptions

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (sequences, "<sequences>")]).check()
    let file = try SafetensorsFile(path: model)
    if TextClassModel.isThere(file) { return try evaluateTexts(TextClassModel(file)) }
    try texts.refuse(for: model)
    let (model, description) = try Model.forClasses(file)
    let data = try input.read(
      sequences, features: description.features, isPerStep: description.isPerStep, needsLabels: true)
    let classes = try data.classNumbers(description.classes)
    let inputs = ClassInputs.vectors(
      data.items.map { description.inputs($0.values) }, width: description.features.count)
    var classifier = try Classifier(
      model, classes: description.classes, isPerStep: description.isPerStep,
      longest: data.items.map(data.length).max() ?? 1, running.settings(for: model))
    running.advise(on: classifier.plan)
    try show(
      classifier.report(
        ClassTask.Part(inputs: inputs, classes: classes), unit: description.isPerStep ? "step" : "sequence"))
  }

  private func evaluateTexts(_ trained: TextClassModel) throws {
    let data = try trained.source(input, texts).read(sequences, needsLabels: true)
    let classes = try data.classNumbers(trained.description.classes)
    var part = ClassTask.Part(
      inputs: .tokens(try data.tokens(trained.tokenizer, longest: trained.description.longest)),
      classes: classes.map { [$0] })
    part.linear = trained.linearScores(data.items.map(\.text))
    var classifier = try Classifier(
      trained.model, classes: trained.description.classes, longest: part.longest,
      running.settings(for: trained.model))
    running.advise(on: classifier.plan)
    try show(classifier.report(part, unit: "text"))
  }

  private func show(_ report: ClassificationReport) throws {
    guard report.loss.isFinite else {
      throw Failure(message: "the loss is not a finite number (\(report.loss))", status: .notFinite)
    }
    if json {
      try output(report.json.serialized() + [0x0A])
    } else {
      try output(report.description)
    }
  }
}
