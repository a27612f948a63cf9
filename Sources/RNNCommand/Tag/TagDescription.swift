import Recurrent
import Storage
import Tables

/// What a model of tags was trained on: kept in its file beside the features of its words.
struct TagDescription: Sendable, Hashable {
  enum Unit: String, NamedChoice {
    case word, character
  }

  static let annotation = ModelUse.tagsAnnotation

  /// What has a tag.
  let unit: Unit
  /// By their numbers.
  let tags: [String]

  var text: String {
    let object = JSON.object([
      (key: "unit", value: .string(unit.rawValue)), (key: "tags", value: .array(tags.map { .string($0) })),
    ])
    guard let bytes = try? object.serialized() else { stop("a description that is no JSON") }
    return String(decoding: bytes, as: UTF8.self)
  }

  init(unit: Unit, tags: [String]) { (self.unit, self.tags) = (unit, tags) }

  /// - Throws: `CheckpointError` where the annotation is not what `text` writes.
  init(_ text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: "annotation.\(Self.annotation)", reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    guard let unit = json["unit"]?.string.flatMap(Unit.init(rawValue:)) else { throw fault("unit is missing") }
    let tags = json["tags"]?.array?.compactMap(\.string) ?? []
    guard !tags.isEmpty, tags.count == json["tags"]?.array?.count, Set(tags.map { ExactString($0) }).count == tags.count
    else { throw fault("tags are missing, or one comes twice") }
    (self.unit, self.tags) = (unit, tags)
  }

  /// What is labelled in a line of text.
  func tokens(of line: String) -> [String] {
    switch unit {
    case .word: TaggedSentences.words(of: line)
    case .character: line.unicodeScalars.map { String($0) }
    }
  }
}
