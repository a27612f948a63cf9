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
  @Argument(reading: "The sequences, a CSV or .ts file.") var sequences: String
  @OptionGroup var input: SequenceOptions

  @Flag(help: "Write a JSON object.")
  var json = false

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func run() throws {
    try FileUse(reading: [(model, "<model>"), (sequences, "<sequences>")]).check()
    let (model, description) = try Model.forClasses(at: model)
    let data = try input.read(
      sequences, features: description.features, isPerStep: description.isPerStep, needsLabels: true)
    let classes = try data.classNumbers(description.classes)
    let inputs = data.items.map { description.inputs($0.values) }
    var classifier = try Classifier(
      model, description, longest: data.items.map(data.length).max() ?? 1, products: multiplying.choice,
      threads: threads ?? 0)
    Note.productsHint(of: classifier.plan)
    Note.threads(threads)
    let report = classifier.report(inputs, classes: classes)
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
