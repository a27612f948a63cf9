import Kernels
import Testing

@Suite("Cells with layer normalisation")
struct NormCellTests {
  static let sizes = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100]

  /// As CellCheck's, with the norm's subtraction, division and product on top; what a norm magnifies is counted apart.
  private static let bound = 32.0

  @Test("RNN") func rnn() {
    Self.run(NormCellUnderTest<Float>.rnn)
    Self.run(NormCellUnderTest<Double>.rnn)
  }

  @Test("LSTM") func lstm() {
    Self.run(NormCellUnderTest<Float>.lstm)
    Self.run(NormCellUnderTest<Double>.lstm)
  }

  @Test("GRU") func gru() {
    Self.run(NormCellUnderTest<Float>.gru)
    Self.run(NormCellUnderTest<Double>.gru)
  }

  private static func run<Element: KernelScalar>(_ cell: NormCellUnderTest<Element>) {
    for hidden in sizes {
      let rows = cell.rows(hidden, seed: hidden)
      check(rows, cell.forward, cell.referenceForward)
      check(rows, cell.backward, cell.referenceBackward)
    }
  }

  private static func check<Element: KernelScalar>(
    _ rows: CellRows<Element>, _ kernel: NormCellUnderTest<Element>.Kernel,
    _ reference: NormCellUnderTest<Element>.Reference
  ) {
    var expected = NaiveRow(rows)
    reference(&expected)
    kernel(rows)
    var error = RoundingError<Element>()
    for (actual, exact) in zip(NaiveRow(rows).all.joined(), expected.all.joined()) {
      for (x, y) in zip(actual, exact) { error.add(Element(x), y) }
    }
    #expect(error.largest <= bound * expected.magnification, "\(rows.hidden) units")
    // What one unit's norm magnifies is 0: oneUnit() looks at it.
    let allowed = bound * expected.magnification * Element.unitRoundoff
    #expect(rows.hidden == 1 || allowed < 0.01, "a bound of \(allowed) tests nothing")
    #expect(rows.all.allSatisfy { $0.isIntact })
  }

  @Test("A row of one unit has the norm's bias, and its pre-activations no gradient")
  func oneUnit() {
    checkOneUnit(NormCellUnderTest<Float>.rnn)
    checkOneUnit(NormCellUnderTest<Double>.rnn)
    checkOneUnit(NormCellUnderTest<Float>.lstm)
    checkOneUnit(NormCellUnderTest<Double>.lstm)
    checkOneUnit(NormCellUnderTest<Float>.gru)
    checkOneUnit(NormCellUnderTest<Double>.gru)
  }

  private func checkOneUnit<Element: KernelScalar>(_ cell: NormCellUnderTest<Element>) {
    let rows = cell.rows(1, seed: 3), other = cell.rows(1, seed: 3)
    for gate in 0..<cell.gates { other.gates[gate] *= -20 }
    cell.forward(rows)
    cell.forward(other)
    #expect(rows.next.values == other.next.values)
    #expect(rows.next.values.allSatisfy { $0.isFinite && $0 != 0 })
    let before = rows.vectorGradient.values
    cell.backward(rows)
    #expect(rows.gates.values.allSatisfy { $0 == 0 })
    #expect(rows.gradient.values.allSatisfy { $0.isFinite })
    for norm in 0..<cell.norms {
      #expect(rows.vectorGradient[norm] == before[norm])
      #expect(rows.vectorGradient[cell.norms + norm] != before[cell.norms + norm])
    }
  }

  /// The variance must come from the deviations: Σ x² − n·mean² would have no digit left here.
  @Test("A large mean costs no more digits than its own rounding")
  func largeMean() {
    let hidden = 17
    let gates = GuardedRow<Double>((0..<hidden).map { 0x1p30 + Double($0 % 3) })
    let next = GuardedRow<Double>(count: hidden)
    let vectors = GuardedRow<Double>((0..<2 * hidden).map { $0 < hidden ? 1 : 0 })
    let expected = NaiveNorm(gates.values, gain: vectors.values, bias: vectors.values)
    unsafe Double._Kernels.rnnNormForward(hidden, gates.output, next.output, vectors.input)
    for j in 0..<hidden {
      // An error of half a unit in the last place of the mean, and one as large in the reference's: 2⁻²² each.
      #expect(abs(gates[j] - expected.deviations[j]) <= 0x1p-21)
    }
  }

  @Test("A NaN in one unit reaches its whole row")
  func nan() {
    let cell = NormCellUnderTest<Float>.gru
    let rows = cell.rows(21, seed: 1)
    rows.gates[21 + 13] = .nan
    cell.forward(rows)
    #expect(rows.next.values.allSatisfy { $0.isNaN })
  }
}
