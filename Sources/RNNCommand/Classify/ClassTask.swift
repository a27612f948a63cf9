import Recurrent
import Tables

/// What a training of classes is about, whether of sequences or of texts: the part to train on and that held out, as the model
/// reads them.
struct ClassTask {
  /// A part of the data.
  struct Part {
    let inputs: ClassInputs
    /// [1], or [steps], of each.
    let classes: [[Int32]]
    /// What decides along with the network; nil: nothing does.
    var linear: LinearScores?
    /// What other models have on it.
    var baselines: [Besides] = []

    var longest: Int { inputs.lengths.max() ?? 1 }

    func target(isPerStep: Bool) -> ModelTarget<Float> {
      isPerStep ? .classes(Sequences(classes)) : .classes(classes.map { $0[0] })
    }
  }

  /// What a class is told of: a sequence, a step or a text.
  let unit: String
  let classes: [String]
  let isPerStep: Bool
  /// What goes into the model.
  let input: ModelConfiguration.Input
  /// What the model's file keeps.
  let annotations: [String: String]
  let training: Part
  let held: Part
  /// Tells whether the data are those that they were.
  let digest: UInt64
  /// In words: the part to train on, that held out, and what a step is.
  let words: (training: String, held: String, input: String)
  /// Rows of the report's table.
  let facts: [[String]]

  /// For the loss, [classes]: such that each class counts as much as any other, as scikit-learn's "balanced".
  var balancedWeights: [Double] { Self.balancedWeights(training.classes.joined(), classCount: classes.count) }

  static func balancedWeights(_ numbers: some Sequence<Int32>, classCount: Int) -> [Double] {
    var counts = [Int](repeating: 0, count: classCount)
    for number in numbers { counts[Int(number)] += 1 }
    let total = counts.reduce(0, +)
    return counts.map { $0 == 0 ? 0 : Double(total) / Double(classCount * $0) }
  }

  /// Refuses labels that tell nothing apart, and tells of doubtful ones.
  /// - Throws: `TableError` where there is only one class.
  static func check(_ classes: [String], of file: String) throws(TableError) {
    guard classes.count >= 2 else {
      throw TableError(
        file,
        .other("the training part has only the class \"\(visible(classes[0]))\"; there is nothing to tell apart"))
    }
    if let labels = LabelledSequences.spellingsOfOneNumber(classes) {
      Note.warning("the labels \"\(labels.first)\" and \"\(labels.second)\" are two classes, though one number")
    }
  }

  /// `2,400 texts of 3 to 18 characters`
  static func amount(_ count: Int, _ unit: String, lengths: [Int], step: String) -> String {
    let steps = lengths.reduce(0, +)
    guard let shortest = lengths.min(), let longest = lengths.max() else { return "none" }
    if count == 1, unit == "sequence" { return counted(steps, step) }
    let range = shortest == longest ? counted(longest, step) : "\(grouped(shortest)) to \(counted(longest, step))"
    return "\(counted(count, unit)) of \(range)"
  }
}
