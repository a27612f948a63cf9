import CStorage

/// A CRC-32C (RFC 3720), of bytes that come piece by piece. It finds every error of up to 32 bits in a row, and in files
/// of up to 256 MiB any two wrong bits wherever they are.
package struct CRC32C: Sendable, Hashable {
  /// Of all bytes so far; 0 for none.
  package private(set) var value: UInt32 = 0

  package init() {}

  package mutating func append(_ bytes: Span<UInt8>) { append(raw: unsafe bytes.bytes) }

  mutating func append(raw bytes: RawSpan) {
    let value = value
    self.value = unsafe bytes.withUnsafeBytes {
      unsafe rk_crc32c(value, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count)
    }
  }
}
