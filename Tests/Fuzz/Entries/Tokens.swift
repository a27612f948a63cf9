import Recurrent
import Storage

extension FuzzEntries {
  /// The bytes of a token file: as they are, and with checksums that hold, behind which the rest is reached.
  @Sendable package static func tokens(_ bytes: [UInt8]) {
    for bytes in [bytes, sealed(bytes)] {
      let file: TokenFile
      do { file = try TokenFile(bytes: bytes, file: "input") } catch {
        precondition(!error.description.contains("\n"), "a message of several lines: \(error)")
        continue
      }
      precondition(file.count > 0 && file.count * file.width.byteCount < bytes.count, "more tokens than bytes")
      let isWhole = (try? file.verify()) != nil
      guard let tokens = try? file.tokens.allTokens() else {
        precondition(!isWhole, "what was checked cannot be read")
        continue
      }
      precondition(
        tokens.count == file.count && tokens.allSatisfy { $0 >= 0 && $0 < file.vocabulary.count }, "tokens out of range"
      )
      let half = file.count / 2
      precondition(
        (try? file.tokens.part(half..<file.count).allTokens()) == Array(tokens[half...]), "other tokens in parts")
      // A window of streams in the file is the one in memory.
      let (rows, steps) = (1 + Int(bytes.last ?? 0) % 3, 1 + bytes.count % 7)
      guard let inFile = try? TokenStreams(file.tokens, batchSize: rows, sequenceLength: steps) else { continue }
      guard let inMemory = try? TokenStreams(tokens, batchSize: rows, sequenceLength: steps) else {
        preconditionFailure("streams in a file alone")
      }
      for window in 0..<min(4, inFile.windowCount) {
        precondition(inFile.window(window) == inMemory.window(window), "another window \(window)")
      }
    }
  }

  /// The file with its checksums made right, as far as its header says where they are.
  private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    func number(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
    func checksum(_ parts: Range<Int>...) -> [UInt8] {
      var checksum = CRC32C()
      for part in parts { checksum.append(bytes.span.extracting(part)) }
      return (0..<4).map { UInt8(truncatingIfNeeded: checksum.value >> UInt32(8 * $0)) }
    }
    guard bytes.count >= 64, number(32) <= (bytes.count - 64) / 4 else { return bytes }
    var result = bytes
    let symbolEnd = 64 + 4 * number(32)
    result.replaceSubrange(60..<64, with: checksum(0..<60, 64..<symbolEnd))
    let start = (symbolEnd + 4095) / 4096 * 4096
    let size = number(16) * Int(bytes[14]) / 8
    let blocks = (size + 16383) / 16384
    let end = start + (size + 3) / 4 * 4
    guard end + 4 * blocks == bytes.count else { return result }
    for block in 0..<blocks {
      let range = start + block * 16384..<start + min(size, (block + 1) * 16384)
      result.replaceSubrange(end + 4 * block..<end + 4 * block + 4, with: checksum(range))
    }
    return result
  }
}
