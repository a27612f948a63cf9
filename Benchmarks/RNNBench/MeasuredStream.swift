import Recurrent

/// One cell and size, ready to take steps, its first two checked.
final class MeasuredStream {
  private var pass: InferencePass<Float>
  private let model: Model<Float>
  private let threads: Int
  /// [I]
  private let input: [Float]

  /// - Parameter shape: two steps of one sequence of vectors.
  /// - Throws: `PlanError` where the memory does not suffice; `WrongOutput`.
  init(
    _ model: Model<Float>, _ shape: LayerShape, _ products: Products, _ precision: WeightPrecision, threads: Int
  ) throws {
    (self.model, self.threads) = (model, threads)
    pass = try InferencePass(
      model, steps: 1, batchSize: 1, products: products, precision: precision, threads: threads)
    let data = try LayerData(shape)
    input = Array(data.vectors[0..<shape.inputSize])
    var outputs: [Float] = []
    for step in 0..<shape.steps {
      pass.run(
        vectors: data.vectors.span.extracting(step * shape.inputSize..<(step + 1) * shape.inputSize), continuing: true)
      outputs += pass.outputs
    }
    try NaiveLayers(model, precision).check(
      outputs, shape, data, "\(model.configuration.cell.name), one step a call")
  }

  var plan: Plan { pass.plan }

  /// One step.
  func run() {
    let input = input
    pass.run(vectors: input.span, continuing: true)
  }

  /// Rounds of steps, each beside a measurement of reading as many bytes.
  func measure(rounds: Int) throws -> StreamResult {
    let meter = try ReadMeter(bytes: weightBytes, threads: threads)
    _ = secondsOfCalls(lasting: 0.02, run)
    var (times, speeds): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      speeds.append(meter.gigabytesPerSecond())
      times += secondsOfCalls(lasting: 0.05, run)
    }
    return StreamResult(
      plan, threads: threads, seconds: times.sorted(), weightBytes: weightBytes,
      readSpeed: median(speeds))
  }

  /// Wx and Wh of all layers.
  private var weightBytes: Int {
    let weights = model.table.entries.filter { $0.shape.count == 2 }
    let bytes =
      switch plan.precision {
      case .full: 4
      case .bfloat16, .bfloat16Dot, .float16: 2
      case .int8: 1
      }
    return weights.reduce(0) { $0 + $1.count } * bytes
  }
}
