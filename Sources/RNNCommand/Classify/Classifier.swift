import Recurrent

/// Scores sequences with a trained model.
struct Classifier: ~Copyable {
  let description: ClassDescription
  private var pass: InferencePass<Float>
  private let batchSize: Int

  /// Steps of a batch, all sequences together, from which on it is not made larger.
  private static let batchSteps = 8192

  /// - Parameter longest: steps of the longest sequence that will come.
  /// - Throws: `PlanError` where the memory does not suffice.
  init(_ model: Model<Float>, _ description: ClassDescription, longest: Int, products: Products, threads: Int)
    throws(PlanError)
  {
    self.description = description
    batchSize = max(1, min(64, Self.batchSteps / longest))
    pass = try InferencePass(model, steps: longest, batchSize: batchSize, products: products, threads: threads)
  }

  var plan: Plan { pass.plan }

  /// Puts another model of the same configuration in its place.
  mutating func load(_ model: Model<Float>) { pass.load(model) }

  /// Scores before the softmax: for each sequence [classes], or [steps, classes] for classes at each step.
  /// - Parameter inputs: [steps, features] each, scaled.
  mutating func scores(_ inputs: [[Float]]) -> [[Float]] {
    let classCount = description.classes.count
    var result = [[Float]](repeating: [], count: inputs.count)
    // Sequences of about the same length together.
    let order = inputs.indices.sorted { (inputs[$0].count, $0) < (inputs[$1].count, $1) }
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let part = order[start..<min(order.count, start + batchSize)]
      pass.run(.vectors(Sequences(part.map { inputs[$0] }, width: description.features.count)))
      if description.isPerStep {
        let outputs = pass.outputSequences
        for (row, index) in part.enumerated() { result[index] = Array(outputs[row]) }
      } else {
        let outputs = pass.outputs
        for (row, index) in part.enumerated() {
          result[index] = Array(outputs[row * classCount..<(row + 1) * classCount])
        }
      }
    }
    return result
  }

  /// Compares with the true classes, [1] or [steps] of each sequence.
  mutating func report(_ inputs: [[Float]], classes: [[Int32]]) -> ClassificationReport {
    let count = description.classes.count
    var report = ClassificationReport(
      classes: description.classes, unit: description.isPerStep ? "step" : "sequence")
    for (row, truth) in zip(scores(inputs), classes) {
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
