import Recurrent
import RecurrentExchange
import Testing
import Storage

@Suite("Types of numbers in files")
struct NumberTypeTests {
  @Test("Every half is the float that the language makes of it")
  func halves() {
    for bits in UInt16.min...UInt16.max {
      let expected = Float(Float16(bitPattern: bits))
      let bytes = [UInt8(bits & 0xFF), UInt8(bits >> 8)]
      let value = NumberType.float16.values(bytes.span, as: Float.self)[0]
      if expected.isNaN ? !value.isNaN : value.bitPattern != expected.bitPattern {
        Issue.record("0x\(String(bits, radix: 16)) became \(value), expected \(expected)")
      }
    }
  }

  @Test("bfloat16 is the upper half of a float")
  func bfloats() {
    let bytes: [UInt8] = [0x80, 0x3F, 0x00, 0xC0, 0x80, 0x7F, 0x01, 0x00]
    let values = NumberType.bfloat16.values(bytes.span, as: Double.self)
    #expect(values == [1, -2, .infinity, Double(Float(bitPattern: 0x1_0000))])
  }

  @Test("Whole numbers of every width, and those that 32 bits cannot hold")
  func integers() {
    let bytes: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
    #expect(NumberType.int8.integers([0xFE].span) == [-2])
    #expect(NumberType.uint8.integers([0xFE].span) == [254])
    #expect(NumberType.int16.integers(bytes.span.extracting(0..<2)) == [-2])
    #expect(NumberType.uint16.integers(bytes.span.extracting(0..<2)) == [65534])
    #expect(NumberType.int32.integers(bytes.span) == [-2, -1])
    #expect(NumberType.uint32.integers(bytes.span) == [nil, nil])
    #expect(NumberType.int64.integers(bytes.span) == [-2])
    #expect(NumberType.uint64.integers(bytes.span) == [nil])
    #expect(NumberType.uint64.values(bytes.span, as: Double.self) == [0x1p64])
  }

  @Test("The checksum of ZIP archives") func checksum() {
    // The check value of the catalogue of CRCs (Cook; RFC 1952's CRC).
    let text = Array("123456789".utf8)
    #expect(CRC32.checksum(text.span) == 0xCBF4_3926)
    #expect(
      CRC32.checksum(text.span.extracting(4..<9), after: CRC32.checksum(text.span.extracting(0..<4))) == 0xCBF4_3926)
  }
}
