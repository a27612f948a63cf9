import Foundation
import Recurrent

/// The formulas of `Attention` and of the head, for one step, in loops.
struct NaiveAttention {
  private let model: Model<Double>
  private let width: Int

  init(_ model: Model<Double>) { (self.model, width) = (model, model.configuration.headInputSize) }

  /// Sums of at most 12 terms of magnitude 1, six after each other, none of which magnifies an error more than 12-fold:
  /// below 12·6·12 roundoffs of 1.
  static let tolerance = 12 * 6 * 12 * 0x1p-53

  private func parameter(_ name: String) -> [Double] { model[parameter: name] }

  private func product(_ name: String, _ vector: [Double]) -> [Double] {
    let matrix = parameter(name)
    return (0..<matrix.count / vector.count).map { row in
      vector.indices.reduce(0) { $0 + matrix[row * vector.count + $1] * vector[$1] }
    }
  }

  private func linear(_ name: String, _ input: [Double]) -> [Double] {
    zip(product(name + ".weight", input), parameter(name + ".bias")).map { $0 + $1 }
  }

  private func dot(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }

  private func scores(_ h: [Double], _ memory: [[Double]]) -> [Double] {
    switch model.configuration.attention {
    case .dot: return memory.map { dot($0, h) }
    case .scaledDot: return memory.map { dot($0, h) / Double(width).squareRoot() }
    case .general:
      let asked = product("attention.query.weight", h)
      return memory.map { dot($0, asked) }
    case .additive:
      let asked = product("attention.query.weight", h)
      return memory.map { row in
        let key = product("attention.key.weight", row)
        return dot(parameter("attention.score.weight"), zip(asked, key).map { tanh($0 + $1) })
      }
    case nil: return []
    }
  }

  /// h̃ of a step.
  func output(_ h: [Double], _ memory: [[Double]]) -> [Double] {
    let scores = scores(h, memory)
    let total = scores.reduce(0) { $0 + exp($1) }
    var context = [Double](repeating: 0, count: width)
    for (row, score) in zip(memory, scores) {
      for unit in 0..<width { context[unit] += exp(score) / total * row[unit] }
    }
    return linear("attention", context + h).map { tanh($0) }
  }

  /// The head's outputs of a step.
  func outputs(_ h: [Double], _ memory: [[Double]]) -> [Double] { linear("linear", output(h, memory)) }

  /// What the head says of h̃.
  func head(_ output: [Double]) -> [Double] { linear("linear", output) }
}
