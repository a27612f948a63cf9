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
