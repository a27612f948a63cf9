import Recurrent

/// What is said of a command line that cannot be right, in one line.
enum UsageMessage {
  /// The message of the parser.
  static func text(_ text: String) -> String {
    let lines = text.split(separator: "\n")
    // A list of values has a line for each.
    let values = lines.filter { $0.hasPrefix("  - ") }.map { $0.dropFirst(4) }
    let message =
      (lines.filter { !$0.hasPrefix("  - ") } + (values.isEmpty ? [] : [values.joined(separator: ", ") + "."]))
      .joined(separator: " ")
    return message + (suggestion(text).map { " Did you mean '\($0)'?" } ?? "")
  }

  /// The likeliest of the values that a message offers in place of one that is none of them.
  private static func suggestion(_ message: String) -> String? {
    guard let offer = message.firstRange(of: "Please provide one of"),
      let start = message.firstRange(of: "The value '"), let end = message.firstRange(of: "' is invalid for '"),
      start.upperBound <= end.lowerBound
    else { return nil }
    let value = choiceName(String(message[start.upperBound..<end.lowerBound]))
    let list = message[offer.upperBound...]
    let values =
      list.contains("\n")
      ? list.split(separator: "\n").dropFirst().map { String($0.drop { $0 == " " || $0 == "-" }) }
      : list.split(separator: "'").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    return nearest(value, of: values)
  }

  /// The one of `names` that `name` was probably meant to be.
  static func nearest(_ name: String, of names: [String]) -> String? {
    let distances = names.map { (name: $0, edits: Metrics.editDistance(name, $0)) }
    guard let nearest = distances.min(by: { $0.edits < $1.edits }), nearest.edits <= min(3, max(1, name.count / 2))
    else { return nil }
    return nearest.name
  }
}
