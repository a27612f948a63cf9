internal import Foundation

/// Sums up the figures of an `Evaluation` over batches and pieces.
struct EvaluationSums {
  private let loss: Loss
  private var lossSum = 0.0
  private var weightSum = 0.0
  private var correctCount = 0
  private var errorCount = 0
  private var absoluteError = 0.0
  private var squaredError = 0.0
  private var edits = 0
  private var labelCount = 0
  var count = 0

  init(_ loss: Loss) { self.loss = loss }

  /// A mean over outputs of some weight.
  mutating func add(loss mean: Double, weight: Double) {
    // An infinite or undefined loss stays one.
    lossSum += weight == 0 ? 0 : mean * weight
    weightSum += weight
  }

  /// Outputs, a sequence each, and what they should be.
  /// - Parameter crf: by which classes are predicted together; nil: the greatest output of each step.
  mutating func add<S: Scalar>(_ outputs: Sequences<S>, _ target: TargetSequences<S>.Content, crf: CRF? = nil) {
    let width = outputs.width
    switch (target, loss.kind) {
    case (.classes(let classes), .crf):
      let predicted = (crf?.labels(of: outputs) ?? outputs.greatest).values
      count += predicted.count
      for (prediction, target) in zip(predicted, classes.values) where prediction == target { correctCount += 1 }
    case (.classes(let classes), .crossEntropy(_, _, let ignored)):
      let predicted = outputs.greatest.values
      for (row, target) in classes.values.enumerated() where target != ignored {
        count += 1
        if predicted[row] == target { correctCount += 1 }
      }
    case (.values(let values), .meanSquaredError), (.values(let values), .meanAbsoluteError),
      (.values(let values), .huber):
      for (output, value) in zip(outputs.values, values.values) {
        let error = Double(output) - Double(value)
        absoluteError += abs(error)
        squaredError += error * error
      }
      errorCount += outputs.values.count
      count += outputs.stepCount
    case (.labels(let labels), .ctc(let blank, _, _)):
      for (sequence, own) in labels.enumerated() {
        let spelt = CTC.bestPath(Array(outputs[sequence]), outputSize: width, blank: Int(blank))
        edits += Metrics.editDistance(spelt, own)
        labelCount += own.count
        if spelt == own { correctCount += 1 }
      }
      count += labels.count
    default: count += outputs.stepCount
    }
  }

  var evaluation: Evaluation {
    let isCounted = loss.targets == .classes || loss.targets == .labels
    return Evaluation(
      loss: weightSum == 0 ? 0 : lossSum / weightSum, count: count,
      accuracy: isCounted && count > 0 ? Double(correctCount) / Double(count) : nil,
      meanAbsoluteError: errorCount > 0 ? absoluteError / Double(errorCount) : nil,
      rootMeanSquaredError: errorCount > 0 ? (squaredError / Double(errorCount)).squareRoot() : nil,
      labelErrorRate: loss.targets != .labels
        ? nil : edits == 0 ? 0 : Double(edits) / Double(labelCount))
  }
}

extension Sequences where Element: BinaryFloatingPoint {
  /// The place of the greatest number of each step, the first of equals: of logits the likeliest class.
  public var greatest: Sequences<Int32> {
    let classes = (0..<stepCount).map { step in
      var best = step * width
      for place in step * width..<(step + 1) * width where values[place] > values[best] { best = place }
      return Int32(best - step * width)
    }
    return Sequences<Int32>(values: classes, lengths: lengths)
  }
}
