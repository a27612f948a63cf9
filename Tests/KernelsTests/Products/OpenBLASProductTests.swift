import Kernels
import Testing

@Suite("Products by OpenBLAS")
struct OpenBLASProductTests {
  private static let sizes = [0, 1, 3, 17, 33, 130]

  @Test("C = A·B + beta·C with A or B transposed or not", arguments: [false, true], [false, true])
  func products(transposingA: Bool, transposingB: Bool) {
    for m in Self.sizes {
      for n in Self.sizes {
        for k in Self.sizes {
          OpenBLASProduct<Float>(m, n, k, transposingA, transposingB).check()
          OpenBLASProduct<Double>(m, n, k, transposingA, transposingB).check()
        }
      }
    }
  }
}

/// C [m, n] = A [m, k] · B [k, n] + beta·C, A or B lying transposed, with strides that are wider than the rows.
private struct OpenBLASProduct<Element: KernelScalar> {
  let transposingA: Bool, transposingB: Bool
  let a: Region, b: Region, c: Region
  let left: [Element], right: [Element], before: [Element]
  /// Of A·B in Double, and of the absolute values.
  let product: [Double], size: [Double]

  init(_ m: Int, _ n: Int, _ k: Int, _ transposingA: Bool, _ transposingB: Bool) {
    (self.transposingA, self.transposingB) = (transposingA, transposingB)
    func region(_ offset: Int, _ rows: Int, _ columns: Int, _ transposed: Bool, gap: Int) -> Region {
      let (rows, columns) = transposed ? (columns, rows) : (rows, columns)
      return Region(offset: offset, rows: rows, columns: columns, stride: columns + gap)
    }
    a = region(5, m, k, transposingA, gap: 3)
    b = region(a.offset + a.rows * a.stride + 2, k, n, transposingB, gap: 5)
    c = region(b.offset + b.rows * b.stride + 1, m, n, false, gap: 7)
    var random = SplitMix64(m * 1_000_000 + n * 1000 + k)
    left = random.numbers(a.count, within: 1)
    right = random.numbers(b.count, within: 1)
    before = random.numbers(c.count, within: 1)
    // Row by row, the transposed matrices turned first.
    let x = Self.rows(left, m, k, transposingA), y = Self.rows(right, k, n, transposingB)
    var (product, size) = ([Double](repeating: 0, count: m * n), [Double](repeating: 0, count: m * n))
    for i in 0..<m {
      for l in 0..<k {
        let factor = x[i * k + l]
        for j in 0..<n {
          product[i * n + j] += factor * y[l * n + j]
          size[i * n + j] += abs(factor * y[l * n + j])
        }
      }
    }
    (self.product, self.size) = (product, size)
  }

  private static func rows(_ values: [Element], _ rows: Int, _ columns: Int, _ transposed: Bool) -> [Double] {
    transposed
      ? (0..<rows * columns).map { Double(values[$0 % columns * rows + $0 / columns]) } : values.map { Double($0) }
  }

  func check() {
    let arena = Arena<Element>(count: c.offset + c.rows * c.stride + 4, filledWith: 55)
    let memory = arena.memory
    memory.write(left.span, to: a)
    memory.write(right.span, to: b)
    let inner = transposingA ? a.rows : a.columns
    // beta = 0 must not read C.
    for (beta, start) in [(0, [Element](repeating: .nan, count: c.count)), (1, before), (-0.5, before)] {
      memory.write(start.span, to: c)
      memory.multiply(a, b, transposingA: transposingA, transposingB: transposingB, addingTo: beta, into: c)
      let result = memory.array(c)
      // A product and an addition for each term and for beta·C, in any order, each off by a roundoff of at most the sum
      // of the absolute values; and the reference the same in Double.
      let roundings = Double(inner + 2) * (Element.unitRoundoff + Double.unitRoundoff)
      var isNear = true
      for index in result.indices {
        let rest = beta == 0 ? 0 : beta * Double(start[index])
        let allowed = roundings * (size[index] + abs(rest))
        isNear = isNear && abs(Double(result[index]) - (product[index] + rest)) <= allowed
      }
      #expect(isNear, "[\(c.rows), \(inner)]·[\(inner), \(c.columns)] + \(beta)·C")
      expectRestUntouched(memory)
    }
  }

  /// That A and B are as before, and 55 is between all rows.
  private func expectRestUntouched(_ memory: Memory<Element>) {
    #expect(memory.array(a) == left && memory.array(b) == right)
    for region in [a, b, c] { memory.fill(region, with: 55) }
    #expect(memory.array(Region(offset: 0, rows: 1, columns: memory.count)).allSatisfy { $0 == 55 })
    memory.write(left.span, to: a)
    memory.write(right.span, to: b)
  }
}
