/// Why bytes are not read as a ZIP archive.
package enum ZipError: Error, Sendable, Equatable {
  /// They break the rules of the format. `offset` is that of the byte that is to blame.
  case invalid(offset: Int?, reason: String)
  case encrypted(entry: String)
  /// The entry is not stored as it is, but by this method of the format's.
  case compressed(entry: String, method: Int)
}
