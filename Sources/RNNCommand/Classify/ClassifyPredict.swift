import ArgumentParser
import Recurrent
import Storage

struct ClassifyPredict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Tell the classes of sequences, of their steps, or of texts.",
    discussion: """
      A CSV table on standard output, or in a file: the sequence, for classes at each step the step from 1 on, or the text; \
      the likeliest class, and its probability. Labels in the data, if there are any, are not looked at.

      With - a model of texts is a filter: it reads a text in each line, and writes for each at once a line with its class and \
      the probability. A table from standard input it reads with --text-column. A text with nothing to read, such as an empty \
      line, gets no class.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(reading: "The sequences, a CSV or .ts file; the texts, also JSON lines, a folder of folders, or lines (-).")
  var sequences: String
  @OptionGroup var input: SequenceOptions
  @OptionGroup var texts: TextColumnOption

  @Flag(help: "Write the probabilities of all classes.")
  var probabilities = false

  @Flag(help: "Write a JSON object a line.")
  var json = false

  @Option(writing: "Write the table here.")
  var output: String?

  @OptionGroup var running: InferenceOptions

  func run() throws {
    var files = FileUse(reading: [(model, "<model>")], writing: [(output, "--output", json ? .records : .table)])
    files.reads(texts: sequences, as: "<sequences>")
    let outputs = try files.hold()
    defer { outputs.release() }
    let file = try SafetensorsFile(path: model)
    if TextClassModel.isThere(file) { return try predictTexts(TextClassModel(file)) }
    try texts.refuse(for: model)
    let (model, description) = try Model.forClasses(file)
    let data = try input.read(
      sequences, features: description.features, isPerStep: description.isPerStep, needsLabels: false)
    var classifier = try Classifier(
      model, classes: description.classes, isPerStep: description.isPerStep,
      longest: data.items.map(data.length).max() ?? 1, running.settings(for: model))
    running.advise(on: classifier.plan)
    let scores = classifier.scores(
      .vectors(data.items.map { description.inputs($0.values) }, width: description.features.count))
    try Self.requireFinite(scores)
    let count = description.classes.count
    let rows = zip(data.items, scores).flatMap { item, row in
      (0..<row.count / count).map { step in
        (
          place: [JSON.string(item.name)] + (description.isPerStep ? [.integer(step + 1)] : []),
          scores: Array(row[step * count..<(step + 1) * count])
        )
      }
    }
    try predictions(description.classes, description.isPerStep ? ["sequence", "step"] : ["sequence"])
      .write(rows, to: output)
  }

  func predictions(_ classes: [String], _ names: [String]) -> ClassPredictions {
    ClassPredictions(classes: classes, asJSON: json, showsAll: probabilities, names: names)
  }

  static func requireFinite(_ scores: [[Float]]) throws(Failure) {
    guard scores.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      throw Failure(message: "the scores of the classes are not finite numbers", status: .notFinite)
    }
  }
}
