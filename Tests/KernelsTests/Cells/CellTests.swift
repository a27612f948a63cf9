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

  @Test("The derivative of ReLU at 0 is 0, and NaN propagates")
  func relu() {
    let gates = GuardedRow<Float>([0, -0.0, 1, -1, .nan, .infinity])
    let next = GuardedRow<Float>(count: 6), gradient = GuardedRow<Float>([2, 2, 2, 2, 2, 2])
    unsafe Float._Kernels.elmanReLUForward(6, gates.output, next.output)
    #expect(next[0] == 0 && next[1] == 0 && next[2] == 1 && next[3] == 0)
    #expect(next[4].isNaN && next[5] == .infinity)
    unsafe Float._Kernels.elmanReLUBackward(6, gates.output, next.input, gradient.output)
    #expect(gates.values == [0, 0, 2, 0, 2, 2])
    #expect(gradient.values == [0, 0, 0, 0, 0, 0])
  }

  @Test("A NaN in one unit stays in that unit")
  func nan() {
    let cell = CellUnderTest<Float>.lstm
    let rows = cell.rows(21, seed: 1)
    rows.gates[13] = .nan
    cell.forward(rows)
    #expect(rows.next.values.indices.filter { rows.next[$0].isNaN } == [13, 21 + 13])
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
      let rows = cell.rows(hidden, seed: hidden)
      check(rows, cell.forward, cell.referenceForward)
      check(rows, cell.backward, cell.referenceBackward)
    }
  }

  /// Runs the kernel on the row, the reference on each unit, and the kernel on each unit alone: the tail of a row must
  /// give what its body gives.
  private static func check<Element: KernelScalar>(
    _ rows: CellRows<Element>, _ kernel: CellUnderTest<Element>.Kernel,
    _ reference: CellUnderTest<Element>.Reference
  ) {
    var expected = (0..<rows.hidden).map { rows.unit($0) }
    let alone = expected.map { CellRows<Element>($0) }
    kernel(rows)
    var error = RoundingError<Element>()
    for j in 0..<rows.hidden {
      reference(&expected[j])
      kernel(alone[j])
      let unit = rows.unit(j)
      #expect(unit.all == alone[j].unit(0).all)
      for (actual, exact) in zip(unit.all.joined(), expected[j].all.joined()) {
        error.add(Element(actual), exact)
      }
    }
    #expect(error.largest <= bound)
    #expect(rows.all.allSatisfy { $0.isIntact })
  }
}

extension CellRows {
  /// Rows of one unit.
  init(_ unit: CellUnit) {
    func row(_ parts: [Double]) -> GuardedRow<Element> { GuardedRow(parts.map { Element($0) }) }
    self.init(
      hidden: 1, gates: row(unit.gates), previous: row(unit.previous), next: row(unit.next),
      saved: row(unit.saved), gradient: row(unit.gradient), operand: row(unit.operand),
      vectors: row(unit.vectors), vectorGradient: row(unit.vectorGradient))
  }
}
