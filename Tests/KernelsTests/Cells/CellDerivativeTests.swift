import Kernels
import Testing

/// The derivatives of the kernels against differences of their own forward, with respect to everything that goes in.
@Suite("Slopes of the cells")
struct CellDerivativeTests {
  private static let sizes = [1, 2, 3, 7, 8, 9, 16, 17, 31, 64, 100]

  @Test("LSTM with peepholes") func lstmPeephole() { check(CellUnderTest<Double>.lstmPeephole) }
  @Test("LSTM with coupled gates") func lstmCoupled() { check(CellUnderTest<Double>.lstmCoupled) }
  @Test("Minimal GRU") func minGRU() { check(CellUnderTest<Double>.minGRU) }
  @Test("Independently recurrent network") func indRNN() { check(CellUnderTest<Double>.indRNN) }
  @Test("Minimal LSTM") func minLSTM() { check(CellUnderTest<Double>.minLSTM) }
  @Test("Real-gated linear recurrent unit") func rgLRU() { check(CellUnderTest<Double>.rgLRU) }
  @Test("sLSTM") func sLSTM() { check(CellUnderTest<Double>.sLSTM) }
  @Test("Elman network with units that leak") func leaky() { check(CellUnderTest<Double>.leaky) }
  @Test("RNN with layer normalisation") func rnnNorm() { check(NormCellUnderTest<Double>.rnn) }
  @Test("LSTM with layer normalisation") func lstmNorm() { check(NormCellUnderTest<Double>.lstm) }
  @Test("GRU with layer normalisation") func gruNorm() { check(NormCellUnderTest<Double>.gru) }

  private func check(_ cell: CellUnderTest<Double>) {
    for hidden in Self.sizes { check(cell.rows(hidden, count: 2, seed: hidden)) }
  }

  private func check(_ cell: NormCellUnderTest<Double>) {
    for hidden in Self.sizes { check(cell.rows(hidden, count: 2, seed: hidden)) }
  }

  /// L = Σ weight·next over all rows, so that dL/d(next) is what `gradient` holds at first.
  private func check(_ rows: CellRows<Double>) {
    let start = rows.part(), moved = rows.part()
    /// Central differences of fourth order for some of the numbers of a row: all of a short one.
    func slopes(_ row: KeyPath<CellRows<Double>, GuardedRow<Double>>) -> [(index: Int, slope: Double)] {
      stride(from: 0, to: start[keyPath: row].count, by: rows.hidden < 20 ? 1 : 7).map { index in
        let step = 0x1p-13
        func loss(_ steps: Double) -> Double {
          for j in 0..<start.gates.count { moved.gates[j] = start.gates[j] }
          moved[keyPath: row][index] = start[keyPath: row][index] + steps * step
          moved.forward()
          moved[keyPath: row][index] = start[keyPath: row][index]
          return zip(start.gradient.values, moved.next.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return (index, (8 * (loss(1) - loss(-1)) - (loss(2) - loss(-2))) / (12 * step))
      }
    }

    let (gates, previous, vectors) = (slopes(\.gates), slopes(\.previous), slopes(\.vectors))
    rows.forward()
    rows.backward()
    // Each row has added its part to a row of its own.
    let parts = zip(rows.vectorGradient.values, start.vectorGradient.values).map { $0 - $1 }
    let sums = (0..<rows.vectors.count).map { parts[$0] + parts[rows.vectors.count + $0] }
    // Rounding: 2⁻⁵³·|L|/step ≈ 10⁻¹⁶·100·10⁴ = 10⁻¹⁰. Truncation: step⁴/30·|L⁽⁵⁾| ≈ 10⁻¹⁷·|L⁽⁵⁾|, and a norm that
    // magnifies by 30 has a fifth derivative of some 10⁷.
    for (name, actual, expected) in [
      ("gates", rows.gates.values, gates), ("previous", rows.gradient.values, previous), ("vectors", sums, vectors),
    ] {
      for (j, slope) in expected {
        #expect(
          abs(actual[j] - slope) <= 1e-8 * max(1, abs(slope)),
          "\(name)[\(j)] of \(rows.hidden) units: \(actual[j]), slope \(slope)")
      }
    }
  }
}
