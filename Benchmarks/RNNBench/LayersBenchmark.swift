import ArgumentParser
import Kernels
import Recurrent

/// `rnn-bench layers`
struct LayersBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Recurrent layers, trained and run forward, against the processor's peak.",
    discussion: """
      Layers without a head, Float. train: weights packed, forward, and back-propagation of a fixed gradient to all \
      parameters and, for vectors, to the input. infer: forward over the whole sequence from the zero state, weights \
      packed beforehand. GF/s counts matrix products only: in training 6·T·N·G·H·(I + H) a layer, without H where \
      a cell has no recurrent product, a third of it in \
      inference; one-hot tokens (I as 65hot) are gathered, which counts nothing. The peak is that of multiply-adds in \
      registers on as many threads, measured in turn with the layers.
      """)

  @Option(name: .customLong("cell"), help: "A cell; may be given several times. (default: rnn, lstm, gru)")
  var cells: [CellOption] = []

  @Option(
    name: .customLong("shape"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A shape; may be given several times. I may be 65hot: tokens. (default: a grid)", valueName: "T,N,I,H[,L]"),
    transform: LayerShape.init(parsing:))
  var shapes: [LayerShape] = []

  @Option(
    name: .customLong("mode"),
    help: "train or infer; may be given several times. (default: both; infer with a --precision)")
  var modes: [LayerMode] = []

  @OptionGroup var multiplying: ProductsOption

  @OptionGroup var storing: PrecisionOption

  @OptionGroup var measuring: MeasuringOptions

  @Option(
    name: .customLong("dump"),
    help: ArgumentHelp(
      "Write data, parameters and results of the one case to this safetensors file.", valueName: "file"),
    transform: outputPath)
  var dumpPath: String?

  @Flag(
    help: """
      Print 'ready', then for each number of seconds read from standard input run the one case for that long and print \
      {"milliseconds":[…]}.
      """)
  var onRequest = false

  private var chosen: (shapes: [LayerShape], cells: [any RecurrentCell], modes: [LayerMode]) {
    (
      shapes.isEmpty ? LayerShape.grid : shapes, cells.isEmpty ? CellOption.usual : cells.map(\.cell),
      !modes.isEmpty ? modes : storing.precision == .full ? LayerMode.allCases : [.infer]
    )
  }

  func validate() throws {
    let (shapes, cells, modes) = chosen
    let count = shapes.count * cells.count * modes.count * measuring.threads.count
    if count != 1, dumpPath != nil || onRequest {
      throw ValidationError(
        """
        \(dumpPath != nil ? "--dump" : "--on-request") needs exactly one case, one each of --cell, --shape, --mode and \
        --threads; there are \(count)
        """)
    }
    if storing.precision != .full, storing.precision != .bfloat16Dot, modes.contains(.train) {
      throw ValidationError("--precision \(storing.precision) is for inference: a training takes float or bfloat16-dot")
    }
    if onRequest, measuring.jsonPath != nil { throw ValidationError("--json does not go with --on-request") }
  }

  func run() throws {
    try RNNBench.requireRelease()
    try verifyWritable((measuring.jsonPath, "--json"), (dumpPath, "--dump"))
    let (shapes, cells, modes) = chosen
    if !onRequest {
      try say("# \(Processor.instructionSet), \(OpenBLAS.description), Float; median of \(measuring.rounds) rounds")
      try describeProducts(of: modes.map { mode in (mode.rawValue, try plan(shapes[0], cells[0], mode)) })
      try say(LayerResult.header)
    }
    let peaks = onRequest ? [] : try measuring.threads.map { try PeakMeter<Float>(threads: $0) }
    var results: [LayerResult] = []
    for shape in shapes {
      for cell in cells {
        let model = try Model<Float>(shape.configuration(cell), seed: 1)
        for mode in modes {
          let layers = try MeasuredLayers(
            model, shape, mode, plan(shape, cell, mode), threads: measuring.threads)
          if let dumpPath { try layers.dump(to: dumpPath) }
          if onRequest { return try OnRequest.serve(layers.steps[0].run) }
          for result in layers.measure(rounds: measuring.rounds, peaks) {
            try say(result.line)
            results.append(result)
          }
        }
      }
    }
    if let path = measuring.jsonPath { try writeJSON(results, to: path) }
  }

  /// - Throws: `PlanError` for what is too large.
  private func plan(_ shape: LayerShape, _ cell: any RecurrentCell, _ mode: LayerMode) throws -> Plan {
    try Plan(
      shape.configuration(cell), steps: shape.steps, batchSize: shape.batchSize, purpose: mode.purpose,
      inputGradient: !shape.isOneHot, products: multiplying.products, precision: storing.precision, scalar: Float.self)
  }
}
