import Kernels
import Testing

@Suite("Transposed products")
struct TransposedProductTests {
  @Test(
    "Every element is one chain of multiply-adds in descending k from its old value",
    arguments: [
      (1, 1, 1), (1, 17, 31), (2, 129, 67), (6, 16, 256), (7, 15, 257), (12, 32, 20), (64, 65, 130), (97, 33, 300),
      (101, 8, 5), (200, 16, 3), (3, 0, 4), (0, 3, 5), (4, 3, 0),
    ])
  func chain(rows: Int, columns: Int, inner: Int) {
    TransposedProduct<Float>(rows, columns, inner).check()
    TransposedProduct<Double>(rows, columns, inner).check()
  }

  @Test("A part of the result does not depend on the parts beside it")
  func parts() {
    func check<Element: KernelScalar>(_: Element.Type) {
      let product = TransposedProduct<Element>(103, 45, 301)
      let whole = product.multiply(0..<103, 0..<45)
      for (rows, columns) in [(0..<1, 0..<45), (5..<17, 3..<4), (40..<103, 16..<45), (96..<103, 44..<45)] {
        let part = product.multiply(rows, columns)
        let expected = rows.flatMap { row in columns.map { whole[row * 45 + $0] } }
        #expect(part.isIdentical(to: expected))
      }
    }
    check(Float.self)
    check(Double.self)
  }
}

/// In pairs of bfloat16: what the kernel gives for the numbers as they are rounded, to the bit.
@Suite("Transposed products of bfloat16")
struct TransposedPairTests {
  @Test(
    "The bits of the product of rounded numbers, whole and in parts",
    arguments: [
      (1, 1, 1), (1, 17, 31), (2, 129, 67), (6, 16, 256), (7, 15, 257), (12, 32, 20), (64, 65, 130), (97, 33, 300),
      (101, 8, 5), (200, 16, 3), (400, 40, 513), (3, 0, 4), (0, 3, 5), (4, 3, 0),
    ])
  func rounded(rows: Int, columns: Int, inner: Int) {
    var offset = 64
    func region(_ rows: Int, _ columns: Int, gap: Int) -> Region {
      defer { offset += rows * (columns + gap) + 16 }
      return Region(offset: offset, rows: rows, columns: columns, stride: columns + gap)
    }
    let (a, b) = (region(inner, rows, gap: 3), region(inner, columns, gap: 7))
    let c = region(rows, columns, gap: 5)
    let arena = Arena<Float>(count: offset, filledWith: 0)
    let memory = arena.memory
    var random = SplitMix64(rows * 1_000_000 + columns * 1000 + inner)
    let values: [Float] = random.numbers(offset, within: 1)
    memory.write(values.span, at: 0)
    let (left, right, before) = (memory.array(a), memory.array(b), memory.array(c))
    memory.multiplyTransposed(a, b, addingTo: c, .bfloat16Dot)
    let found = memory.array(c)
    memory.write(before.span, to: c)
    let cut = rows / 3
    memory.multiplyTransposed(a.columns(0..<cut), b, addingTo: c.rows(0..<cut), .bfloat16Dot)
    memory.multiplyTransposed(a.columns(cut..<rows), b, addingTo: c.rows(cut..<rows), .bfloat16Dot)
    let parts = memory.array(c)
    let (roundedLeft, roundedRight) = (left.map(Self.rounded), right.map(Self.rounded))
    memory.write(before.span, to: c)
    memory.write(roundedLeft.span, to: a)
    memory.write(roundedRight.span, to: b)
    memory.multiplyTransposed(a, b, addingTo: c)
    let expected = memory.array(c)
    #expect(found.isIdentical(to: expected) && parts.isIdentical(to: expected))
  }

  /// By arithmetic: what the kernels do by bits.
  private static func rounded(_ value: Float) -> Float {
    guard value != 0 else { return value }
    let unit = Float(sign: .plus, exponent: value.exponent - 7, significand: 1)
    return (value / unit).rounded(.toNearestOrEven) * unit
  }
}

/// C [rows, columns] += A [inner, rows]ᵀ · B [inner, columns], with strides that are wider than the matrices.
private struct TransposedProduct<Element: KernelScalar> {
  let rows: Int, columns: Int, inner: Int
  let a: [Element], b: [Element], c: [Element]
  let aStride: Int, bStride: Int, cStride: Int

  init(_ rows: Int, _ columns: Int, _ inner: Int) {
    self.rows = rows
    self.columns = columns
    self.inner = inner
    (aStride, bStride, cStride) = (rows + 3, columns + 7, columns + 5)
    var random = SplitMix64(rows * 1_000_000 + columns * 1000 + inner)
    a = random.numbers(inner * aStride, within: 1)
    b = random.numbers(inner * bStride, within: 1)
    c = random.numbers(rows * cStride, within: 1)
  }

  /// A part of the result; what lies beside it must not change.
  func multiply(_ rowPart: Range<Int>, _ columnPart: Range<Int>) -> [Element] {
    // Cut off after the last element that may be read.
    let left = GuardedRow(Array(a[rowPart.lowerBound..<end(a, rows: inner, aStride, rowPart)]))
    let right = GuardedRow(Array(b[columnPart.lowerBound..<end(b, rows: inner, bStride, columnPart)]))
    let first = rowPart.lowerBound * cStride + columnPart.lowerBound
    let before = Array(c[first..<max(first, rowPart.upperBound * cStride - cStride + columnPart.upperBound)])
    let sum = GuardedRow(before)
    unsafe Element.kernels.multiply_transposed(
      rowPart.count, columnPart.count, inner, left.input, aStride, right.input, bStride, sum.output, cStride)
    #expect(left.isIntact && right.isIntact && sum.isIntact)
    for index in sum.values.indices where index % cStride >= columnPart.count {
      #expect(sum[index] == before[index])
    }
    return sum.values.indices.filter { $0 % cStride < columnPart.count }.map { sum[$0] }
  }

  private func end(_ values: [Element], rows: Int, _ stride: Int, _ part: Range<Int>) -> Int {
    rows == 0 ? part.lowerBound : (rows - 1) * stride + part.upperBound
  }

  func check() {
    let fused = InstructionSet.isFused
    var expected: [Element] = []
    for i in 0..<rows {
      for j in 0..<columns {
        var sum = c[i * cStride + j]
        for k in (0..<inner).reversed() {
          let x = a[k * aStride + i], y = b[k * bStride + j]
          sum = fused ? sum.addingProduct(x, y) : sum + x * y
        }
        expected.append(sum)
      }
    }
    #expect(multiply(0..<rows, 0..<columns).isIdentical(to: expected))
  }
}
