import Recurrent
import Storage

/// What a classifying model was trained on: kept in its file, so that classes come out by their names.
struct ClassDescription: Sendable, Hashable {
  static let annotation = ModelUse.classesAnnotation

  let features: [String]
  let classes: [String]
  /// Whether every step has a class, rather than every sequence.
  let isPerStep: Bool
  let scaling: Standardization

  init(features: [String], classes: [String], isPerStep: Bool, scaling: Standardization) {
    (self.features, self.classes, self.isPerStep, self.scaling) = (features, classes, isPerStep, scaling)
  }

  var text: String {
    scaling.text(after: [
      (key: "features", value: .array(features.map { .string($0) })),
      (key: "classes", value: .array(classes.map { .string($0) })), (key: "per_step", value: .bool(isPerStep)),
    ])
  }

  /// - Throws: `CheckpointError` where the annotation is not what `text` writes.
  init(_ text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: "annotation.\(Self.annotation)", reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    guard let features = json.names("features") else { throw fault("features are missing") }
    guard let classes = json.names("classes"), classes.count >= 2, Set(classes).count == classes.count else {
      throw fault("classes are missing")
    }
    guard let isPerStep = json["per_step"]?.bool else { throw fault("per_step is missing") }
    guard let scaling = Standardization(json, width: features.count) else {
      throw fault("means or deviations do not suit \(features.count) features")
    }
    self.init(features: features, classes: classes, isPerStep: isPerStep, scaling: scaling)
  }

  /// What the model sees of a sequence, [steps, features].
  func inputs(_ values: [Double]) -> [Float] {
    values.enumerated().map { scaling.apply($1, column: $0 % features.count) }
  }
}

extension Model<Float> {
  /// Loads a model that `rnn classify train` wrote.
  /// - Throws: `CheckpointError`; `Failure` where it is a model of another kind, or its weights are not finite.
  static func forClasses(at path: String) throws -> (model: Model<Float>, description: ClassDescription) {
    try forClasses(SafetensorsFile(path: path))
  }

  /// The same of a file that is open: a pipe can be read once.
  static func forClasses(_ file: SafetensorsFile) throws -> (model: Model<Float>, description: ClassDescription) {
    try ModelUse.requireNetwork(file)
    let (path, model) = (file.file, try Model<Float>(file))
    guard let description = try model.classDescription(path) else {
      throw Failure(
        message: TextClassModel.isThere(file)
          ? "\(path) tells classes of texts apart, for which rnn classify evaluate and predict use it"
          : "\(path) is no model of classes: rnn classify train makes one")
    }
    try NonFinite.refuse(model, path)
    return (model, description)
  }

  /// What a model of classes was trained on; nil where it is none.
  func classDescription(_ path: String) throws -> ClassDescription? {
    guard let text = annotations[ClassDescription.annotation] else { return nil }
    let description = try ClassDescription(text, file: path)
    guard configuration.input == .vectors(size: description.features.count),
      configuration.outputSize == description.classes.count, configuration.head != .none,
      configuration.head.isPooled != description.isPerStep
    else { throw Failure(message: "\(path): the model does not suit its own features and classes") }
    return description
  }
}
