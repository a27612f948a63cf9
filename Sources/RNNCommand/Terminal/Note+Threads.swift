import Recurrent

extension Note {
  /// That there are more threads than processors for them, where there are: they only wait for each other.
  static func threads(_ count: Int?) {
    let processors = Processors.available
    guard let count, count > processors else { return }
    note(
      "--threads \(count) is more than the \(processors) processor\(processors == 1 ? "" : "s") that may be used here: it "
        + "will be slower than --threads \(processors)")
  }
}
