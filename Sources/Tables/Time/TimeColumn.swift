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
  /// What dates mean that could mean two things, with nothing to choose by: two orders that give real dates in steps as even.
  private(set) var ambiguity: String?

  /// - Parameters:
  ///   - order: of day, month and year, where numbers could be either; nil: as all labels show together.
  ///   - byClock: whether times are those of the clock on the wall also where that is put forward and back.
  /// - Throws: where no label is a date in that order.
  init(_ labels: [String], order: DateOrder? = nil, byClock: Bool = false) throws(TableError.Reason) {
    if let integers = Self.integers(labels), !Self.mayBeStamps(labels[0]) {
      values = .integers(integers)
      return
    }
    let numbers = labels.prefix { Double(decimal: $0) != nil }.compactMap { Double(decimal: $0) }
    let areNumbers = numbers.count == labels.count && numbers.allSatisfy(\.isFinite) && !labels.isEmpty
    if areNumbers, Self.integers(labels) == nil, TimeAxis.even(numbers, places: Self.places(labels)) != nil {
      values = .numbers(numbers, places: Self.places(labels))
      return
    }
    let readings = Self.readings(labels, byClock: byClock).filter { reading in
      order == nil || reading.layout.dayMonthOrder.map { $0 == order } ?? true
    }
    if let order, readings.isEmpty, !Self.readings(labels).isEmpty {
      throw .other("the dates cannot be \(order.rawValue), which --date-order says that they are")
    }
    if let best = Self.best(readings) {
      values = .stamps(best.stamps, best.spelling)
      if order == nil {
        remark = Self.remark(best, of: readings, labels)
        ambiguity = Self.ambiguity(best, of: readings, labels)
      }
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

  private struct Reading {
    let spelling: StampSpelling
    let stamps: [TimeStamp]
    let fit: Fit

    var layout: StampLayout { spelling.layout }
  }

  /// The labels in every layout that all of them have.
  private static func readings(_ labels: [String], byClock: Bool = false) -> [Reading] {
    // Times of day may be left out where they are midnight.
    guard let first = labels.max(by: { $0.utf8.count < $1.utf8.count }), first.utf8.count <= 60,
      first.utf8.contains(where: \.isDigit)
    else { return [] }
    let bytes = Array(first.utf8)
    var layouts: [StampLayout] = []
    for layout in StampLayout.dates + StampLayout.epochs + StampLayout.clocks {
      guard let end = StampFields.prefix(of: bytes, layout) else { continue }
      if end == bytes.count {
        layouts.append(layout)
      } else if layout.hasDay {
        let rest = Array(bytes[end...])
        layouts += StampLayout.times.filter { StampFields(rest, $0) != nil }.map(layout.adding)
      }
    }
    var readings = layouts.compactMap { StampSpelling.read(labels, $0, byClock: byClock) }.filter { reading in
      // Six digits are often no months.
      reading.spelling.layout.parts != [.year, .pairMonth]
        || reading.stamps.allSatisfy { (1800...2200).contains($0.date.year) }
    }
    // A single 2000-01 is a month.
    if labels.count == 1, readings.contains(where: { !$0.spelling.layout.hasNextYear }) {
      readings.removeAll { $0.spelling.layout.hasNextYear }
    }
    // What is the only way has nothing to be compared with.
    return readings.map {
      Reading(spelling: $0.spelling, stamps: $0.stamps, fit: readings.count > 1 ? Fit($0.stamps) : Fit())
    }
  }

  /// The one that fits best; of equals the usual.
  private static func best(_ readings: [Reading]) -> Reading? {
    let best = readings.map(\.fit).min()
    return readings.first { $0.fit == best }
  }

  /// How stamps speak for the way they were read: rows rise, or fall, and steps are even.
  private struct Fit: Comparable {
    private let isDisordered: Bool
    /// 0 where the steps are even, 1 with few gaps, 2 with many, 3 uneven.
    private let unevenness: Int

    var isUneven: Bool { unevenness == 3 }

    init() { (isDisordered, unevenness) = (false, 0) }

    init(_ stamps: [TimeStamp]) {
      let neighbours = zip(stamps, stamps.dropFirst())
      isDisordered = !neighbours.allSatisfy(<=) && !neighbours.allSatisfy(>=)
      let sorted = Set(stamps).sorted()
      guard let step = TimeStep.infer(sorted), let last = sorted.last, let steps = step.count(from: sorted[0], to: last)
      else {
        unevenness = 3
        return
      }
      let gaps = steps + 1 - sorted.count
      unevenness = gaps == 0 ? 0 : 10 * gaps <= sorted.count ? 1 : 2
    }

    static func < (left: Fit, right: Fit) -> Bool {
      (left.isDisordered ? 1 : 0, left.unevenness) < (right.isDisordered ? 1 : 0, right.unevenness)
    }
  }

  /// The only order of day, month and year in which all labels are dates; nil where there are several, or none.
  static func onlyOrder(_ labels: [String]) -> DateOrder? {
    let orders = readings(labels).map(\.layout.dayMonthOrder)
    guard let first = orders.first, orders.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  /// The reading that fits best of those in another order.
  private static func other(_ best: Reading, of readings: [Reading]) -> Reading? {
    readings.filter { $0.layout.dayMonthOrder != nil && $0.stamps != best.stamps }.min { $0.fit < $1.fit }
  }

  private static func ambiguity(_ best: Reading, of readings: [Reading], _ labels: [String]) -> String? {
    // Where all are uneven rows are counted, in the order that all say.
    guard labels.count > 1, best.layout.dayMonthOrder != nil, !best.layout.hasPoints, !best.fit.isUneven else {
      return nil
    }
    let equals = readings.filter { $0.fit == best.fit && $0.layout.dayMonthOrder != nil }
    guard equals.contains(where: { $0.stamps != best.stamps }) else { return nil }
    let others = DateOrder.allCases.filter(equals.compactMap(\.layout.dayMonthOrder).contains)
    return "dates such as \(printable(labels[labels.count - 1], limit: 40)) are "
      + others.map(\.words).joined(separator: ", or ") + ", in steps as even: "
      + others.map { "--date-order \($0.rawValue)" }.joined(separator: " or ") + " says which"
  }

  private static func remark(_ best: Reading, of readings: [Reading], _ labels: [String]) -> String? {
    let layout = best.layout
    if layout.hasNextYear, layout.contains(.year), readings.contains(where: { !$0.layout.hasNextYear }) {
      return "years from one to the next, as the steps are even so"
    }
    if layout.isClock { return "times of day, each after the one before" }
    guard let order = layout.dayMonthOrder else { return nil }
    guard let other = other(best, of: readings) else {
      // Dates that cannot be read with day and month the other way round.
      let swapped = layout.withDayAndMonthSwapped
      let proof = labels.first { StampFields(Array($0.utf8), swapped)?.stamp(swapped) == nil }
      return order.words + (proof.map { ", as \(printable($0, limit: 40)) shows" } ?? "")
    }
    return other.fit > best.fit
      ? "\(order.words) because the steps are even so (--date-order says otherwise)"
      : "\(order.words), though nothing shows the order (--date-order says otherwise)"
  }

  var isStamps: Bool { if case .stamps = values { true } else { false } }

  /// Whether they are times of day alone.
  var isClock: Bool { if case .stamps(_, let spelling) = values { spelling.layout.isClock } else { false } }

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
