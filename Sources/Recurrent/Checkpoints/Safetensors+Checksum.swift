import Storage

/// The checksum of a safetensors file: CRC-32C over the whole file, header included, with the checksum's own digits as
/// zeros. It stands in the metadata, where every reader of safetensors takes it for a text like others:
///
///     "checksum": "crc32c:90ab12ef"
extension Safetensors {
  static let checksumKey = "checksum"
  static let checksumPrefix = "crc32c:"
  static let checksumDigitCount = 8

  static func checksumText(_ checksum: CRC32C) -> String {
    let digits = String(checksum.value, radix: 16)
    return checksumPrefix + String(repeating: "0", count: checksumDigitCount - digits.count) + digits
  }

  /// Where the digits stand in a header, if just the text of a checksum ends at `end`: small letters and no escapes, so
  /// that one checksum has one spelling.
  static func checksumDigits(in header: [UInt8], endingAt end: Int) -> Range<Int>? {
    let digits = end - checksumDigitCount..<end
    let text = Array("\"\(checksumPrefix)".utf8)
    guard digits.lowerBound >= text.count, header[..<digits.lowerBound].suffix(text.count).elementsEqual(text),
      header[digits].allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    return digits
  }
}

extension SafetensorsFile {
  /// Whether the file names a checksum of the kind that is written here.
  package var hasChecksum: Bool { metadata(Safetensors.checksumKey)?.hasPrefix(Safetensors.checksumPrefix) ?? false }

  /// Reads the whole file, in pieces, and compares its checksum with the one in its metadata.
  /// - Throws: `CheckpointError`: `checksumMismatch`; `invalidMetadata` without a checksum of the kind that is written here;
  ///   `truncated`, `io`.
  package func verifyChecksum() throws(CheckpointError) {
    guard let text = metadata(Safetensors.checksumKey) else {
      throw .invalidMetadata(file: file, key: Safetensors.checksumKey, reason: "it is missing")
    }
    guard let digits = checksumDigits else {
      throw .invalidMetadata(
        file: file, key: Safetensors.checksumKey,
        reason: "expected \(Safetensors.checksumPrefix) and \(Safetensors.checksumDigitCount) hexadecimal digits")
    }
    var checksum = CRC32C()
    func append(_ range: Range<Int>) throws(CheckpointError) {
      try Self.pieces(of: source, range, file) { (bytes) throws(CheckpointError) in checksum.append(bytes) }
    }
    try append(0..<digits.lowerBound)
    checksum.append([UInt8](repeating: UInt8(ascii: "0"), count: digits.count).span)
    try append(digits.upperBound..<source.count)
    let actual = Safetensors.checksumText(checksum)
    guard actual == text else { throw .checksumMismatch(file: file, expected: text, actual: actual) }
  }
}
