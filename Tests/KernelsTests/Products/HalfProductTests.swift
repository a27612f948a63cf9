import Kernels
import Testing

/// Products with weights of 16 bits: what the kernels give for the weights as they are rounded, to the bit; in pairs of bfloat16
/// for both operands as they are rounded.
@Suite("Products with weights of 16 bits")
struct HalfProductTests {
  private static let storages: [WeightStorage] = [.bfloat16, .float16, .bfloat16Dot]

  @Test(
    "The bits of the product with rounded weights, whole and in parts",
    arguments: [
      (1, 1, 1), (1, 17, 31), (1, 300, 70), (2, 129, 67), (3, 385, 9), (4, 130, 33), (5, 96, 16), (7, 40, 13),
      (8, 33, 65), (11, 100, 47), (12, 384, 8), (13, 34, 71), (29, 64, 2), (3, 4, 0), (2, 0, 9), (0, 5, 3),
      // Longer than a piece of pairs, and more rows than a group.
      (150, 40, 12), (2, 33, 1700), (70, 33, 769),
    ])
  func rounded(rows: Int, columns: Int, inner: Int) {
    for storage in Self.storages { check(rows, columns, inner, storage) }
  }

  /// Weights of 512 KiB and more are fetched ahead.
  @Test("Large weights") func large() {
    for storage in Self.storages { check(13, 1056, 300, storage) }
  }

  private func check(_ rows: Int, _ columns: Int, _ inner: Int, _ storage: WeightStorage) {
    var offset = 64
    func region(_ rows: Int, _ columns: Int, gap: Int) -> Region {
      defer { offset += rows * (columns + gap) + 16 }
      return Region(offset: offset, rows: rows, columns: columns, stride: columns + gap)
    }
    func place(_ count: Int) -> Int {
      offset = (offset + 63) / 64 * 64
      defer { offset += count }
      return offset
    }
    let a = region(rows, inner, gap: 3), b = region(inner, columns, gap: 2), c = region(rows, columns, gap: 5)
    let half = place(Memory<Float>.packedCount(inner: inner, columns: columns, storage))
    let full = place(Memory<Float>.packedCount(inner: inner, columns: columns))
    let arena = Arena<Float>(count: offset, filledWith: 0)
    let memory = arena.memory
    var random = SplitMix64(rows * 1_000_000 + columns * 1000 + inner)
    let values: [Float] = random.numbers(offset, within: 1)
    memory.write(values.span, at: 0)
    memory.pack(b, transposed: false, at: half, storage)
    let rounded = memory.array(b).map { Self.rounded($0, storage) }
    memory.write(rounded.span, to: b)
    memory.pack(b, transposed: false, at: full)
    // Pairs are of rounded numbers on both sides, and sums of ascending order all the same.
    let left = memory.array(a)
    let operands = storage == .bfloat16Dot ? left.map { Self.rounded($0, storage) } : left
    memory.write(operands.span, to: a)

    let before = memory.array(c)
    memory.multiplyPacked(a, packed: full, into: c)
    let expected = memory.array(c)
    memory.write(left.span, to: a)
    for parts in [[0..<columns], [0..<min(64, columns), min(64, columns)..<columns]] {
      memory.write(before.span, to: c)
      for part in parts where part.lowerBound % 32 == 0 {
        memory.multiplyPacked(a, packed: half, storage, into: c, columns: part)
      }
      guard parts.allSatisfy({ $0.lowerBound % 32 == 0 }) else { continue }
      #expect(memory.array(c).isIdentical(to: expected), "\(storage), \(parts)")
    }
  }

  /// By arithmetic: what the kernels do by bits.
  private static func rounded(_ value: Float, _ storage: WeightStorage) -> Float {
    switch storage {
    case .full, .int8: return value
    case .float16: return Float(Float16(value))
    case .bfloat16, .bfloat16Dot:
      guard value != 0 else { return value }
      let unit = Float(sign: .plus, exponent: value.exponent - 7, significand: 1)
      return (value / unit).rounded(.toNearestOrEven) * unit
    }
  }

  @Test("Ties go to the even number, what is too large to infinity, and a NaN stays one")
  func special() {
    let cases: [(WeightStorage, Float, Float)] = [
      (.bfloat16, 1 + 0x1p-8, 1), (.bfloat16, 1 + 0x1.8p-7, 1 + 0x1p-6), (.bfloat16, -3.4e38, -.infinity),
      (.bfloat16, .infinity, .infinity), (.bfloat16, .nan, .nan), (.bfloat16, 0x1p-140, 0x1p-133 * 0),
      (.float16, 1 + 0x1p-11, 1), (.float16, 65_504, 65_504), (.float16, 65_520, .infinity), (.float16, .nan, .nan),
      (.float16, 0x1p-24, 0x1p-24), (.float16, 0x1p-26, 0),
    ]
    for (storage, value, expected) in cases {
      let arena = Arena<Float>(count: 256, filledWith: 0)
      let memory = arena.memory
      let (one, weight, result) = (
        Region(offset: 0, rows: 1, columns: 1), Region(offset: 16, rows: 1, columns: 1),
        Region(offset: 32, rows: 1, columns: 1)
      )
      memory.write([1].span, to: one)
      memory.write([value].span, to: weight)
      memory.pack(weight, transposed: false, at: 64, storage)
      memory.multiplyPacked(one, packed: 64, storage, from: .zero, into: result)
      let found = memory.array(result)[0]
      #expect(found == expected || (found.isNaN && expected.isNaN), "\(storage) of \(value): \(found)")
    }
  }
}
