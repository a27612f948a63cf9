import Recurrent
import Storage

/// Makes forecasts with a trained model.
struct NetworkForecaster: ~Copyable {
  let description: SeriesDescription
  private var pass: InferencePass<Float>
  private let batchSize: Int

  /// - Parameter origins: about how many forecasts a call is asked for.
  /// - Throws: `PlanError` where the memory does not suffice, or a weight is too large for the precision.
  init(_ model: Model<Float>, _ description: SeriesDescription, origins: Int, _ settings: PassSettings)
    throws(PlanError)
  {
    self.description = description
    batchSize = min(256, max(1, origins))
    pass = try InferencePass(
      model, steps: description.window, batchSize: batchSize, products: settings.products,
      precision: settings.precision, threads: settings.threads)
  }

  var plan: Plan { pass.plan }

  /// Puts another model of the same configuration in its place.
  mutating func load(_ model: Model<Float>) { pass.load(model) }

  /// What is fed back after each step of a forecast.
  private enum Feedback {
    /// The outputs, which are values.
    case outputs
    /// Random values, by a generator a row.
    case samples([SeededGenerator])
  }

  /// Forecasts from several origins on. Each looks back on the last `window` steps before its origin, or on as many as it
  /// has; the outputs are fed back as the next step's inputs.
  /// - Parameters:
  ///   - values: [T, C]
  ///   - origins: steps known before the forecast: `values[origin]` is the first that is forecast. More than `difference`.
  /// - Returns: [origins, horizon, C]
  /// - Precondition: the model's outputs are values.
  mutating func forecasts(_ values: [Double], origins: [Int], horizon: Int) -> [Double] {
    require(description.likelihood == nil, "a model of distributions is sampled")
    let size = horizon * description.columns.count
    var result = [Double](repeating: 0, count: origins.count * size)
    let inputs = inputs(values, origins)
    for places in batches(origins) {
      var feedback = Feedback.outputs
      let forecasts = batch(values, inputs, origins: places.map { origins[$0] }, horizon: horizon, &feedback)
      for (number, place) in places.enumerated() {
        result.replaceSubrange(
          place * size..<(place + 1) * size, with: forecasts[number * size..<(number + 1) * size])
      }
    }
    return result
  }

  /// Sample paths from several origins on, one set each.
  /// - Parameters:
  ///   - values: [T, C]
  ///   - origins: as of `forecasts`.
  /// - Precondition: the model's outputs are a distribution's parameters.
  mutating func sampled(
    _ values: [Double], origins: [Int], horizon: Int, _ sampling: PathSampling
  ) -> [SampledForecast] {
    require(description.likelihood != nil, "a model of values is not sampled")
    let width = description.columns.count
    let size = horizon * width
    let inputs = inputs(values, origins)
    // A row a path.
    let rows = origins.flatMap { [Int](repeating: $0, count: sampling.samples) }
    var paths = [[Double]](repeating: [], count: rows.count)
    for places in batches(rows) {
      var feedback = Feedback.samples(
        places.map { sampling.generator(origin: rows[$0], sample: $0 % sampling.samples) })
      let values = batch(values, inputs, origins: places.map { rows[$0] }, horizon: horizon, &feedback)
      for (number, place) in places.enumerated() { paths[place] = Array(values[number * size..<(number + 1) * size]) }
    }
    return origins.indices.map { number in
      SampledForecast(
        Array(paths[number * sampling.samples..<(number + 1) * sampling.samples]), horizon: horizon, width: width)
    }
  }

  /// What the model says of the step at each origin, in its own units: [origins, O].
  mutating func nextOutputs(_ values: [Double], origins: [Int]) -> [Float] {
    let size = description.outputSize
    var result = [Float](repeating: 0, count: origins.count * size)
    let inputs = inputs(values, origins)
    for places in batches(origins) {
      let outputs = lookBack(inputs, padded(places.map { origins[$0] }))
      for (number, place) in places.enumerated() {
        result.replaceSubrange(place * size..<(place + 1) * size, with: outputs[number * size..<(number + 1) * size])
      }
    }
    return result
  }

