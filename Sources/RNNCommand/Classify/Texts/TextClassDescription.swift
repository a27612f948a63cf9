import Recurrent
import Storage
import Tables

/// What a model of classes of texts was trained on: kept in its file beside its tokenizer.
struct TextClassDescription: Sendable, Hashable {
  static let annotation = ModelUse.textClassesAnnotation

  /// Where texts and labels stood; nil of a folder of folders.
  let columns: LabelledTexts.Columns?
  let classes: [String]
  /// Units of a text that are read, from its start.
  let longest: Int

  var text: String {
    let object = JSON.object([
      (key: "text_column", value: columns.map { .string($0.text) } ?? .null),
      (key: "label_column", value: columns?.label.map { .string($0) } ?? .null),
      (key: "classes", value: .array(classes.map { .string($0) })), (key: "longest", value: .integer(longest)),
    ])
    guard let bytes = try? object.serialized() else { stop("a description that is no JSON") }
    return String(decoding: bytes, as: UTF8.self)
  }

  init(columns: LabelledTexts.Columns?, classes: [String], longest: Int) {
    (self.columns, self.classes, self.longest) = (columns, classes, longest)
  }

  /// - Throws: `CheckpointError` where the annotation is not what `text` writes.
  init(_ text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: "annotation.\(Self.annotation)", reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    columns = json["text_column"]?.string.map { .init(text: $0, label: json["label_column"]?.string) }
    classes = json["classes"]?.array?.compactMap(\.string) ?? []
    guard classes.count >= 2, classes.count == json["classes"]?.array?.count, Set(classes).count == classes.count
    else { throw fault("classes are missing") }
    guard let longest = json["longest"]?.integer, (1...largestSize).contains(longest) else {
      throw fault("longest is missing")
    }
    self.longest = longest
  }
}

/// A model of classes of texts, as a command uses it.
struct TextClassModel {
  let model: Model<Float>
  let description: TextClassDescription
  let tokenizer: TextTokenizer
  /// Decides along with the network; nil: the network alone does.
  let linear: NGramClassifier?

  /// Whether a file holds one.
  static func isThere(_ file: SafetensorsFile) -> Bool {
    file.metadata("annotation." + TextClassDescription.annotation) != nil
  }

  /// - Throws: `CheckpointError`; `Failure` where its parts do not suit each other, or its weights are not finite.
  init(_ file: SafetensorsFile) throws {
    model = try Model<Float>(file)
    guard let text = model.annotations[TextClassDescription.annotation] else {
      throw Failure(message: "\(file.file) is no model of classes of texts: rnn classify train --text-column makes one")
    }
    description = try TextClassDescription(text, file: file.file)
    guard let tokenizer = try model.tokenizer(file: file.file),
      model.configuration.outputSize == description.classes.count, model.configuration.head.isPooled
    else { throw Failure(message: "\(file.file): the model does not suit its own units of text and classes") }
    self.tokenizer = tokenizer
    if let text = model.annotations[NGramClassifier.annotation] {
      do { linear = try NGramClassifier(annotationText: text) } catch {
        throw CheckpointError.invalidMetadata(
          file: file.file, key: "annotation." + NGramClassifier.annotation, reason: error.description)
      }
      guard linear?.classCount == description.classes.count else {
        throw Failure(message: "\(file.file): its n-grams do not suit its classes")
      }
    } else {
      linear = nil
    }
    try NonFinite.refuse(model, file.file)
  }

  /// Of texts as they are; nil where the network decides alone.
  func linearScores(_ texts: [String]) -> LinearScores? {
    linear.map { LinearScores($0, texts.map(tokenizer.form.apply)) }
  }

  /// What the model reads of a text.
  func tokens(_ text: String) -> [Int32] { Array(tokenizer.encode(text).prefix(description.longest)) }
}
