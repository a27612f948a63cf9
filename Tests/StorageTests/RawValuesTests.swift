import Storage
import Testing

@Suite("Values from bytes")
struct RawValuesTests {
  @Test("Floats and doubles are read from any alignment, to the bit", arguments: 0..<9)
  func misaligned(_ offset: Int) {
    let single: [Float] = [1.5, -0.0, .nan, .infinity, .leastNonzeroMagnitude]
    let double: [Double] = [1.5, -0.0, .nan, -.infinity, .leastNonzeroMagnitude]
    let padding = [UInt8](repeating: 0xAA, count: offset)
    let singleBytes = padding + single.flatMap { littleEndianBytes($0.bitPattern) }
    let doubleBytes = padding + double.flatMap { littleEndianBytes($0.bitPattern) }

    let singleSpan = singleBytes.span.extracting(offset..<singleBytes.count)
    let doubleSpan = doubleBytes.span.extracting(offset..<doubleBytes.count)
    #expect(floats(littleEndian: singleSpan).map(\.bitPattern) == single.map(\.bitPattern))
    #expect(doubles(littleEndian: doubleSpan).map(\.bitPattern) == double.map(\.bitPattern))

    var singleCopy = [Float](repeating: 9, count: single.count)
    var doubleCopy = [Double](repeating: 9, count: double.count)
    var singleTarget = singleCopy.mutableSpan
    copy(littleEndian: singleSpan, to: &singleTarget)
    var doubleTarget = doubleCopy.mutableSpan
    copy(littleEndian: doubleSpan, to: &doubleTarget)
    #expect(singleCopy.map(\.bitPattern) == single.map(\.bitPattern))
    #expect(doubleCopy.map(\.bitPattern) == double.map(\.bitPattern))
  }

  private func converted<S: BinaryFloatingPoint & BitwiseCopyable>(_ bytes: [UInt8], _ format: StoredReal, _: S.Type)
    -> [S]
  {
    var values = [S](repeating: -1, count: bytes.count / format.size + 2)
    var span = values.mutableSpan
    convert(littleEndian: bytes.span, format, to: &span, at: 1)
    #expect(values.first == -1 && values.last == -1)
    return Array(values.dropFirst().dropLast())
  }

  @Test("Every bfloat16 is the upper half of its float")
  func bfloat16() {
    let all = (0...UInt16.max).map { $0 }
    let bytes = all.flatMap { littleEndianBytes($0) }
    #expect(converted(bytes, .bfloat16, Float.self).map(\.bitPattern) == all.map { UInt32($0) << 16 })
    let doubles = converted(bytes, .bfloat16, Double.self)
    for (bits, value) in zip(all, doubles) {
      let expected = Double(Float(bitPattern: UInt32(bits) << 16))
      #expect(value == expected || value.isNaN && expected.isNaN)
    }
  }

  @Test("Every half-precision number is exact, its sign kept, and NaN is NaN")
  func float16() {
    let all = (0...UInt16.max).map { Float16(bitPattern: $0) }
    let bytes = all.flatMap { littleEndianBytes($0.bitPattern) }
    let (floats, doubles) = (converted(bytes, .float16, Float.self), converted(bytes, .float16, Double.self))
    for (index, half) in all.enumerated() {
      let isSame =
        half.isNaN
        ? floats[index].isNaN && doubles[index].isNaN
        : floats[index] == Float(half) && doubles[index] == Double(half)
      #expect(isSame && floats[index].sign == half.sign && doubles[index].sign == half.sign, "\(half)")
    }
  }

  @Test("Doubles are rounded to the nearest float, ties to even")
  func rounding() {
    let unit = Float.ulpOfOne
    let beyond = Double(Float.greatestFiniteMagnitude) + Double(Float.greatestFiniteMagnitude.ulp) / 2
    let cases: [(Double, Float)] = [
      (1 + Double(unit) / 2, 1), (1 + 1.5 * Double(unit), 1 + 2 * unit), ((1 + Double(unit) / 2).nextUp, 1 + unit),
      (beyond, .infinity), (beyond.nextDown, .greatestFiniteMagnitude), (-beyond, -.infinity), (1e300, .infinity),
      (0x1p-150, 0), ((0x1p-150).nextUp, 0x1p-149), (1.5 * 0x1p-149, 0x1p-148), (-0.0, -0.0), (.infinity, .infinity),
    ]
    let bytes = cases.flatMap { littleEndianBytes($0.0.bitPattern) }
    #expect(converted(bytes, .float64, Float.self).map(\.bitPattern) == cases.map(\.1.bitPattern))
    #expect(converted(bytes, .float64, Double.self).map(\.bitPattern) == cases.map(\.0.bitPattern))
    #expect(converted(littleEndianBytes(Double.nan.bitPattern), .float64, Float.self)[0].isNaN)
    let floats: [Float] = [.pi, .leastNonzeroMagnitude, -.infinity]
    let floatBytes = floats.flatMap { littleEndianBytes($0.bitPattern) }
    #expect(converted(floatBytes, .float32, Double.self) == floats.map { Double($0) })
  }

  @Test("No bytes are no values")
  func empty() {
    #expect(floats(littleEndian: [UInt8]().span).isEmpty)
    #expect(doubles(littleEndian: [UInt8]().span).isEmpty)
  }

  @Test("A broken value traps")
  func brokenValue() async {
    await #expect(processExitsWith: .failure) {
      _ = floats(littleEndian: [UInt8](repeating: 0, count: 7).span)
    }
    await #expect(processExitsWith: .failure) {
      var target = [Double](repeating: 0, count: 2)
      var span = target.mutableSpan
      copy(littleEndian: [UInt8](repeating: 0, count: 17).span, to: &span)
    }
  }
}

func littleEndianBytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
