import ArgumentParser
import Foundation
import Recurrent
import RecurrentExchange
import Storage

struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model with its weights rounded to 16 or 8 bits.",
    discussion: """
      The weights that products read are rounded to the nearest: to bfloat16, float16, or whole numbers of 8 bits with a scale \
      for each unit of a gate. Embeddings, biases, a cell's own vectors and initial states stay. The file is about half or a \
      quarter as large, every command and the library read it as any other, and rnn sample, evaluate and run run it as it is \
      stored. With int8 they round what is multiplied by the weights, too: rnn evaluate says what that does to the loss. A file in \
      bfloat16 may also be run with --precision bfloat16-dot, which does so in bfloat16.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(writing: "The file to write.") var target: String

  @Option(help: ArgumentHelp("What they are rounded to.", valueName: "name"))
  var precision: Format

  enum Format: String, NamedChoice {
    case bfloat16, float16, int8

    var weights: WeightPrecision {
      switch self {
      case .bfloat16: .bfloat16
      case .float16: .float16
      case .int8: .int8
      }
    }
  }

  func run() throws {
    let outputs = try FileUse(reading: [(model, "<model>")], writing: [(target, "<target>", .modelLike(model))]).hold()
    defer { outputs.release() }
    let file = try ArrayFile(path: model)
    if let tensors = file.safetensors { try ModelUse.requireNetwork(tensors) }
    guard case .float = Precision(of: file) else {
      throw Failure(
        message: "\(printable(model)) is kept in double precision, and only models in single precision can be rounded")
    }
    var model = try Model<Float>(file, path: model)
    if model.configuration.tiesEmbedding {
      Note.note("the tied embedding becomes two matrices, of which the head's is rounded")
      model = try model.untied()
    }
    NonFinite.warn(model.nonFiniteParameters, in: self.model)
    let rounded = try model.rounded(to: precision.weights)
    try rounded.save(to: target, precision: precision.weights)
    try report(table(Self.errors(model, rounded), right: [1, 2]), besides: target)
  }

  /// What the rounding changed, by each parameter that it did: the root of the mean square error over that of the weights.
  private static func errors(_ model: Model<Float>, _ rounded: Model<Float>) -> [[String]] {
    var rows = [["weights", "numbers", "error, of their size"]]
    for entry in model.table.entries {
      let (old, new) = (model[parameter: entry.name], rounded[parameter: entry.name])
      guard old != new else { continue }
      let error = zip(old, new).reduce(0) { $0 + Double($1.1 - $1.0) * Double($1.1 - $1.0) }
      let change = (error / old.reduce(0) { $0 + Double($1) * Double($1) }).squareRoot()
      rows.append([entry.name, grouped(entry.count), String(format: "%.1e", change)])
    }
    return rows.count > 1 ? rows : [["all weights are such numbers already: a copy", "", ""]]
  }
}
