import Recurrent
import Tasks

/// A series that reservoirs are measured on, with the setting that does well on it.
enum ReservoirTask: String, CaseIterable {
  case mackeyGlass = "Mackey–Glass, 1 step"
  case direct = "Mackey–Glass, 84 steps, direct"
  case free = "Mackey–Glass, 84 steps, free"
  case narma = "NARMA 10"
  case lorenz = "Lorenz, Lyapunov times"

  var washout: Int { 100 }
  var penalty: Double {
    switch self {
    case .direct: 1e-10
    // Below what sums of squares resolve: fitted by QR.
    case .mackeyGlass, .free: 1e-12
    case .narma: 1e-9
    case .lorenz: 1e-6
    }
  }

  func configuration(_ units: Int, _ kind: ReservoirConfiguration.Connections) -> ReservoirConfiguration {
    var configuration = ReservoirConfiguration(inputSize: width, outputSize: width, unitCount: units)
    configuration.connections = kind
    (configuration.spectralRadius, configuration.inputScaling, configuration.biasScaling) = scalings
    return configuration
  }

  var scalings: (spectralRadius: Double, input: Double, bias: Double) {
    switch self {
    case .mackeyGlass, .direct, .free: (0.8, 0.5, 0.2)
    case .narma: (0.95, 0.1, 0.3)
    case .lorenz: (0.9, 0.1, 1)
    }
  }

  /// Values of a step.
  var width: Int { self == .lorenz ? 3 : 1 }
  /// Steps of a series that are fitted to, the wash-out among them; what follows is measured on.
  var training: Int {
    switch self {
    case .mackeyGlass, .direct, .free: 3100
    case .narma: 4100
    case .lorenz: 5100
    }
  }

  /// The series of a seed: inputs [T, width], and for each step what should come out.
  func series(seed: UInt64) -> (inputs: [Double], outputs: [Double]) {
    switch self {
    case .mackeyGlass, .direct:
      let ahead = self == .direct ? 84 : 1
      let series = Self.mackeyGlass(count: 4184, seed: seed)
      return (Array(series[..<4100]), Array(series[ahead..<4100 + ahead]))
    case .free:
      let series = Self.mackeyGlass(count: training + 1 + Self.freeStarts * 10 + Self.freeSteps, seed: seed)
      return (Array(series.dropLast()), Array(series.dropFirst()))
    case .narma: return ChaoticSeries.narma10(count: 5100, seed: seed)
    case .lorenz:
      let count = training + Self.lorenzStarts * 200 + Self.lorenzSteps + 1
      let series = ChaoticSeries.lorenz(count: count, step: Self.lorenzStep, seed: seed)
      return (Array(series.dropLast(3)), Array(series.dropFirst(3)))
    }
  }

  private static let (freeStarts, freeSteps) = (100, 84)
  private static let (lorenzStarts, lorenzSteps, lorenzStep) = (10, 800, 0.02)

  /// Errors, or Lyapunov times, of one reservoir; of Lorenz several.
  func scores<S: Scalar>(
    units: Int, _ kind: ReservoirConfiguration.Connections, seed: UInt64, threads: Int, _ scalar: S.Type
  ) throws -> [Double] {
    let (inputs, outputs) = series(seed: seed)
    let drawn = try Model<S>(configuration(units, kind), seed: seed)
    let model = try drawn.fittingHead(
      to: .vectors(inputs.prefix(training * width).map { S($0) }),
      .values(outputs.prefix(training * width).map { S($0) }),
      RidgeOptions(penalty: .fixed(penalty), washout: washout), threads: threads
    ).model
    switch self {
    case .mackeyGlass, .direct, .narma:
      let predicted = try model.predict(.vectors(inputs.map { S($0) }), threads: threads).values.map { Double($0) }
      return [ChaoticSeries.normalizedError(Array(predicted[training...]), Array(outputs[training...]))]
    case .free: return [try freeError(model, inputs, outputs, threads)]
    case .lorenz: return try validTimes(model, inputs, outputs, threads)
    }
  }

  /// As it is compared: scaled to −1…1.
  static func mackeyGlass(count: Int, seed: UInt64) -> [Double] {
    let series = ChaoticSeries.mackeyGlassMap(count: count, seed: seed)
    let (least, most) = (series.min() ?? 0, series.max() ?? 1)
    return series.map { 2 * ($0 - least) / (most - least) - 1 }
  }

  /// Of the 84th step from each of 100 starts, each output being the next input.
  private func freeError<S: Scalar>(
    _ model: Model<S>, _ inputs: [Double], _ outputs: [Double], _ threads: Int
  ) throws -> Double {
    var (ends, truth) = ([Double](), [Double]())
    try generate(model, inputs, starts: Self.freeStarts, apart: 10, steps: Self.freeSteps, threads) { at, generated in
      ends.append(Double(generated[Self.freeSteps - 1]))
      truth.append(outputs[at + Self.freeSteps - 1])
    }
    let mean = outputs.reduce(0, +) / Double(outputs.count)
    let variance = outputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(outputs.count)
    let squares = zip(ends, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(ends.count)
    return (squares / variance).squareRoot()
  }

  /// How long Lorenz is followed from each of 10 starts, in Lyapunov times (0.906 a unit of time): until the error is
  /// beyond 0.4 of the deviation of the state.
  private func validTimes<S: Scalar>(
    _ model: Model<S>, _ inputs: [Double], _ outputs: [Double], _ threads: Int
  ) throws -> [Double] {
    let count = Double(outputs.count / 3)
    let means = (0..<3).map { part in
      stride(from: part, to: outputs.count, by: 3).reduce(0) { $0 + outputs[$1] } / count
    }
    let power =
      outputs.indices.reduce(0.0) { $0 + (outputs[$1] - means[$1 % 3]) * (outputs[$1] - means[$1 % 3]) } / count
    var times: [Double] = []
    try generate(model, inputs, starts: Self.lorenzStarts, apart: 200, steps: Self.lorenzSteps, threads) { at, values in
      let valid = (0..<Self.lorenzSteps).first { step in
        let squares = (0..<3).reduce(0.0) { sum, part in
          let error = Double(values[step * 3 + part]) - outputs[(at + step) * 3 + part]
          return sum + error * error
        }
        return !(squares < 0.16 * power)
      }
      times.append(Double(valid ?? Self.lorenzSteps) * Self.lorenzStep * 0.906)
    }
    return times
  }

  /// Lets a model run freely from several steps of a series on, each time with the state that the true series left.
  private func generate<S: Scalar>(
    _ model: Model<S>, _ inputs: [Double], starts: Int, apart: Int, steps: Int, _ threads: Int,
    _ body: (_ at: Int, _ generated: [S]) -> Void
  ) throws {
    let inputs = inputs.map { S($0) }
    var pass = try InferencePass(model, steps: 500, batchSize: 1, threads: threads)
    var at = 0
    for start in 0..<starts {
      let next = training + apart * start
      while at < next {
        let count = min(500, next - at)
        pass.run(vectors: inputs.span.extracting(at * width..<(at + count) * width), continuing: at > 0)
        at += count
      }
      let state = pass.state
      body(at, pass.generate(from: inputs.span.extracting(at * width..<(at + 1) * width), steps: steps))
      pass.state = state
    }
  }
}
