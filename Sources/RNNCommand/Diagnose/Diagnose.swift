import ArgumentParser
import Recurrent
import RecurrentExchange
import Storage

struct Diagnose: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say why a model learns or does not: spectra, gradients, gates, units, and what to do.",
    discussion: """
      The model is run on data that you give, and its recurrences are looked at there, in double precision: how small \
      changes of a state grow (Lyapunov exponents), how far gradients reach back, how the gates stand, what the units say, \
      and how much of the past the outputs remember. Sentences at the end say what is a problem (!) and what to do; \
      the article Diagnosing a Network of the documentation says what each number is.

      The time grows with the steps, and with the square of the hidden size.

      \(FilePath.documentation)
      """)

  @Argument(reading: "The model file.") var model: String

  @OptionGroup(title: "Data") var data: DiagnosedData

  @Option(in: 2...largestSize, help: "Steps of the data to run on, from the start on.")
  var steps = 4000

  @Option(in: 1...largestSize, help: "Lyapunov exponents of each layer, the largest.")
  var exponents = 32

  @Option(in: 1...largestSize, help: "Steps back to which gradients and memory are followed.")
  var delays = 100

  @Option(in: 1...largestSize, help: "Steps that the task looks back on: gradients that vanish sooner are a problem.")
  var reach = 20

  @Option(
    in: 1...1_000_000,
    help: "Let a model of a series run freely for so many steps, each output its next input, for the exponents of that."
  )
  var closedLoop: Int?

  @Option(in: 0...UInt64(Int.max), help: "Decides the directions that are followed.")
  var seed: UInt64 = 1

  @Flag(help: "Write a JSON object with all numbers.")
  var json = false

  @Option(writing: "Write a page (HTML) with the findings, curves and tables here.")
  var report: String?

  @Option(in: 1...1024, help: "Threads; the result does not depend on them. (default: one for each processor)")
  var threads: Int?

  func validate() throws { try data.validateChoice() }

  func run() throws {
    var files = FileUse(reading: [(model, "<model>")])
    data.note(in: &files)
    files.writes(report, as: "--report", .page)
    let outputs = try files.hold()
    defer { outputs.release() }
    try TrainingPage.check(report)
    Note.threads(threads)
    let diagnosis: NetworkDiagnosis
    if !data.source.text.text.isEmpty {
      let (model, vocabulary) = try Model.forText(at: model)
      let tokens = try data.source.tokens(vocabulary, limit: steps)
      diagnosis = try diagnose(model, .tokens([tokens]))
    } else if let table = data.source.table {
      let file = try SafetensorsFile(path: model)
      try ModelUse.requireNetwork(file)
      let model = try Model<Float>(file)
      let vectors = try data.vectors(of: model, self.model, table: table)
      diagnosis = try diagnose(model, .vectors(vectors))
    } else {
      guard case .arrays(let file) = try ExchangeFile(path: model) else {
        throw Failure(message: "\(printable(model)) is an ONNX graph: rnn import makes a model of it first")
      }
      switch Precision(of: file) {
      case .float: diagnosis = try diagnose(Model<Float>(file, path: model))
      case .double: diagnosis = try diagnose(Model<Double>(file, path: model))
      }
    }
    if let report { try DiagnosisPage(diagnosis, model: model).write(to: report) }
    if json { try output(diagnosis.json.serialized() + [0x0A]) } else { try output(diagnosis.description) }
  }

  private enum Sequences<S: Scalar> {
    case tokens([[Int32]])
    case vectors([[S]])
  }

  private var options: DiagnosisOptions {
    var options = DiagnosisOptions()
    (options.exponentCount, options.delayCount, options.wantedReach) = (exponents, delays, reach)
    (options.seed, options.threads, options.closedLoopSteps) = (seed, threads ?? 0, closedLoop ?? 0)
    return options
  }

  private func diagnose<S: Scalar>(_ model: Model<S>) throws -> NetworkDiagnosis {
    let input = try data.input(model.configuration, S.self)
    if input.state != nil {
      Note.note("the initial states of the file are left out: sequences start as the model starts them")
    }
    switch input.steps {
    case .tokens: return try diagnose(model, .tokens(input.tokenSequences ?? []))
    case .vectors: return try diagnose(model, .vectors(input.vectorSequences ?? []))
    }
  }

  /// - Parameter sequences: of which as many steps are taken as are asked for.
  private func diagnose<S: Scalar>(_ model: Model<S>, _ sequences: Sequences<S>) throws -> NetworkDiagnosis {
    try NonFinite.refuse(model, self.model)
    if closedLoop != nil, model.annotations[ReadoutDescription.annotation] != nil {
      throw Failure(
        message: "\(printable(self.model)): --closed-loop is not for it: its outputs are other columns than its inputs")
    }
    if closedLoop != nil, let obstacle = model.configuration.closedLoopObstacle {
      throw Failure(message: "\(printable(self.model)): --closed-loop is not for it: \(obstacle)")
    }
    do throws(DiagnosisError) {
      switch sequences {
      case .tokens(let tokens): return try model.diagnose(tokens: limited(tokens, width: 1), options: options)
      case .vectors(let vectors):
        return try model.diagnose(vectors: limited(vectors, width: model.configuration.input.size), options: options)
      }
    } catch {
      switch error {
      case .tooShort: throw Failure(message: "\(data.place): \(error)")
      case .plan: throw Failure(message: "\(error); --steps takes fewer")
      case .notFinite, .factorization: throw Failure(message: "\(data.place): \(error)")
      }
    }
  }

  /// The first steps of all sequences together.
  private func limited<Element>(_ sequences: [[Element]], width: Int) -> [[Element]] {
    var left = steps
    return sequences.compactMap { sequence in
      let count = min(left, sequence.count / width)
      left -= count
      return count == 0 ? nil : Array(sequence.prefix(count * width))
    }
  }
}
