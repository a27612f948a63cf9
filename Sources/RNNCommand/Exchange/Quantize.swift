import ArgumentParser
import Foundation
import Recurrent
import RecurrentExchange
import Storage

struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model with its weights rounded to 16 bits.",
    discussion: """
      The weights that products read are rounded to the nearest; embeddings, biases, a cell's own vectors and initial states \
      stay. The file is about half as large, and every command and the library read it as any other: give --weights the same \
      name to run it with as many bytes.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String
  @Argument(writing: "The file to write.") var target: String

  @Option(help: ArgumentHelp("What they are rounded to.", valueName: "name"))
  var weights: Format

  enum Format: String, NamedChoice {
    case bfloat16, float16
  }

  func run() throws {
    let outputs = try FileUse(reading: [(model, "<model>")], writing: [(target, "<target>")]).hold()
    defer { outputs.release() }
    let file = try ArrayFile(path: model)
    guard case .float = Precision(of: file) else {
      throw Failure(
        message: "\(printable(model)) is kept in double precision, and 16 bits are of single precision only")
    }
    let model = try Model<Float>(file, path: model)
    NonFinite.warn(model.nonFiniteParameters, in: self.model)
    let precision: WeightPrecision = weights == .bfloat16 ? .bfloat16 : .float16
    let rounded = try model.rounded(to: precision)
    try rounded.save(to: target, precision: precision)
    try report(table(Self.errors(model, rounded), right: [1, 2]), besides: target)
  }

  /// What the rounding changed: by each parameter that it did.
  private static func errors(_ model: Model<Float>, _ rounded: Model<Float>) -> [[String]] {
    var rows = [["weights", "numbers", "largest relative change"]]
    for entry in model.table.entries {
      let (old, new) = (model[parameter: entry.name], rounded[parameter: entry.name])
      guard old != new else { continue }
      let change = zip(old, new).reduce(Float(0)) { largest, pair in
        pair.0 == pair.1 ? largest : max(largest, ((pair.1 - pair.0) / pair.0).magnitude)
      }
      rows.append([entry.name, grouped(entry.count), String(format: "%.1e", change)])
    }
    return rows.count > 1 ? rows : [["all weights are numbers of 16 bits already", "", ""]]
  }
}
