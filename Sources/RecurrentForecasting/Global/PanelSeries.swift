/// One of several series that are forecast together.
///
///     PanelSeries("north", values: sales, statics: ["region": "coast"], knownAhead: ["promotion": planned])
public struct PanelSeries: Sendable, Hashable {
  /// Different from that of all others.
  public var name: String
  /// Equally spaced, NaN where one is missing.
  public var values: [Double]
  /// Steps from some moment, the same of all series, to the first value: what says which place in the season a value has.
  public var start: Int
  /// What is the same at all steps: numbers, or categories by name.
  public var statics: [String: String]
  /// What is known before it comes, such as prices and holidays: one for each value, and for the steps after them.
  public var knownAhead: [String: [Double]]
  /// What is known afterwards only, such as the weather: one for each value.
  public var past: [String: [Double]]

  /// A series; what is not an argument is a property to set.
  public init(
    _ name: String, values: [Double], start: Int = 0, statics: [String: String] = [:],
    knownAhead: [String: [Double]] = [:], past: [String: [Double]] = [:]
  ) {
    (self.name, self.values, self.start) = (name, values, start)
    (self.statics, self.knownAhead, self.past) = (statics, knownAhead, past)
  }

  /// The first `count` values, with what is known ahead.
  package func prefix(_ count: Int) -> PanelSeries {
    var part = self
    part.values = Array(values.prefix(count))
    part.past = past.mapValues { Array($0.prefix(count)) }
    return part
  }

  /// Steps after the last value of which all that is known ahead is known: as many as anyone asks for where there is no such thing.
  var stepsAhead: Int { knownAhead.values.map { Self.knownCount($0) - values.count }.min() ?? .max }

  /// What follows the last number is not known.
  static func knownCount(_ values: [Double]) -> Int { (values.lastIndex(where: \.isFinite) ?? -1) + 1 }
}
