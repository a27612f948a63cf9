import Recurrent
import Storage

/// What a forecasting model was trained on: kept in its file, so that forecasts come out in the columns' units.
struct SeriesDescription: Sendable, Hashable {
  static let annotation = "forecast"

  let columns: [String]
  /// Steps that a forecast looks back on.
  let window: Int
  /// The model works on the differences to the value so many steps before; 0: on the values.
  let difference: Int
  /// Of the differences, if so.
  let scaling: Standardization

  var text: String {
    let object = JSON.object(
      [
        (key: "columns", value: .array(columns.map { .string($0) })),
        (key: "window", value: .integer(window)), (key: "difference", value: .integer(difference)),
      ] + scaling.members)
    // Every number is finite, the only thing that JSON cannot say.
    guard let bytes = try? object.serialized() else { stop("the scaling is not finite") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// - Throws: `CheckpointError` where the annotation is not what `text` writes.
  init(_ text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: "annotation.\(Self.annotation)", reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    columns = json["columns"]?.array?.compactMap(\.string) ?? []
    guard !columns.isEmpty, columns.count == json["columns"]?.array?.count else { throw fault("columns are missing") }
    guard let window = json["window"]?.integer, window >= 1 else { throw fault("window is missing") }
    guard let difference = json["difference"]?.integer, difference >= 0 else { throw fault("difference is missing") }
    guard let scaling = Standardization(json, width: columns.count) else {
      throw fault("means or deviations do not suit \(columns.count) columns")
    }
    (self.window, self.difference, self.scaling) = (window, difference, scaling)
  }

  init(columns: [String], window: Int, difference: Int, scaling: Standardization) {
    (self.columns, self.window, self.difference, self.scaling) = (columns, window, difference, scaling)
  }

  // MARK: Numbers

  /// Values of a series less those `lag` steps before, [T - lag, C].
  static func differences(_ values: [Double], width: Int, lag: Int) -> [Double] {
    guard lag > 0 else { return values }
    return (min(values.count, lag * width)..<values.count).map { values[$0] - values[$0 - lag * width] }
  }

  /// What the model sees of values [T, C]: [T - difference, C].
  func inputs(_ values: [Double]) -> [Float] {
    let width = columns.count
    return Self.differences(values, width: width, lag: difference).enumerated().map {
      scaling.apply($1, column: $0 % width)
    }
  }
}

/// Makes forecasts with a trained model.
struct Forecaster: ~Copyable {
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

  /// Forecasts from several origins on. Each looks back on the last `window` steps before its origin, or on as many as
  /// all origins have; the outputs are fed back as the next step's inputs.
  /// - Parameters:
  ///   - values: [T, C]
  ///   - origins: steps known before the forecast: `values[origin]` is the first that is forecast. More than `difference`.
  /// - Returns: [origins, horizon, C]
  mutating func forecasts(_ values: [Double], origins: [Int], horizon: Int) -> [Double] {
    let width = description.columns.count
    let lag = description.difference
    let inputs = description.inputs(values)
    guard let earliest = origins.min() else { return [] }
    let window = min(description.window, earliest - lag)
    require(window >= 1, "a forecast needs more than \(lag) steps, got \(earliest)")
    var result = [Double](repeating: 0, count: origins.count * horizon * width)
    var whole = [Float](repeating: 0, count: window * batchSize * width)
    var single = [Float](repeating: 0, count: batchSize * width)

    for start in stride(from: 0, to: origins.count, by: batchSize) {
      let part = Array(origins[start..<min(origins.count, start + batchSize)])
      for step in 0..<window {
        for row in 0..<batchSize {
          // Rows without an origin repeat the last.
          let source = part[min(row, part.count - 1)] - lag - window + step
          for column in 0..<width {
            whole[(step * batchSize + row) * width + column] = inputs[source * width + column]
          }
        }
      }
      pass.run(vectors: whole.span)
      for ahead in 0..<horizon {
        if ahead > 0 { pass.run(vectors: single.span, continuing: true) }
        let last = pass.outputRowCount - batchSize
        for row in 0..<batchSize {
          let output = pass.output(row: last + row)
          for column in 0..<width {
            single[row * width + column] = output[column]
            guard row < part.count else { continue }
            let place = ((start + row) * horizon + ahead) * width + column
            result[place] = description.scaling.undo(output[column], column: column)
            guard lag > 0 else { continue }
            // The value to add is known, or was forecast.
            result[place] +=
              ahead < lag
              ? values[(part[row] + ahead - lag) * width + column] : result[place - lag * width]
          }
        }
      }
    }
    return result
  }
}

extension Model<Float> {
  /// Loads a model that `rnn forecast train` wrote.
  /// - Throws: `CheckpointError`; `Failure` where it is a model of another kind.
  static func forForecasts(at path: String) throws -> (model: Model<Float>, description: SeriesDescription) {
    let model = try Model<Float>(contentsOf: path)
    guard let text = model.annotations[SeriesDescription.annotation] else {
      throw Failure(message: "\(path) is no model of a series: rnn forecast train makes one")
    }
    let description = try SeriesDescription(text, file: path)
    let configuration = model.configuration
    guard configuration.input == .vectors(size: description.columns.count),
      configuration.outputSize == description.columns.count, configuration.head == .everyStep
    else {
      throw Failure(message: "\(path): the model does not have the \(description.columns.count) columns of its series")
    }
    return (model, description)
  }
}
