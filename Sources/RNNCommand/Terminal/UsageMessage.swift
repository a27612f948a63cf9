import Recurrent

/// What the parser says of a command line, in one line.
enum UsageMessage {
  /// The message of the parser or the library; for errors of usage with where to find help.
  /// - Parameter usage: the parser's long message, where the command line is wrong.
  static func text(_ text: String, usage: String?) -> String {
    let lines = text.split(separator: "\n")
    // A list of values has a line for each.
    let values = lines.filter { $0.hasPrefix("  - ") }.map { $0.dropFirst(4) }
    let message =
      (lines.filter { !$0.hasPrefix("  - ") } + (values.isEmpty ? [] : [values.joined(separator: ", ") + "."]))
      .joined(separator: " ")
    // The parser knows which subcommand it was, but says so only at the end of its long message.
    let parts = usage?.split(separator: "See '") ?? []
    guard parts.count > 1, let command = parts[parts.count - 1].split(separator: "'").first else { return message }
    let suggestion = suggestion(text).map { " Did you mean '\($0)'?" } ?? ""
    return "\(message)\(suggestion) (see '\(command)')"
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
    let distances = values.map { (value: $0, edits: Metrics.editDistance(value, $0)) }
    guard let nearest = distances.min(by: { $0.edits < $1.edits }), nearest.edits <= min(3, max(1, value.count / 2))
    else { return nil }
    return nearest.value
  }
}