  private func inputs(_ values: [Double], _ origins: [Int]) -> [Float] {
    let earliest = origins.min() ?? description.difference + 1
    require(
      earliest > description.difference,
      "a forecast needs more than \(description.difference) steps, got \(earliest)")
    return description.inputs(values)
  }

  /// The places of origins that go together: what looks back on a whole window, so that one early origin changes no other's forecast.
  private func batches(_ origins: [Int]) -> [ArraySlice<Int>] {
    let lag = description.difference
    return [
      origins.indices.filter { origins[$0] - lag >= description.window },
      origins.indices.filter { origins[$0] - lag < description.window },
    ].flatMap { places in
      stride(from: 0, to: places.count, by: batchSize).map { places[$0..<min(places.count, $0 + batchSize)] }
    }
  }

  /// Rows without an origin repeat the last.
  private func padded(_ origins: [Int]) -> [Int] {
    origins + [Int](repeating: origins[origins.count - 1], count: batchSize - origins.count)
  }

  /// [origins, horizon, C] of at most as many origins as a batch has.
  private mutating func batch(
    _ values: [Double], _ inputs: [Float], origins: [Int], horizon: Int, _ feedback: inout Feedback
  ) -> [Double] {
    let width = description.columns.count
    let lag = description.difference
    var result = [Double](repeating: 0, count: origins.count * horizon * width)
    var next = self.next(lookBack(inputs, padded(origins)), &feedback)
    for ahead in 0..<horizon {
      if ahead > 0 {
        pass.run(vectors: next.span, continuing: true)
        next = self.next(pass.outputs, &feedback)
      }
      for (row, origin) in origins.enumerated() {
        for column in 0..<width {
          let place = (row * horizon + ahead) * width + column
          result[place] = description.scaling.undo(next[row * width + column], column: column)
          if description.likelihood?.isOfCounts ?? false { result[place] = result[place].rounded() }
          guard lag > 0 else { continue }
          // The value to add is known, or was forecast.
          result[place] +=
            ahead < lag ? values[(origin + ahead - lag) * width + column] : result[place - lag * width]
        }
      }
    }
    return result
  }

  /// The next inputs, [N, C], of outputs [N, O].
  private func next(_ outputs: [Float], _ feedback: inout Feedback) -> [Float] {
    guard case .samples(var generators) = feedback else { return outputs }
    // Else a copy would be made.
    feedback = .outputs
    let width = description.columns.count
    let size = description.outputSize
    let loss = description.loss
    let isOfCounts = description.likelihood?.isOfCounts ?? false
    // Rows without an origin go on with nothing.
    var next = [Float](repeating: 0, count: batchSize * width)
    for row in generators.indices {
      let distributions = loss.distributions(Array(outputs[row * size..<(row + 1) * size]))
      for (column, distribution) in distributions.enumerated() {
        let value = distribution.sample(using: &generators[row])
        next[row * width + column] = isOfCounts ? description.scaling.apply(value, column: column) : Float(value)
      }
    }
    feedback = .samples(generators)
    return next
  }

  /// Runs the steps before each origin.
  /// - Returns: the outputs of the last of them, [N, O].
  private mutating func lookBack(_ inputs: [Float], _ origins: [Int]) -> [Float] {
    let (width, lag) = (description.columns.count, description.difference)
    let size = description.outputSize
    let lengths = origins.map { min(description.window, $0 - lag) }
    guard let window = lengths.min(), window == lengths.max() else {
      let pieces = zip(origins, lengths).map { origin, length in
        Array(inputs[(origin - lag - length) * width..<(origin - lag) * width])
      }
      pass.run(.vectors(Sequences(pieces, width: width)))
      let outputs = pass.outputSequences
      return origins.indices.flatMap { outputs[$0].suffix(size) }
    }
    var steps: [Float] = []
    steps.reserveCapacity(window * origins.count * width)
    for step in 0..<window {
      for origin in origins {
        let source = (origin - lag - window + step) * width
        steps += inputs[source..<source + width]
      }
    }
    pass.run(vectors: steps.span)
    return Array(pass.outputs.suffix(origins.count * size))
  }
}
