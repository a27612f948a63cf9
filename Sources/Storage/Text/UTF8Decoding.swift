/// The Unicode scalar whose UTF-8 encoding begins at `offset`, and its length; nil where none does.
///
/// Strict as RFC 3629 is: no overlong forms, no surrogates, nothing above U+10FFFF. `String(decoding:as:)`
/// would put U+FFFD there and say nothing.
@inlinable @inline(__always)
package func decodeScalar(_ bytes: Span<UInt8>, at offset: Int, end: Int) -> (scalar: UInt32, length: Int)? {
  let first = bytes[offset]
  if first < 0x80 { return (UInt32(first), 1) }
  let length: Int
  // The range of the second byte is what rules out overlong forms, surrogates and values too large.
  var second: ClosedRange<UInt8> = 0x80...0xBF
  switch first {
  case 0xC2...0xDF: length = 2
  case 0xE0...0xEF:
    length = 3
    if first == 0xE0 { second = 0xA0...0xBF } else if first == 0xED { second = 0x80...0x9F }
  case 0xF0...0xF4:
    length = 4
    if first == 0xF0 { second = 0x90...0xBF } else if first == 0xF4 { second = 0x80...0x8F }
  default: return nil
  }
  guard end - offset >= length, second.contains(bytes[offset + 1]) else { return nil }
  var scalar = (UInt32(first) & (0x7F >> UInt32(length))) << 6 | UInt32(bytes[offset + 1] & 0x3F)
  for index in 2..<max(2, length) {
    let byte = bytes[offset + index]
    guard byte & 0xC0 == 0x80 else { return nil }
    scalar = scalar << 6 | UInt32(byte & 0x3F)
  }
  return (scalar, length)
}

/// Where in `range` the first byte stands that begins no valid UTF-8 sequence; nil if all is valid.
package func firstInvalidUTF8(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
  var offset = range.lowerBound
  while offset < range.upperBound {
    guard let (_, length) = decodeScalar(bytes, at: offset, end: range.upperBound) else { return offset }
    offset += length
  }
  return nil
}
