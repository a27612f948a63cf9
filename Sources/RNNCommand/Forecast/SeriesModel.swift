import Recurrent
import Storage
import Tables

/// What a forecasting model was trained on: kept in its file, so that forecasts come out in the columns' units.
struct SeriesDescription: Sendable, Hashable {
  static let annotation = ModelUse.seriesAnnotation

  let columns: [String]
  /// Steps that a forecast looks back on.
  let window: Int
  /// The model works on the differences to the value so many steps before; 0: on the values.
  let difference: Int
  /// Of the differences, if so.
  let scaling: Standardization
  /// The distribution whose parameters are the outputs; nil: they are the next values themselves.
  var likelihood: Likelihood?
  /// How the rows were made regular.
  var timing = SeriesTiming()

  var text: String {
    scaling.text(
      after: [
        (key: "columns", value: .array(columns.map { .string($0) })),
        (key: "window", value: .integer(window)), (key: "difference", value: .integer(difference)),
      ], timing.members + (likelihood.map { [(key: Self.likelihoodKey, value: .string($0.rawValue))] } ?? []))
  }

  /// - Throws: `CheckpointError` where the annotation is not what `text` writes.
  init(_ text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: "annotation.\(Self.annotation)", reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    guard let columns = json.names("columns") else { throw fault("columns are missing") }
    guard let window = json["window"]?.integer, (1...largestSize).contains(window) else {
      throw fault("window is missing, or no number of steps")
    }
    guard let difference = json["difference"]?.integer, (0...largestSize).contains(difference) else {
      throw fault("difference is missing, or no number of steps")
    }
    guard let scaling = Standardization(json, width: columns.count) else {
      throw fault("means or deviations do not suit \(columns.count) columns")
    }
    self.init(columns: columns, window: window, difference: difference, scaling: scaling)
    guard let timing = SeriesTiming(json) else { throw fault("periods make no sense") }
    self.timing = timing
    guard let name = json[Self.likelihoodKey] else { return }
    guard let own = name.string.flatMap(Likelihood.init(rawValue:)) else { throw fault("there is no such likelihood") }
    guard !own.isOfCounts || (difference == 0 && scaling.means.allSatisfy { $0 == 0 }) else {
      throw fault("counts have neither differences nor means to subtract")
    }
    likelihood = own
  }

  init(
    columns: [String], window: Int, difference: Int, scaling: Standardization, likelihood: Likelihood? = nil,
    timing: SeriesTiming = SeriesTiming()
  ) {
    (self.columns, self.window, self.difference, self.scaling) = (columns, window, difference, scaling)
    (self.likelihood, self.timing) = (likelihood, timing)
  }

  private static let likelihoodKey = "likelihood"

  /// O of its model.
  var outputSize: Int { columns.count * (likelihood?.outputsPerValue ?? 1) }

  /// What its model is trained with.
  var loss: Loss { likelihood?.loss(scaling) ?? .meanSquaredError }

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

  /// What its outputs are compared with, of the same values: the inputs, or counts, which are not scaled. Those that were filled in
  /// are rounded.
  func targets(_ values: [Double]) -> [Float] {
    likelihood?.isOfCounts ?? false ? values.map { Float(max(0, $0.rounded())) } : inputs(values)
  }
}

extension Model<Float> {
  /// Loads a model that `rnn forecast train` wrote.
  /// - Parameter likelihoods: whether its outputs may be a distribution's parameters.
  /// - Throws: `CheckpointError`; `Failure` where it is a model of another kind, or its weights are not finite.
  static func forForecasts(
    at path: String, likelihoods: Bool = false
  ) throws -> (model: Model<Float>, description: SeriesDescription) {
    try forForecasts(SafetensorsFile(path: path), likelihoods: likelihoods)
  }

  /// The same of a file that is open: a pipe can be read once.
  static func forForecasts(
    _ file: SafetensorsFile, likelihoods: Bool = false
  ) throws -> (model: Model<Float>, description: SeriesDescription) {
    try ModelUse.requireNetwork(file)
    let (path, model) = (file.file, try Model<Float>(file))
    guard let description = try model.seriesDescription(path) else {
      if ModelUse(file) == .readout {
        throw Failure(
          message:
            "\(path) gives columns from others, as of 'rnn reservoir train --target': rnn reservoir evaluate and predict use it"
        )
      }
      throw Failure(message: "\(path) is no model of a series: rnn forecast train or rnn reservoir train makes one")
    }
    if let likelihood = description.likelihood, !likelihoods {
      throw Failure(
        message:
          "\(path) learned a distribution (--likelihood \(likelihood.rawValue)), not values: rnn forecast predict and "
          + "evaluate use it")
    }
    try NonFinite.refuse(model, path)
    return (model, description)
  }

  /// What a model of a series was trained on; nil where it is none.
  func seriesDescription(_ path: String) throws -> SeriesDescription? {
    guard let text = annotations[SeriesDescription.annotation] else { return nil }
    let description = try SeriesDescription(text, file: path)
    guard configuration.input == .vectors(size: description.columns.count),
      configuration.outputSize == description.outputSize, configuration.head == .everyStep
    else {
      throw Failure(
        message: "\(path): the model does not have the \(description.columns.count) columns of its series"
          + (description.likelihood.map { " and the outputs of --likelihood \($0.rawValue)" } ?? ""))
    }
    return description
  }
}
