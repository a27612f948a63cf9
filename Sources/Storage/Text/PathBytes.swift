/// Bytes that need not be UTF-8 as text: paths, and the arguments of a process. The system has them as bytes, the program as
/// strings, and nothing is lost on the way.
///
/// Valid UTF-8 is itself. Every other byte becomes one scalar, U+10FF00 + byte: U+10FF80 to U+10FFFF, which are private and in
/// no one's names. Where their own UTF-8 comes in bytes, it is taken for bytes that are none, too: so different bytes are
/// different text.
package enum PathBytes {
  private static let escapes: ClosedRange<UInt32> = 0x10FF80...0x10FFFF
  private static let base: UInt32 = 0x10FF00
  /// That of all escapes, and of few others.
  private static let firstByte: UInt8 = 0xF4

  /// The byte that a scalar stands for; nil for one that stands for itself.
  package static func escaped(_ scalar: Unicode.Scalar) -> UInt8? {
    escapes.contains(scalar.value) ? UInt8(scalar.value - base) : nil
  }

  /// The text that stands for `bytes`.
  package static func text(_ bytes: [UInt8]) -> String {
    let span = bytes.span
    if firstInvalidUTF8(in: span, 0..<bytes.count) == nil, !bytes.contains(firstByte) {
      return String(decoding: bytes, as: UTF8.self)
    }
    var text = String.UnicodeScalarView()
    var offset = 0
    while offset < bytes.count {
      if let (value, length) = decodeScalar(span, at: offset, end: bytes.count), !escapes.contains(value),
        let scalar = Unicode.Scalar(value)
      {
        text.append(scalar)
        offset += length
      } else {
        // In the range of scalars, whatever the byte.
        if let scalar = Unicode.Scalar(base + UInt32(bytes[offset])) { text.append(scalar) }
        offset += 1
      }
    }
    return String(text)
  }

  /// The bytes that `text` stands for: its UTF-8, but for the escapes.
  package static func bytes(_ text: String) -> [UInt8] {
    guard text.utf8.contains(firstByte) else { return Array(text.utf8) }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if let byte = escaped(scalar) { bytes.append(byte) } else { bytes += Array(String(scalar).utf8) }
    }
    return bytes
  }
}
