/// Prints a number of bytes as people read it: `512 B`, `1.5 KiB`, `2.0 GiB`.
public struct ByteCount: Sendable, Hashable, CustomStringConvertible {
  /// The number itself.
  public let bytes: Int
  /// So many bytes, to be printed.
  public init(_ bytes: Int) { self.bytes = bytes }

  public var description: String {
    if bytes < 1024 { return "\(bytes) B" }
    var value = Double(bytes)
    var unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
