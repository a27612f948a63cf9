import CKernels
import Kernels
import Testing

/// Products with what is not zero alone, beside the packed ones with everything.
@Suite("Products with sparse matrices")
struct SparseProductTests {
  @Test("To the bit what a packed product gives, whatever is zero")
  func dense() { Self.run() }

  static func run() {
    var random = SplitMix64(3)
    for columns in [1, 15, 16, 17, 31, 48, 64, 65, 80, 100] {
      for inner in [0, 1, 7, 64, 101] {
        for density in [0, 0.1, 0.5, 1] {
          check(rows: 1 + (columns + inner) % 3, columns, inner, density, &random, Float.self)
          check(rows: 1 + (columns + inner) % 3, columns, inner, density, &random, Double.self)
        }
      }
    }
  }

  private static func check<Element: KernelScalar>(
    rows: Int, _ columns: Int, _ inner: Int, _ density: Double, _ random: inout SplitMix64, _: Element.Type
  ) {
    let a: [Element] = random.numbers(rows * inner, within: 1)
    let c: [Element] = random.numbers(rows * columns, within: 1)
    var b: [Element] = random.numbers(inner * columns, within: 1)
    for k in 0..<inner {
      for strip in 0..<(columns + 15) / 16 where Double.random(in: 0..<1, using: &random) >= density {
        for column in strip * 16..<min(columns, strip * 16 + 16) { b[k * columns + column] = 0 }
      }
    }
    // In a memory as the engine has it: A, B, C twice, and room for both.
    var layout = ArenaLayout(Element.self)
    let places = (
      layout.matrix("a", .workspace, rows, inner), layout.matrix("b", .workspace, inner, columns),
      layout.matrix("c", .workspace, rows, columns), layout.matrix("d", .workspace, rows, columns)
    )
    let packed = layout.packed("packed", inner, columns, Element.self)
    let sparse = layout.sparse("sparse", inner, columns, Element.self)
    let arena = Arena<Element>(count: layout.scalarCount, filledWith: 0)
    let memory = arena.memory
    memory.write(a.span, to: places.0)
    memory.write(b.span, to: places.1)
    memory.write(c.span, to: places.2)
    memory.write(c.span, to: places.3)
    memory.pack(places.1, transposed: false, at: packed.offset)
    memory.packSparse(places.1, transposed: false, at: sparse)
    memory.multiplyPacked(places.0, packed: packed.offset, from: .itself, into: places.2)
    memory.multiplySparse(places.0, packed: sparse, addingTo: places.3)
    #expect(
      memory.array(places.3).isIdentical(to: memory.array(places.2)),
      "[\(rows), \(inner)]·[\(inner), \(columns)], density \(density)")
  }
}
