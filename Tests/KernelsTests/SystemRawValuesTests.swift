import Testing

import Kernels

@Suite("Values from bytes")
struct SystemRawValuesTests {
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
