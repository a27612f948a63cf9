import Kernels
import Testing

/// The products of `Memory` without OpenBLAS. That each element is one chain of multiply-adds is tested on the kernels.
@Suite("Products in a memory")
struct MemoryProductTests {
  @Test("A packed product starts from 0, from C or from a bias, whole or in parts of its columns")
  func packed() {
    MemoryProduct<Float>().checkPacked()
    MemoryProduct<Double>().checkPacked()
  }

  @Test("A transposed product adds to C")
  func transposed() {
    MemoryProduct<Float>().checkTransposed()
    MemoryProduct<Double>().checkTransposed()
  }
}

/// A [m, k] · B [k, n], and Aᵀ·C, in one memory.
private struct MemoryProduct<Element: KernelScalar>: ~Copyable {
  private let m = 7, n = 101, k = 19
  /// Two places for packed matrices, which start on a cache line.
  let packed: (Int, Int)
  let a: Region, b: Region, transposeOfB: Region, c: Region, bias: Region, outer: Region
  let arena: Arena<Element>

  init() {
    let size = Memory<Element>.packedCount(inner: k, columns: n)
    packed = (64, (64 + size + 63) / 64 * 64)
    var offset = packed.1 + size
    func region(_ rows: Int, _ columns: Int, gap: Int) -> Region {
      defer { offset += rows * (columns + gap) + 1 }
      return Region(offset: offset, rows: rows, columns: columns, stride: columns + gap)
    }
    (a, b, transposeOfB) = (region(m, k, gap: 3), region(k, n, gap: 5), region(n, k, gap: 2))
    (c, bias, outer) = (region(m, n, gap: 7), region(1, n, gap: 0), region(k, n, gap: 1))
    arena = Arena(count: offset, filledWith: 0)
    var random = SplitMix64(6)
    let values: [Element] = random.numbers(offset, within: 1)
    arena.memory.write(values.span, at: 0)
    arena.memory.transpose(b, into: transposeOfB)
  }

  /// Each element of a result as one chain of multiply-adds over `indices` in their order.
  private func chains(
    _ rows: Int, from start: (Int, Int) -> Element, over indices: [Int], _ x: (Int, Int) -> Element,
    _ y: (Int, Int) -> Element
  ) -> [Element] {
    let fused = InstructionSet.isFused
    return (0..<rows).flatMap { i in
      (0..<n).map { j in
        indices.reduce(start(i, j)) { fused ? $0.addingProduct(x(i, $1), y($1, j)) : $0 + x(i, $1) * y($1, j) }
      }
    }
  }

  func checkPacked() {
    let (memory, n, k) = (arena.memory, n, k)
    let (x, y, before, first) = (memory.array(a), memory.array(b), memory.array(c), memory.array(bias))
    memory.pack(b, transposed: false, at: packed.0)
    memory.pack(transposeOfB, transposed: true, at: packed.1)
    func check(_ expectedStart: (Int, Int) -> Element, _ multiply: (Int, Range<Int>) -> Void) {
      let expected = chains(
        m, from: expectedStart, over: Array(0..<k), { x[$0 * k + $1] }, { y[$0 * n + $1] })
      for place in [packed.0, packed.1] {
        for parts in [[0..<n], [0..<32, 32..<96, 96..<n], [64..<n, 0..<64]] {
          memory.write(before.span, to: c)
          for part in parts { multiply(place, part) }
          #expect(memory.array(c).isIdentical(to: expected), "in \(parts)")
        }
      }
    }
    check({ _, _ in 0 }) { memory.multiplyPacked(a, packed: $0, from: .zero, into: c, columns: $1) }
    check({ before[$0 * n + $1] }) { memory.multiplyPacked(a, packed: $0, into: c, columns: $1) }
    check({ first[$1] }) { memory.multiplyPacked(a, packed: $0, from: .bias(bias), into: c, columns: $1) }
  }

  func checkTransposed() {
    let (memory, n, k) = (arena.memory, n, k)
    let (x, y, before) = (memory.array(a), memory.array(c), memory.array(outer))
    let expected = chains(
      k, from: { before[$0 * n + $1] }, over: (0..<m).reversed(), { x[$1 * k + $0] }, { y[$0 * n + $1] })
    memory.multiplyTransposed(a, c, addingTo: outer)
    #expect(memory.array(outer).isIdentical(to: expected))
  }
}
