import Kernels
import Testing

/// Products with weights of 8 bits, against a scalar loop over whole numbers that does not share a line with them.
@Suite("Products with weights of 8 bits")
struct IntegerProductTests {
  @Test(
    "The bits of a scalar loop, whole and in parts",
    arguments: [
      (1, 1, 1), (1, 17, 31), (1, 300, 70), (2, 129, 67), (3, 385, 9), (4, 130, 33), (5, 96, 16), (7, 40, 13),
      (8, 33, 65), (11, 100, 47), (12, 384, 8), (13, 34, 71), (29, 64, 2), (3, 4, 0), (2, 0, 9), (0, 5, 3),
      (150, 40, 12), (2, 33, 4100),
    ])
  func scalarLoop(rows: Int, columns: Int, inner: Int) {
    var random = SplitMix64(rows * 1_000_000 + columns * 1000 + inner)
    let product = IntegerProduct(rows: rows, columns: columns, inner: inner)
    product.memory.write((random.numbers(product.count, within: 1) as [Float]).span, at: 0)
    product.pack()
    let before = product.memory.array(product.c)
    for start in [ProductStart.itself, .zero, .bias(product.bias)] {
      for parts in [[0..<columns], [0..<min(64, columns), min(64, columns)..<columns]] {
        guard parts.allSatisfy({ $0.lowerBound % 32 == 0 }) else { continue }
        product.memory.write(before.span, to: product.c)
        let expected = product.expected(start)
        for part in parts { product.multiply(start, part) }
        let found = product.memory.array(product.c)
        // Without an instruction that fuses, the last multiply-add of each piece of 4,096 rounds twice.
        let isFused = !["baseline"].contains(Processor.instructionSet)
        #expect(
          isFused
            ? found.isIdentical(to: expected)
            : zip(found, expected).allSatisfy { ($0 - $1).magnitude <= 0x1p-21 * (1 + $1.magnitude) }, "\(parts)")
      }
    }
  }

  @Test("A row does not depend on the rows beside it")
  func rowsAlone() {
    var random = SplitMix64(5)
    let product = IntegerProduct(rows: 40, columns: 70, inner: 100)
    product.memory.write((random.numbers(product.count, within: 1) as [Float]).span, at: 0)
    product.pack()
    product.multiply(.zero, 0..<70)
    let together = product.memory.array(product.c)
    for row in 0..<40 {
      product.memory.multiplyPacked(
        product.a.row(row), packed: product.packed, .int8, from: .zero, into: product.c.row(row))
    }
    #expect(product.memory.array(product.c).isIdentical(to: together))
  }

  @Test(
    "What is not finite makes what depends on it NaN, and nothing else", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(value: Float) {
    var random = SplitMix64(6)
    let product = IntegerProduct(rows: 3, columns: 40, inner: 20)
    product.memory.write((random.numbers(product.count, within: 1) as [Float]).span, at: 0)
    product.memory[product.a.offset + product.a.stride + 3] = value
    product.memory[product.b.offset + 7 * product.b.stride + 33] = value
    product.pack()
    product.multiply(.zero, 0..<40)
    let found = product.memory.array(product.c)
    for row in 0..<3 { for column in 0..<40 { #expect(found[row * 40 + column].isNaN == (row == 1 || column == 33)) } }
  }

  @Test("Zeros and numbers too small for a scale are zeros; the largest and least numbers are taken")
  func extremes() {
    for (left, right, expected) in [
      (0, 1, 0), (1, 0, 0), (0x1p-120, 1, 0), (1, 0x1p-120, 0), (.greatestFiniteMagnitude, 0x1p-90, 0x1p38),
      (0x1p-60, 0x1p-60, 0x1p-120), (-0x1p50, 0x1p50, -0x1p100),
    ] as [(Float, Float, Float)] {
      let product = IntegerProduct(rows: 1, columns: 1, inner: 1)
      product.memory.write([left].span, to: product.a)
      product.memory.write([right].span, to: product.b)
      product.pack()
      product.multiply(.zero, 0..<1)
      let found = product.memory.array(product.c)[0]
      // Scales of 16 and of 24 significant bits.
      #expect((found - expected).magnitude <= 0x1p-15 * expected.magnitude, "\(left) · \(right) = \(found)")
    }
  }

  @Test("Rounding what was rounded changes nothing")
  func again() {
    var random = SplitMix64(7)
    for count in [1, 5, 100, 1000] {
      let weights: [Float] = random.numbers(count, within: 0.3)
      let (numbers, scale) = Self.round(weights)
      let rounded = numbers.map { Float($0) * scale }
      let (again, sameScale) = Self.round(rounded)
      #expect(again == numbers && sameScale == scale)
      #expect(numbers.map { Int($0.magnitude) }.max() == 127)
      // Half a unit, and what the scale is rounded by.
      for (weight, value) in zip(weights, rounded) {
        #expect((weight - value).magnitude <= scale * (0.5 + 127 * 0x1p-16))
      }
    }
  }

  private static func round(_ weights: [Float]) -> ([Int8], Float) {
    var numbers = [Int8](repeating: 0, count: weights.count)
    var span = numbers.mutableSpan
    let scale = IntegerWeights.round(weights.span, into: &span)
    return (numbers, scale)
  }
}

/// A product in a memory of its own, and what it should give.
private struct IntegerProduct: ~Copyable {
  let a: Region, b: Region, bias: Region, c: Region
  let packed: Int, count: Int
  private let arena: Arena<Float>
  var memory: Memory<Float> { arena.memory }

  init(rows: Int, columns: Int, inner: Int) {
    var offset = 64
    func region(_ rows: Int, _ columns: Int, gap: Int) -> Region {
      defer { offset += rows * (columns + gap) + 16 }
      return Region(offset: offset, rows: rows, columns: columns, stride: columns + gap)
    }
    a = region(rows, inner, gap: 3)
    b = region(inner, columns, gap: 2)
    bias = region(1, columns, gap: 0)
    c = region(rows, columns, gap: 5)
    packed = (offset + 63) / 64 * 64
    count = packed
    arena = Arena(
      count: packed + Memory<Float>.packedCount(inner: inner, columns: columns, .int8), filledWith: 0)
  }

  func pack() { memory.pack(b, transposed: false, at: packed, .int8) }

  func multiply(_ start: ProductStart, _ columns: Range<Int>) {
    memory.multiplyPacked(a, packed: packed, .int8, from: start, into: c, columns: columns)
  }

  /// Of C as it stands.
  func expected(_ start: ProductStart) -> [Float] {
    let (a, b, bias, c) = (memory.array(a), memory.array(b), memory.array(bias), memory.array(c))
    let (columns, inner) = (self.b.columns, self.b.rows)
    let weights = (0..<columns).map { column in
      let values = (0..<inner).map { b[$0 * columns + column] }
      // To 16 significant bits, ties away from zero.
      let exact = (values.map(\.magnitude).max() ?? 0) / 127
      let unit = Float(sign: .plus, exponent: max(exact.exponent, -100) - 15, significand: 1)
      let scale = (exact / unit).rounded(.toNearestOrAwayFromZero) * unit
      return (numbers: Self.whole(values, inverse: 1 / scale), scale: scale)
    }
    var result: [Float] = []
    for row in 0..<self.a.rows {
      let pieces = stride(from: 0, to: max(1, inner), by: 4096).map { $0..<min(inner, $0 + 4096) }
      let rounded = pieces.map { piece in
        let values = piece.map { a[row * inner + $0] }
        let largest = values.map(\.magnitude).max() ?? 0
        return (numbers: Self.whole(values, inverse: 127 / largest), scale: largest / 127)
      }
      for column in 0..<columns {
        var value: Float
        switch start {
        case .zero: value = 0
        case .itself: value = c[row * columns + column]
        case .bias: value = bias[column]
        }
        for (piece, rounded) in zip(pieces, rounded) {
          var sum = 0
          for (offset, index) in piece.enumerated() {
            sum += rounded.numbers[offset] * weights[column].numbers[index]
          }
          value.addProduct(Float(sum), weights[column].scale * rounded.scale)
        }
        result.append(value)
      }
    }
    return result
  }

  private static func whole(_ values: [Float], inverse: Float) -> [Int] {
    values.map { inverse.isFinite ? Int(($0 * inverse).rounded(.toNearestOrEven)) : 0 }
  }
}
