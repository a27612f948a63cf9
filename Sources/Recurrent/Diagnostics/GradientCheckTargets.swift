internal import Foundation
internal import Storage

/// Random targets for a gradient check, and the loss of outputs compared with them, written apart from the engine's fused
/// kernels.
struct GradientCheckTargets {
  private let loss: Loss
  private let outputSize: Int
  private let batchSize: Int
  private let classes: [Int32]
  private let values: [Double]
  private let labels: [[Int32]]

  init(_ loss: Loss, rows: Int, outputSize: Int, batchSize: Int, _ generator: inout SeededGenerator) {
    self.loss = loss
    self.outputSize = outputSize
    self.batchSize = batchSize
    classes = (0..<rows).map { _ in
      let target = Int32(generator.uniform() * Double(outputSize))
      // One in four is left out, if any may be.
      guard case .crossEntropy(_, _, let ignored?) = loss.kind else { return target }
      return generator.uniform() < 0.25 ? ignored : target
    }
    let least = if case .binaryCrossEntropy = loss.kind { 0.0 } else { -1.0 }
    let isCount = if case .negativeBinomial = loss.kind { true } else { false }
    values = (0..<rows * loss.valueCount(outputs: outputSize)).map { _ in
      isCount ? (generator.uniform() * 6).rounded(.down) : generator.uniform(least, 1)
    }
    guard case .ctc(let blank, let maximumLabels, _) = loss.kind else {
      labels = []
      return
    }
    // Half as many as there are steps always fit, with a blank between any two.
    let limit = min((rows / batchSize + 1) / 2, maximumLabels ?? .max, outputSize == 1 ? 0 : .max)
    labels = (0..<batchSize).map { sequence in
      let count = max(limit - sequence % 2, min(limit, 1))
      return (0..<count).map { _ in
        let label = Int32(generator.uniform() * Double(outputSize - 1))
        return label < blank ? label : label + 1
      }
    }
  }

  // MARK: Chains

  /// Outputs or classes of the rows, sequence by sequence.
  private func chains<Element>(_ rows: [Element], width: Int, _ lengths: [Int]?) -> Sequences<Element> {
    lengths.map { Sequences(values: rows, lengths: $0, width: width) }
      ?? Sequences(timeMajor: rows, batchSize: batchSize, width: width, "numbers")
  }

  /// The gradients of a CRF's loss by the fused kernels, those by the outputs sequence by sequence.
  func gradients(_ outputs: [Double], _ lengths: [Int]?, _ crf: CRF) -> CRF.Gradients<Double> {
    crf.evaluate(chains(outputs, width: outputSize, lengths), labels: chains(classes, width: 1, lengths)).gradients
  }

  /// The loss of a CRF, term by term.
  func naiveLoss(_ outputs: [Double], _ lengths: [Int]?, _ crf: CRF) -> Double {
    let (outputs, labels) = (chains(outputs, width: outputSize, lengths), chains(classes, width: 1, lengths))
    return (0..<labels.count).reduce(0) { $0 - crf.logLikelihood(Array(outputs[$1]), Array(labels[$1])) }
      / Double(labels.stepCount)
  }

  // MARK: Rows

  /// dL/d(outputs) by the fused kernels.
  func gradient(_ outputs: [Double]) -> [Double] {
    switch loss.targets {
    case .classes: loss.evaluate(outputs, outputSize: outputSize, classes: classes).gradient
    case .values: loss.evaluate(outputs, outputSize: outputSize, values: values).gradient
    case .labels: loss.evaluate(outputs, outputSize: outputSize, labels: labels).gradient
    case .custom: stop("a loss of one's own has no gradient to check")
    }
  }

  /// The loss, by the formulas in its documentation.
  func naiveLoss(_ outputs: [Double]) -> Double {
    switch loss.kind {
    case .crossEntropy(let weights, let smoothing, let ignored):
      crossEntropy(outputs, weights, smoothing, ignored)
    case .binaryCrossEntropy(let weights):
      mean(outputs) { output, target, column in
        let weight = weights.isEmpty ? 1 : weights[weights.count == 1 ? 0 : column]
        return weight * target * log(1 + exp(-output)) + (1 - target) * log(1 + exp(output))
      }
    case .meanSquaredError: mean(outputs) { output, target, _ in (output - target) * (output - target) }
    case .meanAbsoluteError: mean(outputs) { output, target, _ in abs(output - target) }
    case .huber(let delta):
      mean(outputs) { output, target, _ in
        let distance = abs(output - target)
        return distance <= delta ? distance * distance / 2 : delta * (distance - delta / 2)
      }
    case .pinball(let quantiles):
      outputs.indices.reduce(0) { sum, place in
        let error = values[place / quantiles.count] - outputs[place]
        let quantile = quantiles[place % quantiles.count]
        return sum + max(quantile * error, (quantile - 1) * error)
      } / Double(outputs.count)
    case .gaussian: gaussian(outputs)
    case .studentT:
      parametric(outputs, parts: 3) { value, _, own in
        let z = (value - own[0]) / exp(own[1])
        let degrees = 2 + log(1 + exp(own[2]))
        return own[1] + log(degrees * Double.pi) / 2 + logGamma(degrees / 2) - logGamma((degrees + 1) / 2)
          + (degrees + 1) / 2 * log(1 + z * z / degrees)
      }
    case .negativeBinomial(let scales):
      parametric(outputs, parts: 2) { count, column, own in
        let scale = scales.isEmpty ? 1 : scales[scales.count == 1 ? 0 : column]
        let (mean, alpha) = (scale * log(1 + exp(own[0])), log(1 + exp(own[1])) / scale.squareRoot())
        return logGamma(count + 1) + logGamma(1 / alpha) - logGamma(count + 1 / alpha)
          + log(1 + alpha * mean) / alpha - count * log(alpha * mean / (1 + alpha * mean))
      }
    case .custom: stop("a loss of one's own has no formula here")
    case .crf: stop("the loss of a CRF depends on its transitions")
    case .ctc(let blank, _, _): connectionist(outputs, Int(blank))
    }
  }

