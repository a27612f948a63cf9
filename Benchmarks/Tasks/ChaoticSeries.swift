internal import Foundation
internal import Recurrent

/// The series that reservoirs are compared on, from their equations.
public enum ChaoticSeries {
  /// Mackey and Glass (1977), dx/dt = 0.2·x(t − 17)/(1 + x(t − 17)¹⁰) − 0.1·x, by Runge and Kutta's fourth order in
  /// steps of 0.1, the delayed value between two on a straight line; one value for each unit of time, after 1000 of
  /// them.
  /// - Parameter start: of all times before 0.
  public static func mackeyGlass(count: Int, start: Double = 1.2) -> [Double] {
    let (h, perUnit, skipped) = (0.1, 10, 1000)
    let delay = 17 * perUnit
    var x = [Double](repeating: start, count: delay + 1)
    x.reserveCapacity(delay + 1 + (count + skipped) * perUnit)
    func change(_ x: Double, _ delayed: Double) -> Double { 0.2 * delayed / (1 + pow(delayed, 10)) - 0.1 * x }
    for _ in 0..<(count + skipped) * perUnit {
      let (now, old, next) = (x[x.count - 1], x[x.count - 1 - delay], x[x.count - delay])
      let between = (old + next) / 2
      let k1 = change(now, old)
      let k2 = change(now + h * k1 / 2, between)
      let k3 = change(now + h * k2 / 2, between)
      let k4 = change(now + h * k3, next)
      x.append(now + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6)
    }
    return (0..<count).map { x[delay + (skipped + $0) * perUnit] }
  }

  /// The same equation in steps of 1 with the delayed value held, as reservoirpy takes them: a map of x(t) and x(t −
  /// 17) alone, and so another system, easier to learn. From a random past, the first 100 values left out.
  public static func mackeyGlassMap(count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    var x = (0...17).map { _ in 1.2 + 0.2 * (generator.uniform() - 0.5) }
    func change(_ x: Double, _ delayed: Double) -> Double { 0.2 * delayed / (1 + pow(delayed, 10)) - 0.1 * x }
    for _ in 1..<100 + count {
      let (now, delayed) = (x[x.count - 1], x[x.count - 18])
      let k1 = change(now, delayed)
      let k2 = change(now + k1 / 2, delayed)
      let k3 = change(now + k2 / 2, delayed)
      let k4 = change(now + k3, delayed)
      x.append(now + (k1 + 2 * k2 + 2 * k3 + k4) / 6)
    }
    return Array(x.suffix(count))
  }

  /// NARMA of order 10 (Atiya & Parlos 2000): y ← 0.3·y + 0.05·y·Σ(the last ten y) + 1.5·u(t − 9)·u(t) + 0.1, u uniform
  /// in 0..<0.5.
  /// - Returns: the inputs, and for each of them the y that follows.
  public static func narma10(count: Int, seed: UInt64) -> (inputs: [Double], outputs: [Double]) {
    var generator = SeededGenerator(seed: seed)
    let inputs = (0..<count).map { _ in generator.uniform(0, 0.5) }
    var outputs = [Double](repeating: 0, count: count)
    for t in 0..<count {
      let past = (1...10).reduce(0) { $0 + (t >= $1 ? outputs[t - $1] : 0) }
      let last = t > 0 ? outputs[t - 1] : 0
      outputs[t] = 0.3 * last + 0.05 * last * past + (t >= 9 ? 1.5 * inputs[t - 9] * inputs[t] : 0) + 0.1
    }
    return (inputs, outputs)
  }

  /// Lorenz (1963), σ 10, ρ 28, β 8/3, by Runge and Kutta's fourth order; after 1000 steps from near (1, 1, 1).
  /// - Returns: [count, 3]
  public static func lorenz(count: Int, step h: Double = 0.02, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    var state = (0..<3).map { _ in 1 + generator.uniform(-0.1, 0.1) }
    func change(_ s: [Double]) -> [Double] {
      [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]
    }
    func moved(_ s: [Double], _ k: [Double], _ factor: Double) -> [Double] { zip(s, k).map { $0 + factor * $1 } }
    var values: [Double] = []
    for index in 0..<1000 + count {
      if index >= 1000 { values += state }
      let k1 = change(state)
      let k2 = change(moved(state, k1, h / 2))
      let k3 = change(moved(state, k2, h / 2))
      let k4 = change(moved(state, k3, h))
      state = (0..<3).map { state[$0] + h * (k1[$0] + 2 * k2[$0] + 2 * k3[$0] + k4[$0]) / 6 }
    }
    return values
  }

  /// The root of the mean squared error over the deviation of the truth.
  public static func normalizedError(_ outputs: [Double], _ truth: [Double]) -> Double {
    let mean = truth.reduce(0, +) / Double(truth.count)
    let variance = truth.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (zip(outputs, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / variance).squareRoot()
  }
}
