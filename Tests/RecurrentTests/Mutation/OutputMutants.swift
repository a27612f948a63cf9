import Foundation
import Recurrent

/// A loss of the rows of outputs, and its gradient by them.
protocol LossMutant: Mutant {
  static var loss: Loss { get }
  func callAsFunction(_ outputs: [Double], _ problem: Problem) -> (value: Double, gradient: [Double])
}

/// mean over rows of log Σ exp(y) − y_class;  dy = (exp(y)/Σ exp(y) − [class]) / rows
struct CrossEntropyMutant: LossMutant {
  static let loss = Loss.crossEntropy
  static let sites = Sites(terms: 4, factors: 4, slips: [.shiftedTarget])
  let mutation: Mutation?

  func callAsFunction(_ outputs: [Double], _ problem: Problem) -> (value: Double, gradient: [Double]) {
    let columns = problem.configuration.outputSize
    let rows = outputs.count / columns
    var total = 0.0
    var gradient: [Double] = []
    for row in 0..<rows {
      let place = slips(.shiftedTarget) ? (row + rows - 1) % rows : row
      let target = Int(problem.classes[place])
      let logits = outputs[row * columns..<(row + 1) * columns]
      let sum = logits.reduce(0) { $0 + exp($1) }
      total += term(0, log(sum)) - term(1, logits[row * columns + target])
      gradient += logits.enumerated().map { column, y in
        let probability = factor(0, exp(y)) * factor(1, 1 / sum)
        return factor(2, 1 / Double(rows)) * (term(2, probability) - term(3, column == target ? 1 : 0))
      }
    }
    return (factor(3, 1 / Double(rows)) * total, gradient)
  }
}

/// mean over values of (y − t)²;  dy = 2·(y − t) / count
struct SquaredErrorMutant: LossMutant {
  static let loss = Loss.meanSquaredError
  static let sites = Sites(terms: 3, factors: 5, slips: [.shiftedTarget])
  let mutation: Mutation?

  func callAsFunction(_ outputs: [Double], _ problem: Problem) -> (value: Double, gradient: [Double]) {
    let share = 1 / Double(outputs.count)
    var total = 0.0
    var gradient: [Double] = []
    for (index, y) in outputs.enumerated() {
      let place = slips(.shiftedTarget) ? (index + outputs.count - 1) % outputs.count : index
      let difference = term(0, y) - term(1, problem.values[place])
      total += difference * factor(0, difference)
      gradient.append(term(2, factor(1, 2) * factor(2, difference) * factor(3, share)))
    }
    return (factor(4, share) * total, gradient)
  }
}

/// y = W·h + b;  dW = Σ dy·hᵀ, db = Σ dy over the rows; dh = Wᵀ·dy
struct HeadMutant: Mutant {
  static let sites = Sites(terms: 5, factors: 6, slips: [.transposed, .lastRowOnly])
  let mutation: Mutation?

  /// From states [rows, H] the outputs [rows, O].
  func outputs(_ states: [Double], weights: [Double], bias: [Double]) -> [Double] {
    let hidden = weights.count / bias.count
    return stride(from: 0, to: states.count, by: hidden).flatMap { start in
      bias.indices.map { output in
        let products = (0..<hidden).map { factor(0, weights[output * hidden + $0]) * factor(1, states[start + $0]) }
        return term(0, products.reduce(0, +)) + term(1, bias[output])
      }
    }
  }

  func gradients(
    _ outputGradient: [Double], _ states: [Double], weights: [Double], biasCount: Int
  ) -> (weights: [Double], bias: [Double], states: [Double]) {
    let hidden = weights.count / biasCount
    let rows = states.count / hidden
    var result = (
      weights: [Double](repeating: 0, count: weights.count), bias: [Double](repeating: 0, count: biasCount),
      states: [Double](repeating: 0, count: states.count)
    )
    for row in 0..<rows {
      for output in 0..<biasCount {
        let dy = outputGradient[row * biasCount + output]
        let counts = !slips(.lastRowOnly) || row == rows - 1
        if counts { result.bias[output] += term(2, dy) }
        for unit in 0..<hidden {
          let h = states[row * hidden + unit]
          if counts { result.weights[output * hidden + unit] += term(3, factor(2, dy) * factor(3, h)) }
          let place = slips(.transposed) ? unit * hidden + output : output * hidden + unit
          result.states[row * hidden + unit] += term(4, factor(4, weights[place]) * factor(5, dy))
        }
      }
    }
    return result
  }
}
