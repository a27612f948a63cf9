import ArgumentParser

extension Option {
  /// One of the names of a type of the library, which may be left out.
  init<T: RawRepresentable & CaseIterable & Sendable>(oneOf type: T.Type, help: ArgumentHelp)
  where Value == T?, T.RawValue == String {
    self.init(help: help) { text in
      guard let value = T(rawValue: text) else {
        throw ValidationError("expected \(T.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return value
    }
  }
}

/// Refuses an option that is given twice with one value.
func refuseTwice(_ option: String, _ values: [String]) throws(ValidationError) {
  guard let twice = values.indices.first(where: { values[..<$0].contains(values[$0]) }) else { return }
  throw ValidationError("'\(option)' names \(values[twice]) twice")
}
