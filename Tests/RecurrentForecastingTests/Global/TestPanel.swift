import Foundation
import Recurrent
import RecurrentForecasting

/// Panels in which it is known what helps.
enum TestPanel {
  /// Noise around a level, and jumps on days that are known ahead.
  /// - Parameter jump: in deviations of the noise.
  static func jumps(
    _ count: Int, steps: Int, ahead: Int, jump: Double, seed: UInt64 = 1, missing: Double = 0
  ) -> [PanelSeries] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      let days = (0..<steps + ahead).map { _ in generator.uniform() < 0.2 ? 1.0 : 0 }
      let values = (0..<steps).map { step -> Double in
        let value = 10 * Double(number + 1) + generator.normal() + jump * days[step]
        return generator.uniform() < missing ? .nan : value
      }
      return PanelSeries("s\(number)", values: values, knownAhead: ["sale": days])
    }
  }

  /// What will come of the above, without the noise.
  static func continuation(_ series: PanelSeries, number: Int, jump: Double) -> [Double] {
    (series.knownAhead["sale"] ?? []).dropFirst(series.values.count).map { 10 * Double(number + 1) + jump * $0 }
  }

  /// A season whose height is that of the region, much noise, and so short a past that a series alone says little of it.
  static func regions(_ count: Int, steps: Int, seed: UInt64 = 2) -> [PanelSeries] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      let height = number % 2 == 0 ? 3.0 : -3
      let values = (0..<steps).map { height * sin(2 * .pi * Double($0) / 12) + 2 * generator.normal() }
      return PanelSeries("s\(number)", values: values, statics: ["region": number % 2 == 0 ? "north" : "south"])
    }
  }

  static var quick: GlobalRecipe {
    var recipe = GlobalRecipe()
    (recipe.updates, recipe.hiddenSize, recipe.batchSize) = (10, 8, 8)
    return recipe
  }

  static func meanError(_ forecasts: [Forecast], _ truths: [[Double]]) -> Double {
    var (sum, count) = (0.0, 0.0)
    for (forecast, truth) in zip(forecasts, truths) {
      for (value, wanted) in zip(forecast.values, truth) {
        sum += abs(value - wanted)
        count += 1
      }
    }
    return sum / count
  }
}
