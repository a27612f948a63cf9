import Foundation

/// Which periods rows at irregular times are best gathered into: the shortest that leave few without rows.
enum PeriodProposal {
  private static let names = [
    "1ms", "10ms", "100ms", "1s", "5s", "10s", "30s", "1min", "5min", "15min", "30min", "1h", "3h", "6h", "D", "W",
    "MS", "QS", "YS",
  ]

  /// - Parameter stamps: ascending, two different ones at least.
  static func name(for stamps: [TimeStamp]) -> String {
    let median = Double(medianDistance(stamps.map(\.microseconds)))
    let grids = names.compactMap { name in Frequency(name).map { (name: name, grid: PeriodGrid($0)) } }
    let fitting = grids.filter { entry in
      Double(entry.grid.start(1).microseconds - entry.grid.start(0).microseconds) >= median
    }
    return best(fitting.map { entry in (entry.name, { stamps.map(entry.grid.number) }) }) ?? "D"
  }

  /// - Parameter values: ascending, two different ones at least.
  static func name(for values: [Double]) -> String {
    let median = medianDistance(values)
    let exponent = Int(log10(max(median, 1e-9)).rounded(.down))
    let lengths = (exponent...exponent + 4).flatMap { power in
      // Exact decimals, also below 1.
      [1, 2, 5].compactMap { Double("\($0)e\(power)") }
    }
    return best(
      lengths.filter { $0 >= median }.map { length in
        (shortest(length), { values.map { Int(($0 / length).rounded(.down)) } })
      }) ?? shortest(median)
  }

  /// The first of which at most one in twenty is empty; else the one with the fewest.
  /// - Parameter candidates: the shortest first, each with the numbers of the periods of all rows.
  private static func best(_ candidates: [(name: String, numbers: () -> [Int])]) -> String? {
    var least: (name: String, share: Double)?
    for (name, numbers) in candidates {
      let numbers = numbers()
      guard let first = numbers.first, let last = numbers.last, last - first >= 7 else { continue }
      let share = 1 - Double(Set(numbers).count) / Double(last - first + 1)
      if share <= 0.05 { return name }
      if share < least?.share ?? 1 { least = (name, share) }
    }
    return least?.name ?? candidates.first?.name
  }

  /// Of neighbours, those at one time apart.
  static func medianDistance<Value: Comparable & Numeric>(_ values: [Value]) -> Value {
    let distances = zip(values, values.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }.sorted()
    return distances.isEmpty ? 0 : distances[distances.count / 2]
  }
}

/// 41 s, 3.5 hours: a length of time to one or two digits.
func words(microseconds: Int) -> String {
  let units = [
    (TimeStamp.day, "days"), (TimeStamp.hour, "hours"), (TimeStamp.minute, "min"), (TimeStamp.second, "s"),
    (1000, "ms"),
  ]
  let unit = units.first { microseconds >= 2 * $0.0 } ?? units.last { microseconds >= $0.0 } ?? (1, "µs")
  let value = Double(microseconds) / Double(unit.0)
  return "\(shortest(value < 10 ? (10 * value).rounded() / 10 : value.rounded())) \(unit.1)"
}
