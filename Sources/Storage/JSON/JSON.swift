/// A JSON value (RFC 8259), read and written strictly.
///
/// Foundation's decoder takes `2.0` for an integer, trailing commas, duplicate keys and a byte order mark, and
/// merges keys that differ in bytes only. A file must mean one thing to every reader, so this one takes none.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction and exponent; exact.
  case integer(Int)
  /// Any other number; finite.
  case number(Double)
  case string(String)
  case array([JSON])
  /// Members in their order; no two keys have the same UTF-8 bytes.
  case object([(key: String, value: JSON)])
}

/// What is wrong with a JSON text, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Of the first byte that cannot be right, from the start of the bytes given. 0 for errors of writing.
  package let offset: Int
  package let reason: String

  package init(offset: Int, reason: String) {
    self.offset = offset
    self.reason = reason
  }

  package var description: String { "\(reason) at byte \(offset)" }
}

extension JSON {
  /// The value that is the whole of `bytes`, but for whitespace around it.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes)
    self = try reader.value()
    try reader.end()
  }

  package init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }

  /// The member of that key, compared by bytes; nil if there is none or this is no object.
  package subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { ExactString($0.key) == ExactString(key) }?.value
  }

  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// Integers count as numbers where a number is wanted, if a `Double` holds them exactly.
  package var number: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(exactly: value)
    default: nil
    }
  }

  package var string: String? { if case .string(let value) = self { value } else { nil } }

  package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
}
