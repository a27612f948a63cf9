import Recurrent
import Tasks

/// A series that reservoirs are measured on, with the setting that does well on it.
enum ReservoirTask: String, CaseIterable {
  case mackeyGlass = "Mackey–Glass, 1 step"
  case direct = "Mackey–Glass, 84 steps, direct"
  case free = "Mackey–Glass, 84 steps, free"
  case narma = "NARMA 10"
  case lorenz = "Lorenz, Lyapunov times"

  private var washout: Int { 100 }
  private var penalty: Double {
    switch self {
    case .mackeyGlass, .direct, .free: 1e-10
    case .narma: 1e-9
    case .lorenz: 1e-6
    }
  }

  private func configuration(_ units: Int, _ kind: ReservoirConfiguration.Connections) -> ReservoirConfiguration {
    let width = self == .lorenz ? 3 : 1
    var configuration = ReservoirConfiguration(inputSize: width, outputSize: width, unitCount: units)
    configuration.connections = kind
    (configuration.spectralRadius, configuration.inputScaling, configuration.biasScaling) =
      switch self {
      case .mackeyGlass, .direct, .free: (0.8, 0.5, 0.2)
      case .narma: (0.95, 0.1, 0.3)
      case .lorenz: (0.9, 0.1, 1)
      }
    return configuration
  }

  /// Errors, or Lyapunov times, of one reservoir; of Lorenz several.
  func scores<S: Scalar>(
    units: Int, _ kind: ReservoirConfiguration.Connections, seed: UInt64, threads: Int, _ scalar: S.Type
  ) throws -> [Double] {
    let model = try Model<S>(configuration(units, kind), seed: seed)
    switch self {
    case .mackeyGlass, .direct:
      let ahead = self == .direct ? 84 : 1
      let series = Self.mackeyGlass(count: 4184, seed: seed)
      return [
        try error(
          model, inputs: Array(series[..<4100]), outputs: Array(series[ahead..<4100 + ahead]), training: 3100, threads)
      ]
    case .narma:
      let (inputs, outputs) = ChaoticSeries.narma10(count: 5100, seed: seed)
      return [try error(model, inputs: inputs, outputs: outputs, training: 4100, threads)]
    case .free: return [try freeError(model, seed: seed, threads)]
    case .lorenz: return try validTimes(model, seed: seed, threads)
    }
  }

  /// As it is compared: scaled to −1…1.
  private static func mackeyGlass(count: Int, seed: UInt64) -> [Double] {
    let series = ChaoticSeries.mackeyGlassMap(count: count, seed: seed)
    let (least, most) = (series.min() ?? 0, series.max() ?? 1)
    return series.map { 2 * ($0 - least) / (most - least) - 1 }
  }

  private func fitted<S: Scalar>(
    _ model: Model<S>, _ inputs: [Double], _ outputs: [Double], _ threads: Int
  ) throws -> Model<S> {
    try model.fittingHead(
      to: .vectors(inputs.map { S($0) }), .values(outputs.map { S($0) }),
      RidgeOptions(penalty: .fixed(penalty), washout: washout), threads: threads
    ).model
  }

  /// On what follows the part that was fitted to.
  private func error<S: Scalar>(
    _ model: Model<S>, inputs: [Double], outputs: [Double], training: Int, _ threads: Int
  ) throws -> Double {
    let fitted = try fitted(model, Array(inputs[..<training]), Array(outputs[..<training]), threads)
    let predicted = try fitted.predict(.vectors(inputs.map { S($0) }), threads: threads).values.map { Double($0) }
    return ChaoticSeries.normalizedError(Array(predicted[training...]), Array(outputs[training...]))
  }

  /// Of the 84th step from each of 100 starts, each output being the next input.
  private func freeError<S: Scalar>(_ model: Model<S>, seed: UInt64, _ threads: Int) throws -> Double {
    let series = Self.mackeyGlass(count: 3101 + 100 * 10 + 84, seed: seed)
    let fitted = try fitted(model, Array(series[..<3100]), Array(series[1...3100]), threads)
    let inputs = series.map { S($0) }
    var pass = try InferencePass(fitted, steps: 500, batchSize: 1, threads: threads)
    var (at, ends, truth) = (0, [Double](), [Double]())
    for start in 0..<100 {
      let next = 3100 + 10 * start
      while at < next {
        let count = min(500, next - at)
        pass.run(vectors: inputs.span.extracting(at..<at + count), continuing: at > 0)
        at += count
      }
      let state = pass.state
      ends.append(Double(pass.generate(from: inputs.span.extracting(at..<at + 1), steps: 84)[83]))
      truth.append(series[at + 84])
      pass.state = state
    }
    let mean = series.reduce(0, +) / Double(series.count)
    let variance = series.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(series.count)
    let squares = zip(ends, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(ends.count)
    return (squares / variance).squareRoot()
  }

  /// How long Lorenz is followed from each of 10 starts, in Lyapunov times (0.906 a unit of time): until the error is
  /// beyond 0.4 of the deviation of the state.
  private func validTimes<S: Scalar>(_ model: Model<S>, seed: UInt64, _ threads: Int) throws -> [Double] {
    let (training, starts, most, h) = (5100, 10, 800, 0.02)
    let series = ChaoticSeries.lorenz(count: training + starts * 200 + most + 1, step: h, seed: seed)
    let fitted = try fitted(model, Array(series[..<(training * 3)]), Array(series[3..<(training + 1) * 3]), threads)
    let inputs = series.map { S($0) }
    let count = Double(series.count / 3)
    let means = (0..<3).map { part in stride(from: part, to: series.count, by: 3).reduce(0) { $0 + series[$1] } / count
    }
    let power = series.indices.reduce(0.0) { $0 + (series[$1] - means[$1 % 3]) * (series[$1] - means[$1 % 3]) } / count
    var pass = try InferencePass(fitted, steps: 500, batchSize: 1, threads: threads)
    var (at, times) = (0, [Double]())
    for start in 0..<starts {
      let next = training + 200 * start
      while at < next {
        let count = min(500, next - at)
        pass.run(vectors: inputs.span.extracting(at * 3..<(at + count) * 3), continuing: at > 0)
        at += count
      }
      let state = pass.state
      let generated = pass.generate(from: inputs.span.extracting(at * 3..<(at + 1) * 3), steps: most)
      let valid = (0..<most).first { step in
        let squares = (0..<3).reduce(0.0) { sum, part in
          let error = Double(generated[step * 3 + part]) - series[(at + 1 + step) * 3 + part]
          return sum + error * error
        }
        return !(squares < 0.16 * power)
      }
      times.append(Double(valid ?? most) * h * 0.906)
      pass.state = state
    }
    return times
  }
}
