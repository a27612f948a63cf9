/// The checksum of ZIP archives (ISO 3309; polynomial 0xEDB88320, reflected).
package enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    var rest = UInt32(byte)
    for _ in 0..<8 { rest = rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0xEDB8_8320 }
    return rest
  }

  /// - Parameter checksum: of what comes before, to go on from.
  package static func checksum(_ bytes: Span<UInt8>, after checksum: UInt32 = 0) -> UInt32 {
    let table = table.span
    var rest = ~checksum
    for index in bytes.indices { rest = rest >> 8 ^ table[Int(UInt8(truncatingIfNeeded: rest) ^ bytes[index])] }
    return ~rest
  }
}
