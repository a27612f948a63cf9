import Recurrent

/// Scores sequences or texts with a trained model.
struct Classifier: ~Copyable {
  let classes: [String]
  let isPerStep: Bool
  private var pass: InferencePass<Float>
  private let batchSize: Int

  /// Steps of a batch, all sequences together, from which on it is not made larger.
  private static let batchSteps = 8192

  /// - Parameter longest: steps of the longest sequence that will come.
  /// - Throws: `PlanError` where the memory does not suffice, or a weight is too large for the precision.
  init(
    _ model: Model<Float>, classes: [String], isPerStep: Bool = false, longest: Int, _ settings: PassSettings
  ) throws(PlanError) {
    (self.classes, self.isPerStep) = (classes, isPerStep)
    batchSize = max(1, min(64, Self.batchSteps / longest))
    pass = try InferencePass(
      model, steps: longest, batchSize: batchSize, products: settings.products, precision: settings.precision,
      threads: settings.threads)
  }

  var plan: Plan { pass.plan }

  /// Puts another model of the same configuration in its place.
  mutating func load(_ model: Model<Float>) { pass.load(model) }

  /// Scores before the softmax: for each sequence [classes], or [steps, classes] for classes at each step.
  mutating func scores(_ inputs: ClassInputs) -> [[Float]] {
    var result = [[Float]](repeating: [], count: inputs.count)
    // Sequences of about the same length together.
    let lengths = inputs.lengths
    let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let part = order[start..<min(order.count, start + batchSize)]
      pass.run(inputs.input(of: part))
      if isPerStep {
        let outputs = pass.outputSequences
        for (row, index) in part.enumerated() { result[index] = Array(outputs[row]) }
      } else {
        let outputs = pass.outputs
        for (row, index) in part.enumerated() {
          result[index] = Array(outputs[row * classes.count..<(row + 1) * classes.count])
        }
      }
    }
    return result
  }

  /// Compares with the true classes.
  /// - Parameter unit: what is counted.
  mutating func report(_ part: ClassTask.Part, unit: String) -> ClassificationReport {
    let count = classes.count
    var report = ClassificationReport(classes: classes, unit: unit)
    var rows = scores(part.inputs)
    if let linear = part.linear {
      let truths = part.classes.map { $0[0] }
      report.besides = [
        Besides("network alone", scores: rows, truths), Besides(linear.name, scores: linear.scores, truths),
      ]
      rows = linear.joined(rows)
    }
    report.besides += part.baselines
    for (row, truth) in zip(rows, part.classes) {
      for (step, trueClass) in truth.enumerated() {
        report.add(row.span.extracting(step * count..<(step + 1) * count), of: Int(trueClass))
      }
    }
    return report
  }
}

/// A classifier that closures share.
final class ClassifierBox {
  var classifier: Classifier

  init(_ classifier: consuming Classifier) { self.classifier = classifier }
}
