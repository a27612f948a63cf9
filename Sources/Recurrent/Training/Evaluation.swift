internal import Foundation

/// How well a model does on data with targets: its loss, and what else its kind of target is judged by.
public struct Evaluation: Sendable, Hashable {
  /// The mean loss; of a cross-entropy in nats.
  public let loss: Double
  /// Outputs that the mean is over: of steps, or of sequences where there is one output for each, or a list of labels.
  /// Those of an ignored class are not among them.
  public let count: Int
  /// The share of outputs whose greatest is the class, for classes; of sequences that spell exactly their labels, for labels
  /// (`CTC.bestPath`).
  public let accuracy: Double?
  /// Σ|output − value| over their number, for values that the outputs are compared with one by one.
  public let meanAbsoluteError: Double?
  /// The root of the mean of (output − value)², for such values.
  public let rootMeanSquaredError: Double?
  /// Edits from what is spelt to the labels, over the length of all labels (`Metrics.errorRate`).
  public let labelErrorRate: Double?

  init(
    loss: Double, count: Int, accuracy: Double? = nil, meanAbsoluteError: Double? = nil,
    rootMeanSquaredError: Double? = nil, labelErrorRate: Double? = nil
  ) {
    (self.loss, self.count, self.accuracy) = (loss, count, accuracy)
    (self.meanAbsoluteError, self.rootMeanSquaredError) = (meanAbsoluteError, rootMeanSquaredError)
    self.labelErrorRate = labelErrorRate
  }

  /// The loss in bits; of a cross-entropy.
  public var bits: Double { loss / log(2) }
  /// e to the loss; of a cross-entropy.
  public var perplexity: Double { exp(loss) }
}

extension Evaluation: CustomStringConvertible {
  public var description: String {
    let figures: [(String, Double?)] = [
      ("accuracy", accuracy), ("mean absolute error", meanAbsoluteError),
      ("root mean squared error", rootMeanSquaredError), ("label error rate", labelErrorRate),
    ]
    let named = figures.compactMap { name, figure in figure.map { "\(name) \(Self.text($0))" } }
    return (["loss \(Self.text(loss))"] + named + ["of \(count)"]).joined(separator: ", ")
  }

  private static func text(_ number: Double) -> String { String(format: "%.4g", number) }
}
