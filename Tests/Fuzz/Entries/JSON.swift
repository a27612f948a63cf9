import Recurrent
import Storage

extension FuzzEntries {
  /// A text that is read is written and read again to the same text.
  @Sendable package static func json(_ bytes: [UInt8]) {
    guard let value = try? JSON(parsing: bytes) else { return }
    guard let written = try? value.serialized() else { preconditionFailure("what was read cannot be written") }
    guard let again = try? JSON(parsing: written) else { preconditionFailure("what was written cannot be read") }
    precondition((try? again.serialized()) == written, "another value was read than written")
  }
}
