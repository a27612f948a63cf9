import Foundation
import Storage

/// What the labels of a column of time say, all together, in the order of the table.
struct TimeColumn {
  enum Values {
    /// Nothing that could be put in order.
    case text
    case integers([Int])
    /// With so many decimals at most; nil where they are written with exponents.
    case numbers([Double], places: Int?)
    case stamps([TimeStamp], StampSpelling)
  }

  let values: Values
  /// What was settled where the labels could mean several things.
  private(set) var remark: String?

  /// - Parameter order: of day, month and year, where numbers could be either; nil: as all labels show together.
  /// - Throws: where no label is a date in that order.
  init(_ labels: [String], order: DateOrder? = nil) throws(TableError.Reason) {
    if let integers = Self.integers(labels), !Self.mayBeStamps(labels[0]) {
      values = .integers(integers)
      return
    }
    let numbers = labels.prefix { Double($0) != nil }.compactMap { Double($0) }
    let areNumbers = numbers.count == labels.count && numbers.allSatisfy(\.isFinite) && !labels.isEmpty
    if areNumbers, Self.integers(labels) == nil, TimeAxis.even(numbers, places: Self.places(labels)) != nil {
      values = .numbers(numbers, places: Self.places(labels))
      return
    }
    let readings = Self.readings(labels).filter { reading in
      order == nil || reading.spelling.layout.dayMonthOrder.map { $0 == order } ?? true
    }
    if let order, readings.isEmpty, !Self.readings(labels).isEmpty {
      throw .other("the dates cannot be \(order.rawValue), which --date-order says that they are")
    }
    if let best = Self.best(readings) {
      values = .stamps(best.stamps, best.spelling)
      if order == nil { remark = Self.remark(best, of: readings, labels) }
    } else if let integers = Self.integers(labels) {
      values = .integers(integers)
    } else {
      values = areNumbers ? .numbers(numbers, places: Self.places(labels)) : .text
    }
  }

  private static func integers(_ labels: [String]) -> [Int]? {
    let values = labels.prefix { Int($0) != nil }.compactMap { Int($0) }
    return values.count == labels.count && !values.isEmpty ? values : nil
  }

  /// 20010203, 200102, 20010203040506, seconds and milliseconds since 1970.
  private static func mayBeStamps(_ label: String) -> Bool { [6, 8, 10, 12, 13, 14].contains(label.utf8.count) }

  /// The most decimals of numbers; nil where one has an exponent, or more decimals than a number can hold.
  private static func places(_ labels: [String]) -> Int? {
    guard !labels.contains(where: { $0.utf8.contains { $0 | 0x20 == UInt8(ascii: "e") } }) else { return nil }
    let most = labels.map { $0.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0 }.max() ?? 0
    return most <= 17 ? most : nil
  }

  // MARK: Layouts

  private typealias Reading = (spelling: StampSpelling, stamps: [TimeStamp])

  /// The labels in every layout that all of them have.
  private static func readings(_ labels: [String]) -> [Reading] {
    // Times of day may be left out where they are midnight.
    guard let first = labels.max(by: { $0.utf8.count < $1.utf8.count }), first.utf8.count <= 60,
      first.utf8.contains(where: \.isDigit)
    else { return [] }
    let bytes = Array(first.utf8)
    var layouts: [StampLayout] = []
    for layout in StampLayout.dates + StampLayout.epochs {
      guard let end = StampFields.prefix(of: bytes, layout) else { continue }
      if end == bytes.count {
        layouts.append(layout)
      } else if layout.hasDay {
        let rest = Array(bytes[end...])
        layouts += StampLayout.times.filter { StampFields(rest, $0) != nil }.map(layout.adding)
      }
    }
    return layouts.compactMap { StampSpelling.read(labels, $0) }.filter { reading in
      // Six digits are often no months.
      reading.spelling.layout.parts != [.year, .pairMonth]
        || reading.stamps.allSatisfy { (1800...2200).contains($0.date.year) }
    }
  }

  /// The one with the most even steps; of equals the usual.
  private static func best(_ readings: [Reading]) -> Reading? {
    guard readings.count > 1 else { return readings.first }
    let ranked = readings.map { (reading: $0, rank: rank($0.stamps)) }
    guard let best = ranked.map(\.rank).min() else { return nil }
    return ranked.first { $0.rank == best }?.reading
  }

  /// 0 where the steps are even, 1 with gaps, 2 uneven.
  private static func rank(_ stamps: [TimeStamp]) -> Int {
    let sorted = Set(stamps).sorted()
    guard let step = TimeStep.infer(sorted), let last = sorted.last else { return 2 }
    return step.count(from: sorted[0], to: last) == sorted.count - 1 ? 0 : 1
  }

  private static func remark(_ best: Reading, of readings: [Reading], _ labels: [String]) -> String? {
    guard let order = best.spelling.layout.dayMonthOrder else { return nil }
    let words = [
      DateOrder.dmy: "day, month, year", .mdy: "month, day, year", .ymd: "year, month, day",
    ]
    let name = words[order] ?? order.rawValue
    guard let other = readings.first(where: { $0.stamps != best.stamps && $0.spelling.layout.dayMonthOrder != nil })
    else {
      // Dates that cannot be read with day and month the other way round.
      let swapped = best.spelling.layout.withDayAndMonthSwapped
      let proof = labels.first { StampFields(Array($0.utf8), swapped)?.stamp(swapped) == nil }
      return name + (proof.map { ", as \(printable($0, limit: 40)) shows" } ?? "")
    }
    return rank(other.stamps) > rank(best.stamps)
      ? "\(name) because the steps are even so (--date-order says otherwise)"
      : "\(name), though nothing shows the order (--date-order says otherwise)"
  }

  // MARK: Steps

  /// Of labels that are in order, for an axis.
  var kind: TimeAxis.Kind {
    switch values {
    case .text: return .count
    case .integers(let integers): return TimeAxis.even(integers) ?? .count
    case .numbers(let numbers, let places): return TimeAxis.even(numbers, places: places) ?? .count
    case .stamps(let stamps, let spelling):
      guard stamps.count > 1, zip(stamps, stamps.dropFirst()).allSatisfy(<) else { return .count }
      return .stamps(stamps, spelling, step: TimeStep.infer(stamps))
    }
  }
}

extension TimeAxis {
  static func even(_ values: [Int]) -> Kind? {
    guard values.count >= 2 else { return nil }
    let (step, overflow) = values[1].subtractingReportingOverflow(values[0])
    guard !overflow, step != 0 else { return nil }
    let isEven = zip(values, values.dropFirst()).allSatisfy {
      let (difference, overflow) = $1.subtractingReportingOverflow($0)
      return !overflow && difference == step
    }
    return isEven ? .integers(first: values[0], step: step) : nil
  }

  static func even(_ values: [Double], places: Int?) -> Kind? {
    guard values.count >= 2 else { return nil }
    let step = (values[values.count - 1] - values[0]) / Double(values.count - 1)
    guard step != 0, step.isFinite else { return nil }
    // What is rounded to few decimals, a twelfth of a year for instance, is off by half of the last.
    let rounding = places.map { 0.6 * pow(10, -Double($0)) } ?? 0
    let tolerance = max(1e-6 * abs(step), min(0.1 * abs(step), rounding))
    let isEven = values.enumerated().allSatisfy { abs($1 - (values[0] + step * Double($0))) < tolerance }
    return isEven ? .numbers(first: values[0], step: step, places: places) : nil
  }
}
