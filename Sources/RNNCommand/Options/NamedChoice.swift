import ArgumentParser

/// One of several names as an option's value, whatever the case of its letters, and with _ for -.
protocol NamedChoice: ExpressibleByArgument, RawRepresentable, CaseIterable where RawValue == String {}

extension NamedChoice {
  init?(argument: String) {
    guard let choice = Self.allCases.first(where: { $0.rawValue == choiceName(argument) }) else { return nil }
    self = choice
  }
}

/// A name as the choices of options are written.
func choiceName(_ argument: String) -> String { argument.lowercased().replacing("_", with: "-") }
