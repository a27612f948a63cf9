import ArgumentParser
import Kernels
import Recurrent

/// `rnn-bench stream`
struct StreamBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream",
    abstract: "One sequence, one step a call, the state kept: the time of a step.",
    discussion: """
      Layers without a head, I = H, Float. Each step reads all weights (Wx and Wh; biases are left out) once: their \
      bytes over the median time stand beside the speed at which as many threads can read an array of as many bytes, \
      measured in turn with the steps, and the cache level is the smallest that holds them.
      """)

  @Option(name: .customLong("cell"), help: "A cell; may be given several times. (default: rnn, lstm, gru)")
  var cells: [CellOption] = []

  @Option(
    name: .customLong("hidden"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Hidden units; may be given several times. (default: 64, 128, 256, 512)", valueName: "h"),
    transform: whole(1...LayerShape.largestSize))
  var givenSizes: [Int] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Layers.", valueName: "n"),
    transform: whole(1...LayerShape.mostLayers))
  var layers = 1

  @OptionGroup var multiplying: ProductsOption

  @OptionGroup var storing: PrecisionOption

  @OptionGroup var measuring: MeasuringOptions

  @Flag(
    help: """
      Print 'ready', then for each number of seconds read from standard input run the one case for that long and print \
      {"milliseconds":[…]}, one number a step.
      """)
  var onRequest = false

  private var sizes: [Int] { givenSizes.isEmpty ? [64, 128, 256, 512] : givenSizes }
  private var chosenCells: [any RecurrentCell] { cells.isEmpty ? CellOption.usual : cells.map(\.cell) }

  func validate() throws {
    let count = sizes.count * chosenCells.count * measuring.threads.count
    if count != 1, onRequest {
      throw ValidationError(
        "--on-request needs exactly one case, one each of --cell, --hidden and --threads; there are \(count)")
    }
    if onRequest, measuring.jsonPath != nil { throw ValidationError("--json does not go with --on-request") }
  }

  func run() throws {
    try RNNBench.requireRelease()
    try verifyWritable((measuring.jsonPath, "--json"))
    if !onRequest {
      try say("# \(Processor.instructionSet), Float; \(measuring.rounds) rounds; microseconds a step")
    }
    var results: [StreamResult] = []
    var isDescribed = onRequest
    for size in sizes {
      for cell in chosenCells {
        let shape = LayerShape(2, 1, size, size, layers: layers)
        let model = try Model<Float>(shape.configuration(cell), seed: 1)
        for threads in measuring.threads {
          let stream = try MeasuredStream(model, shape, multiplying.products, storing.precision, threads: threads)
          if !isDescribed {
            try describeProducts(of: [("", stream.plan)])
            try say(StreamResult.header)
            isDescribed = true
          }
          if onRequest { return try OnRequest.serve(stream.run) }
          let result = try stream.measure(rounds: measuring.rounds)
          try say(result.line)
          results.append(result)
        }
      }
    }
    if let path = measuring.jsonPath { try writeJSON(results, to: path) }
  }
}
