internal import Foundation

/// The Theta method (Assimakopoulos & Nikolopoulos 2000) as Hyndman & Billah (2003) simplified it: simple exponential smoothing with half
/// the slope of the straight line through the series, the season taken out before and put back after.
package struct Theta: ForecastMember, Hashable, Codable {
  package var alpha: Double
  /// Before the first step.
  package var level: Double
  /// Of the line.
  package var slope: Double
  /// [period]; the first is that of step 0.
  package var season: [Double]

  private func run(_ history: History) -> (level: Double, squares: Double) {
    var (level, squares, place) = (self.level, 0.0, 0)
    for step in 0..<history.count {
      if history.isKnown[step] {
        let error = history.values[step] - season[place] - level
        squares += error * error
        level += alpha * error
      }
      place = place + 1 == season.count ? 0 : place + 1
    }
    return (level, squares)
  }

  package func forecast(_ history: History, horizon: Int) -> [Double] {
    let level = run(history).level
    let lag = (1 - pow(1 - alpha, Double(history.count))) / alpha
    return (0..<horizon).map {
      level + slope / 2 * (Double($0) + lag) + season[(history.count + $0) % season.count]
    }
  }

  /// - Parameter period: of a season that the series has; else 1.
  package static func fit(_ history: History, period: Int) -> Theta {
    let count = history.count
    let season = period > 1 && count > 2 * period ? Decomposition(history.values, period: period).season : [0]
    let values = (0..<count).map { history[$0] - season[$0 % season.count] }
    let middle = Double(count - 1) / 2
    let mean = values.reduce(0, +) / Double(max(1, count))
    var (up, across) = (0.0, 0.0)
    for (step, value) in values.enumerated() {
      up += (Double(step) - middle) * (value - mean)
      across += (Double(step) - middle) * (Double(step) - middle)
    }
    let first = values.first ?? 0
    func theta(_ point: [Double]) -> Theta {
      Theta(
        alpha: 0.01 + 0.98 / (1 + exp(-point[0])), level: first + point[1], slope: across > 0 ? up / across : 0,
        season: season)
    }
    let found = NelderMead.minimize(from: [0, 0], evaluations: count > 1000 ? 100 : 200) {
      theta($0).run(history).squares
    }
    return theta(found.point)
  }
}
