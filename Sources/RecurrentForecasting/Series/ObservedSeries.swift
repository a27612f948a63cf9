/// Equally spaced values of one quantity. Those that are missing are filled in on straight lines, and remembered as such: methods
/// that need every value read them, no error is ever measured on them.
package struct ObservedSeries: Sendable, Hashable {
  /// Finite.
  package private(set) var values: [Double]
  package private(set) var isKnown: [Bool]

  package var count: Int { values.count }

  /// - Parameter values: NaN or an infinity where one is missing.
  package init(_ values: [Double]) {
    isKnown = values.map(\.isFinite)
    self.values = values
    fill()
  }

  /// - Parameter isKnown: false where a value of `values` counts as missing.
  package init(_ values: [Double], isKnown: [Bool]) {
    self.init(zip(values, isKnown).map { $1 ? $0 : .nan })
  }

  package var missingCount: Int { isKnown.count { !$0 } }

  /// The first `count` values. What is filled in between them and what comes later does not look ahead.
  package func prefix(_ count: Int) -> ObservedSeries {
    ObservedSeries(Array(values[..<count]), isKnown: Array(isKnown[..<count]))
  }

  /// The last `count` values, or all.
  func suffix(_ count: Int) -> ObservedSeries {
    count >= self.count ? self : ObservedSeries(Array(values.suffix(count)), isKnown: Array(isKnown.suffix(count)))
  }

  /// Straight lines between neighbours; before the first and after the last known value that value; zeros where none is known.
  private mutating func fill() {
    var last: Int?
    for index in values.indices where isKnown[index] {
      if let last {
        let share = 1 / Double(index - last)
        for place in last + 1..<max(last + 1, index) {
          let way = Double(place - last) * share
          values[place] = values[last] * (1 - way) + values[index] * way
        }
      } else {
        for place in 0..<index { values[place] = values[index] }
      }
      last = index
    }
    for place in (last.map { $0 + 1 } ?? 0)..<values.count { values[place] = last.map { values[$0] } ?? 0 }
  }
}
