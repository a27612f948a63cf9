import Kernels
import Testing

@Suite("Packed products")
struct PackedProductTests {
  @Test(
    "Every element is one chain of multiply-adds in ascending k from where it starts",
    arguments: [
      (1, 1, 1), (1, 31, 17), (1, 128, 64), (2, 67, 129), (3, 100, 61), (4, 33, 5), (5, 16, 385), (6, 96, 3),
      (7, 13, 7), (8, 65, 1), (11, 47, 40), (12, 8, 384), (13, 34, 769), (24, 17, 30), (29, 64, 2),
      (97, 19, 23), (101, 1, 11), (203, 37, 5), (3, 4, 0), (0, 5, 3), (2, 0, 9),
    ])
  func chain(rows: Int, columns: Int, inner: Int) {
    PackedProduct<Float>(rows, columns, inner).check()
    PackedProduct<Double>(rows, columns, inner).check()
  }

  @Test("Random shapes")
  func random() {
    var random = SplitMix64(4)
    for _ in 0..<60 {
      let rows = Int.random(in: 1...40, using: &random), columns = Int.random(in: 1...90, using: &random)
      let inner = Int.random(in: 1...60, using: &random)
      PackedProduct<Float>(rows, columns, inner).check()
      PackedProduct<Double>(rows, columns, inner).check()
    }
  }

  @Test("A row's result does not depend on the rows beside it")
  func rowsAlone() {
    func check<Element: KernelScalar>(_: Element.Type) {
      let product = PackedProduct<Element>(29, 35, 401)
      let together = product.multiply(rows: 0..<29)
      for (first, count) in [(0, 1), (1, 2), (3, 3), (6, 4), (9, 5), (14, 7), (21, 8), (28, 1)] {
        let alone = product.multiply(rows: first..<first + count)
        #expect(alone.isIdentical(to: Array(together[first * 35..<(first + count) * 35])))
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("A transpose is packed by swapping the strides")
  func transposed() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(5)
      for (inner, columns) in [(1, 1), (3, 40), (37, 16), (64, 64), (19, 101)] {
        let b: [Element] = random.numbers(inner * columns, within: 1)
        let transpose = (0..<inner * columns).map { b[$0 % inner * columns + $0 / inner] }
        let direct = PackedProduct<Element>.pack(inner, columns, b, columns, 1)
        #expect(direct.isIdentical(to: PackedProduct<Element>.pack(inner, columns, transpose, 1, inner)))
      }
    }
    check(Float.self)
    check(Double.self)
  }
}

/// A product with strides that are wider than the matrices.
private struct PackedProduct<Element: KernelScalar> {
  let rows: Int, columns: Int, inner: Int
  let a: [Element], b: [Element], c: [Element]
  let aStride: Int, cStride: Int

  init(_ rows: Int, _ columns: Int, _ inner: Int) {
    self.rows = rows
    self.columns = columns
    self.inner = inner
    aStride = inner + 3
    cStride = columns + 5
    var random = SplitMix64(rows * 1_000_000 + columns * 1000 + inner)
    a = random.numbers(rows * aStride, within: 1)
    b = random.numbers(inner * columns, within: 1)
    c = random.numbers(rows * cStride, within: 1)
  }

  static func pack(_ inner: Int, _ columns: Int, _ b: [Element], _ row: Int, _ column: Int) -> [Element] {
    let source = GuardedRow(b)
    let packed = GuardedRow<Element>(count: Element.kernels.packed_count(inner, columns), aligned: true)
    unsafe Element.kernels.pack(inner, columns, source.input, row, column, packed.output)
    #expect(packed.isIntact)
    return packed.values
  }

  /// What the product is added to: nothing, C, or its first row for every row.
  enum Start: CaseIterable { case zero, itself, bias }

  /// The rows of the result, without the gaps between them, which must not change.
  func multiply(rows range: Range<Int>, from start: Start = .itself) -> [Element] {
    let packed = GuardedRow(Self.pack(inner, columns, b, columns, 1), aligned: true)
    let left = GuardedRow(Array(a[range.lowerBound * aStride..<range.upperBound * aStride]))
    let before = Array(c[range.lowerBound * cStride..<range.upperBound * cStride])
    let sum = GuardedRow(before)
    let bias = GuardedRow(Array(c.prefix(columns)))
    unsafe Element.kernels.multiply_packed(
      range.count, columns, inner, left.input, aStride, packed.input,
      start == .zero ? nil : start == .bias ? bias.input : sum.input, start == .bias ? 0 : cStride, sum.output, cStride)
    #expect(left.isIntact && packed.isIntact && sum.isIntact)
    for index in sum.values.indices where index % cStride >= columns {
      #expect(sum[index] == before[index])
    }
    return sum.values.indices.filter { $0 % cStride < columns }.map { sum[$0] }
  }

  func check() {
    let fused = InstructionSet.isFused
    for start in Start.allCases {
      var expected: [Element] = []
      for i in 0..<rows {
        for j in 0..<columns {
          var sum = start == .zero ? 0 : start == .bias ? c[j] : c[i * cStride + j]
          for k in 0..<inner {
            let x = a[i * aStride + k], y = b[k * columns + j]
            sum = fused ? sum.addingProduct(x, y) : sum + x * y
          }
          expected.append(sum)
        }
      }
      #expect(multiply(rows: 0..<rows, from: start).isIdentical(to: expected), "from \(start)")
    }
  }
}
