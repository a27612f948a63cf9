import CStorage
import Storage
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
  private func both(_ bytes: [UInt8], from start: UInt32 = 0) -> [UInt32] {
    [
      unsafe rk_crc32c(start, bytes, bytes.count), unsafe rk_crc32c_by_table(start, bytes, bytes.count),
    ]
  }

  /// RFC 3720, appendix B.4, where the digits stand in the order of the bytes on the wire; and the check value of the
  /// catalogue of CRC algorithms for "123456789".
  @Test(
    "Published values",
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E), ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
      (
        [
          0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0,
          0x18,
          0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
        ], 0xD996_3A56
      ),
      (Array("123456789".utf8), 0xE306_9283), ([], 0),
    ] as [([UInt8], UInt32)])
  func published(bytes: [UInt8], value: UInt32) {
    #expect(both(bytes) == [value, value])
    var checksum = CRC32C()
    checksum.append(bytes.span)
    #expect(checksum.value == value)
  }

  /// By the definition, bit by bit.
  private func reference(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    return ~crc
  }

  @Test("Instruction, tables and definition agree for any length and alignment, in one piece or several")
  func agreement() {
    var state: UInt64 = 5
    let bytes = (0..<200).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 40)
    }
    for start in 0..<9 {
      for end in start...bytes.count {
        let expected = reference(bytes[start..<end])
        let found = unsafe bytes.withUnsafeBufferPointer { buffer in
          let base = unsafe buffer.baseAddress! + start
          return [unsafe rk_crc32c(0, base, end - start), unsafe rk_crc32c_by_table(0, base, end - start)]
        }
        #expect(found == [expected, expected], "\(start)..<\(end)")
        var pieces = CRC32C()
        pieces.append(bytes.span.extracting(start..<(start + end) / 2))
        pieces.append(bytes.span.extracting((start + end) / 2..<end))
        #expect(pieces.value == expected)
      }
    }
  }
}
