/// The seasons of a series, as found.
package struct Season: Sendable, Hashable, Codable {
  /// Steps after which values are compared and errors are scaled; 1: none.
  package let period: Int
  /// Whether the methods go by it: it was given, or the series has it by the autocorrelation test.
  package let isPresent: Bool
  /// Whether it was given, and the test does not find it: methods without it compete with those that have it.
  package let isDoubtful: Bool
  /// One above it, such as the week above the day.
  package let longer: Int?

  /// What the methods go by.
  package var effective: Int { isPresent ? period : 1 }

  /// - Parameters:
  ///   - natural: those of the calendar, or asked for; the first counts, and a multiple of it.
  ///   - isGiven: whether the first is to be gone by, untested.
  package init(_ values: [Double], natural: [Int], isGiven: Bool = false) {
    period = max(1, natural.first ?? 1)
    let isFound = Seasonality.isPresent(values, period: period)
    isPresent = isFound || (isGiven && Self.isPossible(period, count: values.count))
    isDoubtful = isPresent && !isFound
    let (own, count) = (period, values.count)
    let given = natural.dropFirst().first { $0 > own && count >= 3 * $0 && Seasonality.isPresent(values, period: $0) }
    longer = isPresent ? given ?? Seasonality.longer(than: own, values) : nil
  }

  /// Whether so many values tell anything of a season: two of it, and something to measure them by.
  package static func isPossible(_ period: Int, count: Int) -> Bool { period > 1 && count >= 2 * period + 2 }

  package init(period: Int, isPresent: Bool, isDoubtful: Bool = false, longer: Int?) {
    (self.period, self.isPresent, self.isDoubtful, self.longer) = (period, isPresent, isDoubtful, longer)
  }
}

extension Season {
  /// Earlier files do not say whether a season is doubtful.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      period: try values.decode(Int.self, forKey: .period), isPresent: try values.decode(Bool.self, forKey: .isPresent),
      isDoubtful: try values.decodeIfPresent(Bool.self, forKey: .isDoubtful) ?? false,
      longer: try values.decodeIfPresent(Int.self, forKey: .longer))
  }
}
