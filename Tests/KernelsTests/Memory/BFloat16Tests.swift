import Kernels
import Testing

@Suite("Numbers rounded to bfloat16")
struct BFloat16Tests {
  /// The nearest number whose lower 16 bits are 0, of two as near the even one: by distances.
  private static func nearest(_ x: Float) -> Float {
    guard x.isFinite else { return x }
    let lower = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
    let upper = Float(bitPattern: (x.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
    // Beyond the largest there would be twice as much.
    let next = upper.isFinite ? Double(upper) : (x < 0 ? -0x1p128 : 0x1p128)
    let (below, above) = (abs(Double(x) - Double(lower)), abs(next - Double(x)))
    if below != above { return below < above ? lower : upper }
    return lower.bitPattern >> 16 & 1 == 0 ? lower : upper
  }

  private static let numbers: [Float] = {
    var random = SplitMix64(16)
    var numbers: [Float] = [
      0, -0.0, 1, 1.00390625, 1.01171875, -1.00390625, .infinity, -.infinity, .greatestFiniteMagnitude,
    ]
    numbers += [
      Float.leastNonzeroMagnitude, Float(bitPattern: 0x8000), Float(bitPattern: 0x1_8000), 0x1.fep127, 0x1.ffp127,
    ]
    for _ in 0..<2000 {
      let x = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
      numbers += x.isNaN ? [] : [x, Float(bitPattern: x.bitPattern & 0xFFFF_8000)]
    }
    return numbers.count.isMultiple(of: 2) ? numbers : numbers + [0.1]
  }()

  @Test("To the nearest, ties to even; packed and unpacked they are the same")
  func rounded() {
    let numbers = Self.numbers
    let expected = numbers.map { Self.nearest($0).bitPattern }
    for count in [2, 16, 18, 64, numbers.count] {
      let arena = Arena<Float>(count: 3 * numbers.count + 3, filledWith: 7)
      let memory = arena.memory
      let row = Region(offset: 1, rows: 1, columns: count)
      let packed = Region(offset: numbers.count + 2, rows: 1, columns: count / 2)
      let other = Region(offset: 2 * numbers.count + 3, rows: 1, columns: count)
      memory.write(numbers.span.extracting(0..<count), to: row)
      memory.packBFloat16(row, to: packed)
      memory.unpackBFloat16(packed, to: other)
      memory.roundToBFloat16(row)
      #expect(memory.array(row).map(\.bitPattern) == Array(expected[..<count]))
      #expect(memory.array(other).map(\.bitPattern) == Array(expected[..<count]))
      #expect(memory[0] == 7 && memory[count + 1] == 7 && memory[packed.offset + count / 2] == 7)
    }
  }

  @Test("What is no number stays none")
  func notANumber() {
    let arena = Arena<Float>(count: 2, filledWith: Float(bitPattern: 0x7F80_0001))
    arena.memory.roundToBFloat16(Region(offset: 0, rows: 1, columns: 1))
    #expect(arena.memory[0].isNaN && arena.memory[0].bitPattern & 0xFFFF == 0)
  }
}
