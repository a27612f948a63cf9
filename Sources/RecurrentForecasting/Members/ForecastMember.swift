/// A method whose parameters are fitted. It forecasts any history that begins where the fitted one began.
package protocol ForecastMember: Sendable {
  /// - Parameter history: transformed values up to the origin.
  func forecast(_ history: History, horizon: Int) -> [Double]
}

/// Transformed values up to an origin, and which of them are known.
package struct History: Sendable {
  package var values: ArraySlice<Double>
  package var isKnown: ArraySlice<Bool>

  package init(_ values: [Double], isKnown: [Bool]) { (self.values, self.isKnown) = (values[...], isKnown[...]) }

  /// Slices begin at 0, so that places are steps.
  package var count: Int { values.count }

  package func prefix(_ count: Int) -> History {
    var part = self
    (part.values, part.isKnown) = (values.prefix(count), isKnown.prefix(count))
    return part
  }

  subscript(_ step: Int) -> Double { values[step] }
}