  private func gaussian(_ outputs: [Double]) -> Double {
    parametric(outputs, parts: 2) { value, _, own in
      let (variance, error) = (exp(own[1]), value - own[0])
      return (log(variance) + error * error / variance) / 2
    }
  }

  /// A mean over values, of whose parameters the first ones of a row come first.
  private func parametric(
    _ outputs: [Double], parts: Int, _ loss: (_ value: Double, _ column: Int, _ parameters: [Double]) -> Double
  ) -> Double {
    let count = outputSize / parts
    return values.indices.reduce(0) { sum, place in
      let (row, column) = (place / count, place % count)
      return sum
        + loss(values[place], column, (0..<parts).map { outputs[row * outputSize + $0 * count + column] })
    } / Double(values.count)
  }

  /// The system's.
  private func logGamma(_ x: Double) -> Double { lgamma(x) }

  private func mean(_ outputs: [Double], _ loss: (_ output: Double, _ target: Double, _ column: Int) -> Double)
    -> Double
  {
    outputs.indices.reduce(0) { $0 + loss(outputs[$1], values[$1], $1 % outputSize) } / Double(outputs.count)
  }

  private func crossEntropy(_ outputs: [Double], _ weights: [Double], _ smoothing: Double, _ ignored: Int32?) -> Double
  {
    var (sum, total) = (0.0, 0.0)
    for (row, target) in classes.enumerated() where target != ignored {
      let costs = logProbabilities(outputs, row).map { -$0 }
      let weight = { (column: Int) in weights.isEmpty ? 1 : weights[column] }
      let spread = costs.indices.reduce(0) { $0 + weight($1) * costs[$1] } / Double(outputSize)
      sum += (1 - smoothing) * weight(Int(target)) * costs[Int(target)] + smoothing * spread
      total += weight(Int(target))
    }
    return total == 0 ? 0 : sum / total
  }

  private func logProbabilities(_ outputs: [Double], _ row: Int) -> [Double] {
    let logits = outputs[row * outputSize..<(row + 1) * outputSize]
    let maximum = logits.max()!
    let normalizer = maximum + log(logits.reduce(0) { $0 + exp($1 - maximum) })
    return logits.map { $0 - normalizer }
  }

  /// Over the prefixes of the labels, not over states: how likely it is that the steps so far spell `count` labels, the
  /// last step being a blank or not.
  private func connectionist(_ outputs: [Double], _ blank: Int) -> Double {
    var total = 0.0
    for (sequence, own) in labels.enumerated() {
      var atBlank = [0.0] + [Double](repeating: -.infinity, count: own.count)
      var atLabel = [Double](repeating: -.infinity, count: own.count + 1)
      for step in 0..<classes.count / batchSize {
        let p = logProbabilities(outputs, step * batchSize + sequence)
        let (blankBefore, labelBefore) = (atBlank, atLabel)
        for count in 0...own.count {
          atBlank[count] = p[blank] + logSum([blankBefore[count], labelBefore[count]])
          guard count > 0 else { continue }
          let isRepeated = count > 1 && own[count - 1] == own[count - 2]
          let news = isRepeated ? [blankBefore[count - 1]] : [blankBefore[count - 1], labelBefore[count - 1]]
          atLabel[count] = p[Int(own[count - 1])] + logSum(news + [labelBefore[count]])
        }
      }
      total -= logSum([atBlank[own.count], atLabel[own.count]]) / Double(max(own.count, 1))
    }
    return total / Double(batchSize)
  }

  private func logSum(_ terms: [Double]) -> Double {
    let maximum = terms.max()!
    return maximum == -.infinity ? maximum : maximum + log(terms.reduce(0) { $0 + exp($1 - maximum) })
  }
}
