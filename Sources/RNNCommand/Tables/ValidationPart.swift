import ArgumentParser

/// What decides when a training stops, or is measured on: a part of the data, or a file of its own.
enum ValidationPart: Sendable, Equatable, CustomStringConvertible {
  case part(PartSize)
  case file(String)

  @Sendable static func parsed(_ text: String) throws -> ValidationPart {
    if let part = PartSize(argument: text) { return .part(part) }
    // A number that is no part is a mistake, rather than a file's name.
    guard !text.isEmpty, Double(text) == nil else {
      throw ValidationError("expected a number, a share from 0 to below 1, or a file")
    }
    return .file(try FilePath.reading(text))
  }

  var part: PartSize? { if case .part(let part) = self { part } else { nil } }
  var file: String? { if case .file(let path) = self { path } else { nil } }

  var description: String {
    switch self {
    case .part(let part): part.defaultValueDescription
    case .file(let path): path
    }
  }
}
