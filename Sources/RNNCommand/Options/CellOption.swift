import ArgumentParser
import Recurrent

/// A built-in cell, by its name.
struct CellOption: ExpressibleByArgument, Sendable {
  let cell: any RecurrentCell

  init?(argument: String) {
    guard let cell = BuiltInCells.named(choiceName(argument)) else { return nil }
    self.cell = cell
  }

  init(_ cell: any RecurrentCell) { self.cell = cell }

  static var allValueStrings: [String] { BuiltInCells.all.map(\.name) }

  var defaultValueDescription: String { cell.name }
}
