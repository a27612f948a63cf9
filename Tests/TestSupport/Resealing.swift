import Storage

/// The bytes of a safetensors file with the checksum made right, if it names one: as from a writer who changed what is
/// in it on purpose.
package func resealed(_ bytes: [UInt8]) -> [UInt8] {
  let mark = Array(#""checksum":"crc32c:"#.utf8)
  guard bytes.count > 8 + mark.count + 8,
    let start = (8..<bytes.count - mark.count - 8).first(where: { bytes[$0...].starts(with: mark) })
  else { return bytes }
  let digits = start + mark.count..<start + mark.count + 8
  var result = bytes
  result.replaceSubrange(digits, with: repeatElement(UInt8(ascii: "0"), count: 8))
  var checksum = CRC32C()
  checksum.append(result.span)
  let text = String(checksum.value, radix: 16)
  result.replaceSubrange(digits, with: (String(repeating: "0", count: 8 - text.count) + text).utf8)
  return result
}
