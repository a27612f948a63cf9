import Recurrent
import Storage

/// Makes forecasts with a trained model.
struct NetworkForecaster: ~Copyable {
  let description: SeriesDescription
  private var pass: InferencePass<Float>
  private let batchSize: Int

  /// - Parameter origins: about how many forecasts a call is asked for.
  /// - Throws: `PlanError` where the memory does not suffice.
  init(_ model: Model<Float>, _ description: SeriesDescription, origins: Int, products: Products, threads: Int)
    throws(PlanError)
  {
    self.description = description
    batchSize = min(256, max(1, origins))
    pass = try InferencePass(
      model, steps: description.window, batchSize: batchSize, products: products, threads: threads)
  }

  var plan: Plan { pass.plan }

  /// Puts another model of the same configuration in its place.
  mutating func load(_ model: Model<Float>) { pass.load(model) }

  /// Forecasts from several origins on. Each looks back on the last `window` steps before its origin, or on as many as it
  /// has; the outputs are fed back as the next step's inputs.
  /// - Parameters:
  ///   - values: [T, C]
  ///   - origins: steps known before the forecast: `values[origin]` is the first that is forecast. More than `difference`.
  /// - Returns: [origins, horizon, C]
  mutating func forecasts(_ values: [Double], origins: [Int], horizon: Int) -> [Double] {
    let lag = description.difference
    let inputs = description.inputs(values)
    let earliest = origins.min() ?? lag + 1
    require(earliest > lag, "a forecast needs more than \(lag) steps, got \(earliest)")
    let size = horizon * description.columns.count
    var result = [Double](repeating: 0, count: origins.count * size)
    // What looks back on a whole window goes together, so that one early origin changes no other's forecast.
    let (whole, short) = (
      origins.indices.filter { origins[$0] - lag >= description.window },
      origins.indices.filter { origins[$0] - lag < description.window }
    )
    for places in [whole, short] {
      for start in stride(from: 0, to: places.count, by: batchSize) {
        let part = places[start..<min(places.count, start + batchSize)]
        let forecasts = batch(values, inputs, origins: part.map { origins[$0] }, horizon: horizon)
        for (number, place) in part.enumerated() {
          result.replaceSubrange(
            place * size..<(place + 1) * size, with: forecasts[number * size..<(number + 1) * size])
        }
      }
    }
    return result
  }

  /// [origins, horizon, C] of at most as many origins as a batch has.
  private mutating func batch(
    _ values: [Double], _ inputs: [Float], origins: [Int], horizon: Int
  ) -> [Double] {
    let width = description.columns.count
    let lag = description.difference
    // Rows without an origin repeat the last.
    let rows = origins + [Int](repeating: origins[origins.count - 1], count: batchSize - origins.count)
    var result = [Double](repeating: 0, count: origins.count * horizon * width)
    var outputs = lookBack(inputs, rows)
    for ahead in 0..<horizon {
      if ahead > 0 {
        pass.run(vectors: outputs.span, continuing: true)
        outputs = pass.outputs
      }
      for (row, origin) in origins.enumerated() {
        for column in 0..<width {
          let place = (row * horizon + ahead) * width + column
          result[place] = description.scaling.undo(outputs[row * width + column], column: column)
          guard lag > 0 else { continue }
          // The value to add is known, or was forecast.
          result[place] +=
            ahead < lag ? values[(origin + ahead - lag) * width + column] : result[place - lag * width]
        }
      }
    }
    return result
  }

  /// Runs the steps before each origin.
  /// - Returns: the outputs of the last of them, [N, C].
  private mutating func lookBack(_ inputs: [Float], _ origins: [Int]) -> [Float] {
    let (width, lag) = (description.columns.count, description.difference)
    let lengths = origins.map { min(description.window, $0 - lag) }
    guard let window = lengths.min(), window == lengths.max() else {
      let pieces = zip(origins, lengths).map { origin, length in
        Array(inputs[(origin - lag - length) * width..<(origin - lag) * width])
      }
      pass.run(.vectors(Sequences(pieces, width: width)))
      let outputs = pass.outputSequences
      return origins.indices.flatMap { outputs[$0].suffix(width) }
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
    return Array(pass.outputs.suffix(origins.count * width))
  }
}
