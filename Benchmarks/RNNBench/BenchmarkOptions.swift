import ArgumentParser
import Foundation
import Recurrent
import Storage

/// A built-in cell, by its name.
struct CellOption: ExpressibleByArgument, Sendable {
  let cell: any RecurrentCell

  init?(argument: String) {
    guard let cell = BuiltInCells.named(argument) else { return nil }
    self.cell = cell
  }

  static var allValueStrings: [String] { BuiltInCells.all.map(\.name) }

  var defaultValueDescription: String { cell.name }

  /// Those that other libraries have too.
  static let usual: [any RecurrentCell] = [ElmanCell.rnn, LSTMCell.lstm, GRUCell.gru]
}

/// A transform for options: a whole number in `range`.
func whole(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
  { text in
    guard let value = Int(text), range.contains(value) else {
      throw ValidationError("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}

extension Products {
  /// A transform for options.
  @Sendable static func parse(_ text: String) throws -> Products {
    guard let products = Products(rawValue: text) else {
      throw ValidationError("expected automatic, openblas or packed")
    }
    return products
  }
}

/// How weights are stored.
struct PrecisionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the weights that products read are stored: float, bfloat16, bfloat16-dot, float16 or int8. (default: float)",
      valueName: "name"),
    transform: { text in
      if text == "float" { return .full }
      guard let precision = WeightPrecision(rawValue: text), precision != .full else {
        throw ValidationError("expected float, bfloat16, bfloat16-dot, float16 or int8")
      }
      return precision
    })
  var precision = WeightPrecision.full
}

/// Who multiplies.
struct ProductsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Who multiplies: automatic, openblas or packed. (default: automatic)", valueName: "who"),
    transform: Products.parse)
  var products = Products.automatic
}

/// Says who multiplies, as a comment above what was measured, and on standard error what would make OpenBLAS faster.
func describeProducts(of plans: [(name: String, plan: Plan)]) throws {
  for (name, plan) in plans { try say("# \(name)\(name.isEmpty ? "" : ": ")\(plan.productsDescription)") }
  guard let hint = plans.lazy.compactMap(\.plan.productsHint).first else { return }
  note(hint)
}

/// Thread counts to measure, and how often.
struct MeasuringOptions: ParsableArguments {
  @Option(
    name: .customLong("threads"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Threads; may be given several times.", valueName: "n"),
    transform: whole(1...1024))
  var givenThreads: [Int] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Timed rounds; the median is shown.", valueName: "n"), transform: whole(1...1000))
  var rounds = 5

  @Option(
    name: .customLong("json"),
    help: ArgumentHelp("Write the results to this file, - for standard output.", valueName: "file"),
    transform: outputPath)
  var jsonPath: String?

  /// As given, each once; otherwise one, and all processors.
  var threads: [Int] {
    let wanted = givenThreads.isEmpty ? [1, SystemProcessors.usable()] : givenThreads
    return wanted.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
