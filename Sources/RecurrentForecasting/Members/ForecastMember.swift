/// A method whose parameters are fitted. It forecasts any history that begins where the fitted one began.
protocol ForecastMember: Sendable {
  /// - Parameter history: transformed values up to the origin.
  func forecast(_ history: History, horizon: Int) -> [Double]
}

/// Transformed values up to an origin, and which of them are known.
struct History: Sendable {
  var values: ArraySlice<Double>
  var isKnown: ArraySlice<Bool>

  init(_ values: [Double], isKnown: [Bool]) { (self.values, self.isKnown) = (values[...], isKnown[...]) }

  /// Slices begin at 0, so that places are steps.
  var count: Int { values.count }

  func prefix(_ count: Int) -> History {
    var part = self
    (part.values, part.isKnown) = (values.prefix(count), isKnown.prefix(count))
    return part
  }

  subscript(_ step: Int) -> Double { values[step] }
}
