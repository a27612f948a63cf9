internal import Foundation

/// Where in the year a step lies, as waves: of days the season that windows do not reach over.
enum YearPhase {
  /// Waves of one year.
  static let waves = 2
  static let width = 2 * waves

  /// - Parameter year: in steps.
  static func add(_ step: Int, year: Double, to features: inout [Double]) {
    for wave in 1...waves {
      let angle = 2 * Double.pi * Double(wave) * (Double(step) / year).truncatingRemainder(dividingBy: 1)
      features.append(sin(angle))
      features.append(cos(angle))
    }
  }

  /// Whether so many steps say what belongs to the year.
  static func isPossible(_ year: Double, count: Int) -> Bool { year > 2 && Double(count) >= 2 * year }
}
