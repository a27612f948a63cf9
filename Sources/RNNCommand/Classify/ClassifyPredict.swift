import ArgumentParser
import Recurrent
import Storage

struct ClassifyPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Tell the classes of sequences, or of their steps.",
    discussion: """
      A CSV table on standard output, or in a file: the sequence, for classes at each step the step from 1 on, the \
      likeliest class, and its probability. Labels in the data, if there are any, are not looked at.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The sequences, a CSV or .ts file.") var sequences: String
  @OptionGroup var input: SequenceOptions

  @Option(writing: "Write the table here.")
  var output: String?

  @OptionGroup var multiplying: ProductsOption

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func run() throws {
    let outputs = try FileUse(
      reading: [(model, "<model>"), (sequences, "<sequences>")], writing: [(output, "--output", .table)]
    ).hold()
    defer { outputs.release() }
    let (model, description) = try Model.forClasses(at: model)
    let data = try input.read(
      sequences, features: description.features, isPerStep: description.isPerStep, needsLabels: false)
    var classifier = try Classifier(
      model, description, longest: data.items.map(data.length).max() ?? 1, products: multiplying.choice,
      threads: threads ?? 0)
    Note.productsHint(of: classifier.plan)
    Note.threads(threads)
    let scores = classifier.scores(data.items.map { description.inputs($0.values) })
    guard scores.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw Failure(message: "the scores of the classes are not finite numbers", status: .notFinite)
    }
    let count = description.classes.count
    var rows = [
      description.isPerStep ? ["sequence", "step", "class", "probability"] : ["sequence", "class", "probability"]
    ]
    for (item, row) in zip(data.items, scores) {
      for step in 0..<row.count / count {
        let (predicted, probability, _) = ClassificationReport.classify(
          row.span.extracting(step * count..<(step + 1) * count))
        rows.append(
          [item.name] + (description.isPerStep ? [String(step + 1)] : [])
            + [description.classes[predicted], short(probability)])
      }
    }
    try writeTable(rows, to: output)
  }
}
