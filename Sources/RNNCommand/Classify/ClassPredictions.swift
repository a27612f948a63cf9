import Foundation
import Recurrent
import Storage

/// Predicted classes as rows of a CSV table, or as JSON lines.
struct ClassPredictions {
  let classes: [String]
  let asJSON: Bool
  /// Whether every class's probability is written, and not the likeliest's alone.
  let showsAll: Bool

  /// What a row begins with: names, and for each row its values.
  let names: [String]

  /// The names of a table's columns.
  var header: [String] { names + ["class", "probability"] + (showsAll ? classes : []) }

  /// - Parameters:
  ///   - place: a value for each of `names`.
  ///   - scores: [classes], before the softmax; empty where there is nothing to tell a class of.
  func row(_ place: [JSON], _ scores: [Float]) -> [String] {
    let text = place.map { $0.string ?? $0.integer.map(String.init) ?? "" }
    guard !scores.isEmpty else { return text + ["", ""] + (showsAll ? classes.map { _ in "" } : []) }
    let (predicted, probability, logs) = ClassificationReport.classify(scores.span)
    return text + [classes[predicted], short(probability)] + (showsAll ? logs.map { short(exp($0)) } : [])
  }

  /// The same as an object, with a line end.
  func line(_ place: [JSON], _ scores: [Float]) throws -> [UInt8] {
    var members = zip(names, place).map { (key: $0, value: $1) }
    if !scores.isEmpty {
      let (predicted, probability, logs) = ClassificationReport.classify(scores.span)
      members += [
        (key: "class", value: .string(classes[predicted])), (key: "probability", value: .number(probability)),
      ]
      let all = zip(classes, logs).map { (key: $0, value: JSON.number(exp($1))) }
      if showsAll { members.append((key: "probabilities", value: .object(all))) }
    } else {
      members += [(key: "class", value: .null), (key: "probability", value: .null)]
    }
    return try JSON.object(members).serialized() + [0x0A]
  }

  /// Writes all rows, whole or not at all.
  /// - Parameter rows: of each the values of `names`, and its scores.
  func write(_ rows: [(place: [JSON], scores: [Float])], to path: String?) throws {
    guard asJSON else {
      return try writeTable(
        [header] + rows.map { row($0.place, $0.scores) }, to: path)
    }
    var bytes: [UInt8] = []
    for each in rows { bytes += try line(each.place, each.scores) }
    if let path, !DescriptorPath.isStandardOutput(path) {
      try replaceFile(path, with: String(decoding: bytes, as: UTF8.self))
    } else {
      try output(bytes)
    }
  }
}
