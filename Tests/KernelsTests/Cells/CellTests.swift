import Kernels
import Testing

@Suite("Cells")
struct CellTests {
  @Test("Elman, tanh") func elmanTanh() {
    CellCheck.run(CellUnderTest<Float>.elmanTanh)
    CellCheck.run(CellUnderTest<Double>.elmanTanh)
  }

  @Test("Elman, ReLU") func elmanReLU() {
    CellCheck.run(CellUnderTest<Float>.elmanReLU)
    CellCheck.run(CellUnderTest<Double>.elmanReLU)
  }

  @Test("LSTM") func lstm() {
    CellCheck.run(CellUnderTest<Float>.lstm)
    CellCheck.run(CellUnderTest<Double>.lstm)
  }

  @Test("GRU, reset after the product") func gru() {
    CellCheck.run(CellUnderTest<Float>.gru)
    CellCheck.run(CellUnderTest<Double>.gru)
  }

  @Test("GRU, reset before the product") func gruBefore() {
    CellCheck.run(CellUnderTest<Float>.gruBefore)
    CellCheck.run(CellUnderTest<Double>.gruBefore)
  }

  @Test("LSTM with peepholes") func lstmPeephole() {
    CellCheck.run(CellUnderTest<Float>.lstmPeephole)
    CellCheck.run(CellUnderTest<Double>.lstmPeephole)
  }

  @Test("LSTM with coupled gates") func lstmCoupled() {
    CellCheck.run(CellUnderTest<Float>.lstmCoupled)
    CellCheck.run(CellUnderTest<Double>.lstmCoupled)
  }

  @Test("Minimal GRU") func minGRU() {
    CellCheck.run(CellUnderTest<Float>.minGRU)
    CellCheck.run(CellUnderTest<Double>.minGRU)
  }

  @Test("Independently recurrent network") func indRNN() {
    CellCheck.run(CellUnderTest<Float>.indRNN)
    CellCheck.run(CellUnderTest<Double>.indRNN)
  }

  @Test("Minimal LSTM") func minLSTM() {
    CellCheck.run(CellUnderTest<Float>.minLSTM)
    CellCheck.run(CellUnderTest<Double>.minLSTM)
  }

  @Test("Real-gated linear recurrent unit") func rgLRU() {
    CellCheck.run(CellUnderTest<Float>.rgLRU)
    CellCheck.run(CellUnderTest<Double>.rgLRU)
  }

  @Test("sLSTM") func sLSTM() {
    CellCheck.run(CellUnderTest<Float>.sLSTM)
    CellCheck.run(CellUnderTest<Double>.sLSTM)
  }

  @Test("Elman network with units that leak") func leaky() {
    CellCheck.run(CellUnderTest<Float>.leaky)
    CellCheck.run(CellUnderTest<Double>.leaky)
  }

  @Test("The derivative of ReLU at 0 is 0, and NaN propagates")
  func relu() {
    let rows = CellUnderTest<Float>.elmanReLU.rows(3, count: 2, seed: 1)
    let activations: [Float] = [0, -0.0, 1, -1, .nan, .infinity]
    for (index, x) in activations.enumerated() {
      rows.gates[index] = x
      rows.gradient[index] = 2
    }
    rows.forward()
    #expect(zip(rows.next.values, [0, 0, 1, 0, .nan, .infinity]).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    rows.backward()
    #expect(rows.gates.values == [0, 0, 2, 0, 2, 2])
    #expect(rows.gradient.values == [0, 0, 0, 0, 0, 0])
  }

  @Test("A NaN in one unit stays in that unit of its row")
  func nan() {
    let rows = CellUnderTest<Float>.lstm.rows(21, count: 3, seed: 1)
    rows.gates[4 * 21 + 13] = .nan
    rows.forward()
    #expect(rows.next.values.indices.filter { rows.next[$0].isNaN } == [2 * 21 + 13, 3 * 21 + 13])
  }

  @Test("No row, and rows of no units: nothing is touched")
  func nothing() {
    for (count, hidden) in [(0, 5), (3, 0)] {
      let rows = CellUnderTest<Float>.lstm.rows(hidden, count: count, seed: 1)
      rows.forward()
      rows.backward()
      #expect(rows.isIntact)
    }
  }
}

enum CellCheck {
  /// Every hidden size that meets another tail of the vectors of any instruction set.
  static let sizes = Array(1...40) + [100]

  /// Roundings between a result and its formula: the activations are within 3 units, up to four products and sums
  /// follow, and their factors are up to 4 in magnitude. (A peephole's sum before them is at most 10, and the sigmoid
  /// passes on a quarter of its rounding.)
  private static let bound = 24.0

  static func run<Element: KernelScalar>(_ cell: CellUnderTest<Element>) {
    for hidden in sizes {
      let rows = cell.rows(hidden, count: 3, seed: hidden)
      check(rows, { $0.forward() }, cell.referenceForward, cell.magnification)
      check(rows, { $0.backward() }, cell.referenceBackward, cell.magnification)
    }
  }

  /// Runs the kernel on the rows, the reference on each unit, and the kernel on each row and each unit alone: a row must
  /// give what it gives alone, and the tail of a row what its body gives.
  private static func check<Element: KernelScalar>(
    _ rows: CellRows<Element>, _ kernel: (CellRows<Element>) -> Void, _ reference: CellUnderTest<Element>.Reference,
    _ magnification: Double
  ) {
    let before = rows.part()
    kernel(rows)
    expectRowsAlone(rows, before, kernel)
    var error = RoundingError<Element>()
    for j in 0..<rows.hidden {
      let alone = before.part(units: j..<j + 1)
      kernel(alone)
      #expect(rows.part(units: j..<j + 1).isIdentical(to: alone), "unit \(j) of \(rows.hidden)")
      for row in 0..<rows.count {
        var expected = before.unit(row, j)
        reference(&expected)
        for (actual, exact) in zip(rows.unit(row, j).all.joined(), expected.all.joined()) {
          error.add(Element(actual), exact)
        }
      }
    }
    #expect(error.largest <= bound * magnification)
    #expect(rows.isIntact)
  }

  /// That each row holds, to the bit, what the kernel makes of that row alone.
  static func expectRowsAlone<Element: KernelScalar>(
    _ rows: CellRows<Element>, _ before: CellRows<Element>, _ kernel: (CellRows<Element>) -> Void
  ) {
    for row in 0..<rows.count {
      let alone = before.part(rows: row..<row + 1)
      kernel(alone)
      #expect(rows.part(rows: row..<row + 1).isIdentical(to: alone), "row \(row) of \(rows.hidden) units")
      #expect(alone.isIntact)
    }
  }
}
