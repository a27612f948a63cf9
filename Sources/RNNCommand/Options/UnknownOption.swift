import ArgumentParser
import Recurrent

/// What becomes of characters that a model does not know, for commands that give it a text.
struct UnknownOption: ParsableArguments {
  @Option(
    oneOf: Vocabulary.UnknownPolicy.self,
    help: ArgumentHelp(
      "What becomes of characters that the model does not know: refuse the text, skip them, or replace them by the first that "
        + "it knows of U+FFFD, U+001A, a question mark, a space and a line end. (default: refuse)",
      valueName: "what"))
  var unknown: Vocabulary.UnknownPolicy?

  var policy: Vocabulary.UnknownPolicy { unknown ?? .refuse }

  /// An error with what can be done about it.
  func advised(_ error: TextError, _ vocabulary: Vocabulary) -> String {
    guard case .unknownSymbol = error else { return error.description }
    return "\(error) of the model; --unknown skip leaves out what it does not know, --unknown replace puts "
      + "\(vocabulary.unit.name(of: vocabulary.replacement)) there"
  }

  /// Says what was left out or replaced.
  func report(_ counts: [UInt32: Int], _ vocabulary: Vocabulary) {
    let total = counts.values.reduce(0, +)
    guard total > 0 else { return }
    let unit = vocabulary.unit
    let kind = (unit == .byte ? "byte" : "character") + (total == 1 ? "" : "s")
    let done =
      policy == .skip ? "left out" : "replaced by \(unit.name(of: vocabulary.replacement))"
    // The most frequent first.
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let named = sorted.prefix(5).map { "\(unit.name(of: $0.key))\($0.value == 1 ? "" : " \(grouped($0.value)) times")" }
    let others = sorted.count > 5 ? ", and \(grouped(sorted.count - 5)) more" : ""
    Note.note(
      "\(grouped(total)) \(kind) that the model does not know \(total == 1 ? "is" : "are") \(done): "
        + named.joined(separator: ", ") + others)
  }
}
