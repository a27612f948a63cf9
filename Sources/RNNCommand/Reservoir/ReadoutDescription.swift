import Recurrent
import Storage
import Tables

/// What a reservoir that gives columns of a row from others was fitted on: kept in its file, so that its outputs come out in the
/// columns' units.
struct ReadoutDescription: Sendable, Hashable {
  static let annotation = ModelUse.readoutAnnotation

  let inputs: [String]
  let targets: [String]
  /// Steps until the state has forgotten where it started.
  let washout: Int
  /// Of the inputs, and behind them of the targets.
  let scaling: Standardization
  /// How the rows were made regular.
  let timing: SeriesTiming

  var columns: [String] { inputs + targets }

  init(
    inputs: [String], targets: [String], washout: Int, scaling: Standardization,
    timing: SeriesTiming = SeriesTiming()
  ) {
    (self.inputs, self.targets, self.washout, self.scaling) = (inputs, targets, washout, scaling)
    self.timing = timing
  }

  var text: String {
    scaling.text(
      after: [
        (key: "inputs", value: .array(inputs.map { .string($0) })),
        (key: "targets", value: .array(targets.map { .string($0) })), (key: "washout", value: .integer(washout)),
      ], timing.members)
  }

  /// - Throws: `CheckpointError` where the annotation is not what `text` writes.
  init(_ text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: "annotation.\(Self.annotation)", reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    func names(_ key: String) throws(CheckpointError) -> [String] {
      guard let names = json.names(key) else { throw fault("\(key) are missing") }
      return names
    }
    (inputs, targets) = (try names("inputs"), try names("targets"))
    guard Set(inputs + targets).count == inputs.count + targets.count else { throw fault("a column is named twice") }
    guard let washout = json["washout"]?.integer, (0...largestSize).contains(washout) else {
      throw fault("washout is missing, or no number of steps")
    }
    guard let scaling = Standardization(json, width: inputs.count + targets.count) else {
      throw fault("means or deviations do not suit \(inputs.count + targets.count) columns")
    }
    guard let timing = SeriesTiming(json) else { throw fault("periods make no sense") }
    (self.washout, self.scaling, self.timing) = (washout, scaling, timing)
  }

  /// What the model reads of rows [T, inputs + targets], or [T, inputs].
  func inputs(_ values: [Double], width: Int) -> [Float] { scaled(values, width: width, columns: 0..<inputs.count) }

  /// What its outputs are fitted to, of rows [T, inputs + targets].
  func targets(_ values: [Double]) -> [Float] {
    scaled(values, width: columns.count, columns: inputs.count..<columns.count)
  }

  private func scaled(_ values: [Double], width: Int, columns: Range<Int>) -> [Float] {
    stride(from: 0, to: values.count, by: width).flatMap { row in
      columns.map { scaling.apply(values[row + $0], column: $0) }
    }
  }

  /// Outputs [T, targets] in the columns' units.
  func values(_ outputs: [Float]) -> [Double] {
    outputs.enumerated().map { scaling.undo($1, column: inputs.count + $0 % targets.count) }
  }
}

extension Model<Float> {
  /// A model that `rnn reservoir train --target` wrote.
  /// - Throws: `CheckpointError`; `Failure` where it does not suit its own columns, or its weights are not finite.
  static func forReadouts(
    _ file: SafetensorsFile
  ) throws -> (model: Model<Float>, description: ReadoutDescription) {
    let (path, model) = (file.file, try Model<Float>(file))
    guard let description = try model.readoutDescription(path) else {
      throw Failure(message: "\(path) gives no columns from others: rnn reservoir train --target makes such a model")
    }
    try NonFinite.refuse(model, path)
    return (model, description)
  }

  /// What a reservoir of targets was fitted on; nil where the model is none.
  func readoutDescription(_ path: String) throws -> ReadoutDescription? {
    guard let text = annotations[ReadoutDescription.annotation] else { return nil }
    let description = try ReadoutDescription(text, file: path)
    guard configuration.input == .vectors(size: description.inputs.count),
      configuration.outputSize == description.targets.count, configuration.head == .everyStep
    else { throw Failure(message: "\(path): the model does not suit its own inputs and targets") }
    return description
  }
}
