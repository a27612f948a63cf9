import ArgumentParser
import Foundation
import Recurrent

/// How the learning rate follows the size of the batch.
struct BatchScalingOptions: ParsableArguments {
  enum Rule: String, NamedChoice {
    case linear, sqrt

    var rule: BatchSizeRule { self == .linear ? .linear : .squareRoot }
  }

  @Option(
    help: ArgumentHelp(
      "How the learning rate of --base-batch-size becomes that of a batch k times as large: linear multiplies by k (SGD), sqrt by "
        + "√k (Adam, recurrent networks). The batch counts all shards. (default: it stays)",
      valueName: "name"))
  var batchRule: Rule?

  @Option(in: 1...largestSize, help: "For --batch-rule: sequences of a batch that the learning rate suits.")
  var baseBatchSize: Int?

  func validate() throws {
    if batchRule != nil, baseBatchSize == nil { throw ValidationError("'--batch-rule' needs '--base-batch-size <n>'") }
    if batchRule == nil, baseBatchSize != nil {
      throw ValidationError("'--base-batch-size' needs '--batch-rule <name>'")
    }
  }

  /// What the learning rate is multiplied by.
  func factor(batchSize: Int) -> Double {
    guard let batchRule, let baseBatchSize else { return 1 }
    return batchRule.rule.factor(batchSize: batchSize, baseBatchSize: baseBatchSize)
  }

  /// Steps of warm-up where none are asked for: with a rule as many as a training of the base batch has, k times as long in
  /// epochs, but for at most half of the training.
  /// - Parameter steps: of the whole training.
  func warmUp(steps: Int, batchSize: Int) -> Int {
    guard batchRule != nil, let baseBatchSize else { return min(100, steps / 20) }
    let baseSteps = Double(steps) * Double(batchSize) / Double(baseBatchSize)
    return min(Int(min(100, baseSteps / 20)), max(steps / 2, min(100, steps / 20)))
  }

  /// For the note at the start; nil: no rule.
  /// - Parameter rate: of the base batch.
  func summary(rate: Double, batchSize: Int) -> String? {
    guard let batchRule, let baseBatchSize else { return nil }
    let ratio = rounded(Double(batchSize) / Double(baseBatchSize))
    let factor = batchRule == .linear ? ratio : "√\(ratio)"
    let scaled = rounded(rate * self.factor(batchSize: batchSize))
    return "learning rate \(short(rate)) × \(factor) = \(scaled) (batch of \(batchSize), \(ratio) × \(baseBatchSize))"
  }

  /// To four digits.
  private func rounded(_ value: Double) -> String { short(Double(String(format: "%.4g", value)) ?? value) }
}
