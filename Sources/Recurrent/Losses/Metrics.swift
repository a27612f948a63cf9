internal import Foundation
internal import Storage

/// Figures by which results are judged, and which are not differentiated.
public enum Metrics {
  /// The share of predictions that are right, among those whose class is not ignored; NaN where all are.
  /// - Precondition: as many predictions as classes.
  public static func accuracy(_ predicted: [Int32], _ classes: [Int32], ignoring ignored: Int32? = nil) -> Double {
    require(predicted.count == classes.count, "\(predicted.count) predictions for \(classes.count) classes")
    var (right, count) = (0, 0)
    for (prediction, target) in zip(predicted, classes) where target != ignored {
      count += 1
      if prediction == target { right += 1 }
    }
    return Double(right) / Double(count)
  }

  /// The same for rows of outputs, whose greatest is the prediction (the first of equals).
  /// - Parameters:
  ///   - outputs: [rows, O].
  ///   - outputSize: O.
  ///   - classes: [rows].
  ///   - ignored: the class that does not count; nil: none.
  public static func accuracy<S: Scalar>(
    _ outputs: [S], outputSize: Int, _ classes: [Int32], ignoring ignored: Int32? = nil
  ) -> Double {
    require(
      outputs.count == classes.count * outputSize && outputSize >= 1,
      "expected \(classes.count) rows of \(outputSize) outputs, got \(outputs.count) outputs")
    let predicted = classes.indices.map { row in
      var best = row * outputSize
      for place in row * outputSize..<(row + 1) * outputSize where outputs[place] > outputs[best] { best = place }
      return Int32(best - row * outputSize)
    }
    return accuracy(predicted, classes, ignoring: ignored)
  }

  /// e to a mean cross-entropy in nats: among so many equally likely tokens the model chooses, as it were.
  public static func perplexity(nats: Double) -> Double { exp(nats) }
}
