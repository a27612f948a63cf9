import Foundation
import Kernels
import Testing

@Suite("Steps of connectionist temporal classification")
struct CTCKernelTests {
  /// Logarithms of probabilities, some of them of 0.
  private func row<Element: KernelScalar>(_ count: Int, _ bound: Double, _ random: inout SplitMix64) -> [Element] {
    (random.numbers(count, within: bound) as [Element]).map {
      Double.random(in: 0..<1, using: &random) < 0.2 ? -.infinity : $0
    }
  }

  @Test("The sum of three probabilities, times a fourth")
  func step() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(13)
      for count in Array(0...40) + [100] {
        for bound in [0.5, 5, 600] {
          let rows: [[Element]] = (0..<4).map { _ in row(count, bound, &random) }
          let allowed = (0..<count).map { _ in Bool.random(using: &random) ? 0 : -Element.infinity }
          let guarded = (rows + [allowed]).map { GuardedRow($0) }
          let result = GuardedRow<Element>(count: count)
          unsafe Element.kernels.ctc_step(
            count, guarded[0].input, guarded[1].input, guarded[2].input, guarded[4].input, guarded[3].input,
            result.output)
          for index in 0..<count {
            let terms = [rows[0][index], rows[1][index], rows[2][index] + allowed[index]].map { Double($0) }
            let most = terms.max()!
            let sum = most == -.infinity ? most : most + log(terms.reduce(0) { $0 + exp($1 - most) })
            let expected = sum + Double(rows[3][index])
            if expected == -.infinity {
              #expect(result[index] == -.infinity)
              continue
            }
            // Two differences, which the exponential of at most 1 makes absolute, two exponentials, the logarithm
            // of at most log 3, and two sums; all relative to the size of what is added.
            let size = max(abs(most), abs(sum), abs(Double(rows[3][index])), 1)
            #expect(abs(Double(result[index]) - expected) <= 12 * Element.unitRoundoff * size)
          }
          #expect(result.isIntact && guarded.allSatisfy(\.isIntact))
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("A small probability beside a large one is not lost")
  func small() {
    let minus = -Double.infinity
    for gap in [1.0, 10, 30, 36] {
      let (stay, others) = (GuardedRow([0.0]), GuardedRow([-gap]))
      let (skip, zero) = (GuardedRow([minus]), GuardedRow([0.0]))
      let result = GuardedRow<Double>(count: 1)
      unsafe Double.kernels.ctc_step(1, stay.input, others.input, skip.input, zero.input, zero.input, result.output)
      #expect(abs(result[0] / log1p(exp(-gap)) - 1) <= 8 * 0x1p-53)
    }
  }

  @Test("How often a state is used")
  func occupancy() {
    func check<Element: KernelScalar>(_: Element.Type) {
      var random = SplitMix64(14)
      for count in Array(0...40) + [100] {
        let before: [Element] = row(count, 8, &random)
        let after: [Element] = random.numbers(count, within: 8)
        let emission: [Element] = random.numbers(count, within: 8)
        let rows = [before, after, emission].map { GuardedRow($0) }
        let result = GuardedRow<Element>(count: count)
        unsafe Element.kernels.ctc_occupancy(count, rows[0].input, rows[1].input, rows[2].input, 24, result.output)
        for index in 0..<count {
          let exponent = Double(before[index]) + Double(after[index]) - Double(emission[index]) - 24
          // Three differences of numbers below 48 in the exponent, then the exponential.
          #expect(
            abs(Double(result[index]) - exp(exponent)) <= (3 * 48 + 6) * Element.unitRoundoff * exp(exponent))
        }
        #expect(result.isIntact && rows.allSatisfy(\.isIntact))
      }
    }
    check(Float.self)
    check(Double.self)
  }
}
