import Recurrent
import Storage
import Tables

/// Steps of one sequence as they come: a line in, a line out, the state kept in between.
struct StreamRun<S: Scalar>: ~Copyable {
  private static var input: String { "standard input" }

  private var pass: InferencePass<S>
  private let configuration: ModelConfiguration
  private var isStarted = false

  /// - Throws: `PlanError` where the memory does not suffice.
  init(_ model: Model<S>, products: Products, weights: WeightPrecision, threads: Int) throws(PlanError) {
    pass = try InferencePass(
      model, steps: 1, batchSize: 1, products: products, precision: weights, threads: threads)
    configuration = model.configuration
  }

  /// - Parameter file: of the model, for the error.
  /// - Throws: `Failure` where the model has to see a whole sequence.
  static func refuseWhole(_ configuration: ModelConfiguration, _ file: String) throws(Failure) {
    var reason: String?
    if configuration.directions.count == 2 { reason = "runs both ways" }
    if configuration.head == .meanOverSteps || configuration.head == .maxOverSteps {
      reason = "answers a whole sequence"
    }
    if case .features = configuration.input { reason = "reads words (rnn tag predict is a filter for it)" }
    guard let reason else { return }
    throw Failure(message: "\(file) \(reason), and not step by step: leave out --stream")
  }

  /// Answers each line; an empty one ends a sequence.
  /// - Throws: `TableError` with the line that is no step; `FileError`.
  mutating func run() throws {
    var lines = FilterLines(Self.input)
    var number = 0
    while let line = try lines.next() {
      number += 1
      if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
        isStarted = false
        try output("")
      } else {
        try output(answer(line, number))
      }
    }
  }

  private mutating func answer(_ line: String, _ number: Int) throws -> String {
    func fault(_ what: String) -> TableError { TableError(Self.input, line: number, .other(what)) }
    // Between separators something has to stand.
    let separators = line.contains { $0 == "," || $0 == ";" }
    let fields = line.split(omittingEmptySubsequences: !separators) {
      separators ? $0 == "," || $0 == ";" : $0 == " " || $0 == "\t"
    }.map { LabelledTexts.trimmed(String($0)) }
    let width = configuration.input.vocabularySize == nil ? configuration.input.size : 1
    guard fields.count == width else {
      throw fault("a step has \(counted(width, "number")), this line \(grouped(fields.count))")
    }
    if let count = configuration.input.vocabularySize {
      guard let token = Int32(fields[0]), (0..<Int32(clamping: count)).contains(token) else {
        throw fault(
          "\"\(printable(fields[0], limit: 40))\" is no token: expected a whole number in 0..<\(count)")
      }
      let tokens = [token]
      pass.run(tokens: tokens.span, continuing: isStarted)
    } else {
      var values: [S] = []
      for field in fields {
        guard !field.contains(where: { $0 == "x" || $0 == "X" }), let value = Double(field), S(value).isFinite else {
          throw fault("\"\(printable(field, limit: 40))\" is no finite number of the model's precision")
        }
        values.append(S(value))
      }
      pass.run(vectors: values.span, continuing: isStarted)
    }
    isStarted = true
    let outputs = pass.outputs
    guard outputs.allSatisfy(\.isFinite) else {
      throw Failure(message: "\(Self.input), line \(number): the outputs are not finite numbers", status: .notFinite)
    }
    return outputs.map { shortest($0) }.joined(separator: ",")
  }
}
