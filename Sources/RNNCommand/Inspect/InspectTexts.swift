import Recurrent
import Storage

/// What `rnn inspect` shows of a model of texts or of tags.
enum InspectedTexts {
  /// Rows for one of its annotations.
  /// - Throws: `CheckpointError` where it makes no sense.
  static func facts(_ annotation: String, _ text: String, file: String) throws -> [[String]] {
    switch annotation {
    case TextClassDescription.annotation:
      let description = try TextClassDescription(text, file: file)
      let place = description.columns.map { columns in
        "column \(printable(columns.text, limit: 60))"
          + (columns.label.map { ", labels in \(printable($0, limit: 60))" } ?? "")
      }
      return [
        ["classes", printable(description.classes.joined(separator: ", "), limit: 1000) + ", of a text"],
        ["texts", (place ?? "files of folders") + ", to \(grouped(description.longest)) units"],
      ]
    case TextTokenizer.annotation:
      let tokenizer = try TextTokenizer(annotationText: text, file: file)
      return [
        [
          "units",
          "\(counted(tokenizer.count, tokenizer.unit.rawValue))"
            + (tokenizer.unit.knowsAll ? "" : ", the unknown one included"),
        ],
        ["normalized", tokenizer.form.description],
      ]
    case TagDescription.annotation:
      let description = try TagDescription(text, file: file)
      return [
        [
          "tags",
          printable(description.tags.joined(separator: ", "), limit: 1000) + ", of a \(description.unit.rawValue)",
        ]
      ]
    case WordFeatures.annotation:
      let features = try WordFeatures(annotationText: text, file: file)
      let parts =
        features.features.map { "\(grouped($0.units.count)) of \($0.kind.name)" }
        + (features.letters.map { ["\(grouped($0.units.count)) letters"] } ?? [])
      return [["known", parts.joined(separator: ", ")]]
    default: return [["beside it", summary(annotation, text) ?? "n-grams that make no sense"]]
    }
  }

  /// What stands for an annotation of numbers alone; nil for others.
  static func summary(_ annotation: String, _ text: String) -> String? {
    guard annotation == NGramClassifier.annotation, let model = try? NGramClassifier(annotationText: text) else {
      return nil
    }
    return "\(model.name), \(grouped(model.featureCount)) of them"
  }
}
