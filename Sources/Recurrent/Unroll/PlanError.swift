internal import Storage

/// A model or a pass that this machine cannot hold. Raised before anything is allocated.
public enum PlanError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A size does not fit into an address.
  case tooLarge(what: String)
  /// More bytes are needed than are available now.
  case exceedsMemory(what: String, needed: Int, available: Int)

  public var description: String {
    switch self {
    case .tooLarge(let what):
      "\(what) would need more memory than any machine has"
    case .exceedsMemory(let what, let needed, let available):
      "\(what) would need \(ByteCount(needed)), but only \(ByteCount(available)) of memory are available"
    }
  }

  static func refuse(bytesOver needed: Int, for what: String) throws(PlanError) {
    // Not worth asking the system for: files of small models are loaded often.
    guard needed > 64 << 20 else { return }
    let available = SystemMemory.available()
    if needed > available { throw .exceedsMemory(what: what, needed: needed, available: available) }
  }
}

/// Prints a number of bytes as people read it: `512 B`, `1.5 KiB`, `2.0 GiB`.
public struct ByteCount: Sendable, Hashable, CustomStringConvertible {
  public let bytes: Int
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
