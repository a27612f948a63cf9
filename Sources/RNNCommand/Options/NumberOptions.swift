import ArgumentParser
import Foundation

/// A range of numbers that an option takes, and how to say so.
struct Admissible: Sendable {
  let description: String
  let contains: @Sendable (Double) -> Bool

  static let positive = Admissible(description: "a number above 0") { $0 > 0 }
  static let nonNegative = Admissible(description: "a number of 0 or more") { $0 >= 0 }
  /// [0, 1e6]: what weights of single precision can be scaled by, with room for sums.
  static let scale = Admissible(description: "a number from 0 to 1e6") { $0 >= 0 && $0 <= 1e6 }
  static let positiveScale = Admissible(description: "a number above 0 and at most 1e6") { $0 > 0 && $0 <= 1e6 }
  static let finite = Admissible(description: "a number") { _ in true }
  /// [0, 1)
  static let fraction = Admissible(description: "a number from 0 to below 1") { $0 >= 0 && $0 < 1 }
  /// (0, 1]
  static let share = Admissible(description: "a number above 0 and at most 1") { $0 > 0 && $0 <= 1 }

  @Sendable func parse(_ text: String) throws -> Double {
    guard let value = Double(text), value.isFinite, contains(value) else {
      throw ValidationError("expected \(description)")
    }
    return value
  }
}

/// A whole number in `range`.
private func whole<T: FixedWidthInteger & Sendable>(_ range: ClosedRange<T>) -> @Sendable (String) throws -> T {
  { text in
    guard let value = T(text), range.contains(value) else {
      throw ValidationError("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}

/// Sizes above it are refused as typing errors; what fits into memory is for the plan to say.
let largestSize = 1_000_000_000

extension Option {
  /// An integer with a default, which the help shows.
  init(wrappedValue: Value, in range: ClosedRange<Value>, help: String) where Value: FixedWidthInteger & Sendable {
    self.init(
      wrappedValue: wrappedValue, parsing: .unconditional,
      help: ArgumentHelp("\(help) (default: \(wrappedValue))", valueName: "n"), transform: whole(range))
  }

  /// An integer that may be left out.
  init<T: FixedWidthInteger & Sendable>(
    name: NameSpecification = .long, in range: ClosedRange<T>, help: String
  ) where Value == T? {
    self.init(
      name: name, parsing: .unconditional, help: ArgumentHelp("\(help)", valueName: "n"), transform: whole(range))
  }

  /// A number with a default, which the help shows.
  init(wrappedValue: Double, _ admissible: Admissible, help: String) where Value == Double {
    self.init(
      wrappedValue: wrappedValue, parsing: .unconditional,
      help: ArgumentHelp("\(help) (default: \(short(wrappedValue)))", valueName: "x"), transform: admissible.parse)
  }

  /// A number that may be left out.
  init(name: NameSpecification = .long, _ admissible: Admissible, help: String) where Value == Double? {
    self.init(
      name: name, parsing: .unconditional, help: ArgumentHelp("\(help)", valueName: "x"), transform: admissible.parse)
  }
}
