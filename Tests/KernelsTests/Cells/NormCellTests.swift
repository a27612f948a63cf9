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
      let rows = cell.rows(hidden, count: 3, seed: hidden)
      check(rows, { $0.forward() }, cell.referenceForward)
      check(rows, { $0.backward() }, cell.referenceBackward)
    }
  }

  private static func check<Element: KernelScalar>(
    _ rows: CellRows<Element>, _ kernel: (CellRows<Element>) -> Void, _ reference: NormCellUnderTest<Element>.Reference
  ) {
    let before = rows.part()
    kernel(rows)
    CellCheck.expectRowsAlone(rows, before, kernel)
    for row in 0..<rows.count {
      var expected = NaiveRow(before, row)
      reference(&expected)
      var error = RoundingError<Element>()
      for (actual, exact) in zip(NaiveRow(rows, row).all.joined(), expected.all.joined()) {
        for (x, y) in zip(actual, exact) { error.add(Element(x), y) }
      }
      #expect(error.largest <= bound * expected.magnification, "\(rows.hidden) units")
      // What one unit's norm magnifies is 0: oneUnit() looks at it.
      let allowed = bound * expected.magnification * Element.unitRoundoff
      #expect(rows.hidden == 1 || allowed < 0.01, "a bound of \(allowed) tests nothing")
    }
    #expect(rows.isIntact)
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
    let rows = cell.rows(1, count: 2, seed: 3), other = rows.part()
    for index in 0..<rows.gates.count { other.gates[index] *= -20 }
    rows.forward()
    other.forward()
    #expect(rows.next.values == other.next.values)
    #expect(rows.next.values.allSatisfy { $0.isFinite && $0 != 0 })
    let before = rows.vectorGradient.values
    rows.backward()
    #expect(rows.gates.values.allSatisfy { $0 == 0 })
    #expect(rows.gradient.values.allSatisfy { $0.isFinite })
    // Gains come first in a row, then biases.
    let vectors = rows.vectorGradient.columns
    for index in before.indices {
      #expect((rows.vectorGradient[index] == before[index]) == (index % vectors < vectors / 2))
    }
  }

  /// The variance must come from the deviations: Σ x² − n·mean² would have no digit left here.
  @Test("A large mean costs no more digits than its own rounding")
  func largeMean() {
    let hidden = 17
    let rows = NormCellUnderTest<Double>.rnn.rows(hidden, count: 1, seed: 1)
    for j in 0..<hidden { rows.gates[j] = 0x1p30 + Double(j % 3) }
    let expected = NaiveNorm(rows.gates.values, gain: rows.vectors.values, bias: rows.vectors.values)
    rows.forward()
    for j in 0..<hidden {
      // An error of half a unit in the last place of the mean, and one as large in the reference's: 2⁻²² each.
      #expect(abs(rows.gates[j] - expected.deviations[j]) <= 0x1p-21)
    }
  }

  @Test("A NaN in one unit reaches its whole row and no other")
  func nan() {
    let rows = NormCellUnderTest<Float>.gru.rows(21, count: 3, seed: 1)
    rows.gates[4 * 21 + 21 + 13] = .nan
    rows.forward()
    #expect(rows.next.values.indices.filter { rows.next[$0].isNaN } == Array(21..<42))
  }
}
