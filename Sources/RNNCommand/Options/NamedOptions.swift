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
