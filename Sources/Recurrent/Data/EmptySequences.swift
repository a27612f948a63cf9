internal import Storage

/// The rule for sequences of no steps, wherever a model is trained or measured. They have no outputs, and so teach and count
/// nothing: a batch, or data to evaluate, must have a step somewhere. Where there is one output, or one loss, for each
/// sequence, one without steps has nothing that it could be of: it is refused.
enum EmptySequences {
  /// - Parameter hasOneOutput: whether there is one output or loss for each sequence.
  static func check(_ lengths: [Int], hasOneOutput: Bool) {
    guard hasOneOutput, let empty = lengths.firstIndex(of: 0) else { return }
    stop(fault(empty))
  }

  /// Stops where there is nothing at all to learn or to measure.
  static func requireSteps(_ lengths: [Int]) {
    require(lengths.contains { $0 > 0 }, nothing(lengths.count))
  }

  static func fault(_ sequence: Int) -> String {
    "sequence \(sequence) has no steps: expected 1 or more where there is one output for each sequence"
  }

  static func nothing(_ count: Int) -> String { "expected 1 step or more in all, got \(count) sequences of none" }
}
