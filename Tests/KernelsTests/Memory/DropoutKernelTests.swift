import Kernels
import Testing

@Suite("Dropout")
struct DropoutKernelTests {
  private func dropped<Element: KernelScalar>(
    _ x: [Element], seed: UInt64, first: UInt64, threshold: UInt32, scale: Double = 2
  ) -> [Element] {
    let input = GuardedRow(x), output = GuardedRow<Element>(count: x.count)
    unsafe Element.kernels.dropout(x.count, input.input, output.output, seed, first, threshold, scale)
    #expect(output.isIntact)
    return output.values
  }

  private func kept(_ count: Int, seed: UInt64, first: UInt64, threshold: UInt32) -> [Bool] {
    dropped([Float](repeating: 1, count: count), seed: seed, first: first, threshold: threshold).map { $0 != 0 }
  }

  @Test("The kept share is that of the threshold", arguments: [0.1, 0.25, 0.5, 0.9])
  func rate(probability: Double) {
    let count = 100_000, threshold = UInt32(probability * 0x1p32)
    for (seed, first) in [(0, 0), (1, 0), (99, 0xffff_0000), (UInt64.max, UInt64(1) << 40)] as [(UInt64, UInt64)] {
      let kept = kept(count, seed: seed, first: first, threshold: threshold).count { $0 }
      // Five standard deviations of a binomial count.
      let deviation = (Double(count) * probability * (1 - probability)).squareRoot()
      #expect(abs(Double(kept) - Double(count) * (1 - probability)) < 5 * deviation)
    }
  }

  @Test("Counters, seeds and neighbours are independent")
  func independence() {
    let count = 100_000
    let reference = kept(count, seed: 5, first: 0, threshold: 1 << 31)
    // The share of equal decisions of two fair coins is a half, within five standard deviations.
    func expectIndependent(_ other: ArraySlice<Bool>, _ comment: Comment) {
      let equal = zip(reference, other).count { $0 == $1 }
      #expect(abs(Double(equal) - Double(other.count) / 2) < 2.5 * Double(count).squareRoot(), comment)
    }
    for seed in [4, 6, 7, 5 + 1 << 32] as [UInt64] {
      expectIndependent(kept(count, seed: seed, first: 0, threshold: 1 << 31)[...], "seed \(seed)")
    }
    for lag in [1, 2, 3, 4, 8, 16, 64, 256, 1024] {
      expectIndependent(reference[lag...], "lag \(lag)")
    }
    expectIndependent(kept(count, seed: 5, first: 1 << 32, threshold: 1 << 31)[...], "high word")
  }

  @Test("A decision depends on the seed and the counter alone")
  func determinism() {
    var random = SplitMix64(9)
    for first in [0, 1000, 0xffff_ffff - 40, 0xffff_ffff_ff00] as [UInt64] {
      let x: [Float] = random.numbers(100, within: 1)
      let whole = dropped(x, seed: 42, first: first, threshold: 1 << 30)
      for start in 0..<100 {
        let piece = dropped(Array(x[start...]), seed: 42, first: first + UInt64(start), threshold: 1 << 30)
        #expect(piece == Array(whole[start...]))
      }
      let double = dropped(x.map(Double.init), seed: 42, first: first, threshold: 1 << 30)
      #expect(double == whole.map(Double.init))
      for (before, after) in zip(x, whole) { #expect(after == 0 || after == 2 * before) }
    }
  }

  @Test("The same decisions on every machine and in every release")
  func stability() {
    let kept = kept(64, seed: 1, first: 0, threshold: 1 << 31)
    #expect(kept.reduce(UInt64(0)) { $0 << 1 | ($1 ? 1 : 0) } == 0xc3af_ebfe_bf58_7ae5)
  }

  @Test("A threshold of 0 keeps everything; what is dropped is 0 even from NaN")
  func edges() {
    #expect(dropped([1, 2, 3] as [Float], seed: 3, first: 0, threshold: 0, scale: 1) == [1, 2, 3])
    let nan = dropped([Float](repeating: .nan, count: 1000), seed: 3, first: 0, threshold: 1 << 31)
    #expect(nan.allSatisfy { $0.isNaN || $0 == 0 })
    #expect(nan.contains { $0.isNaN } && nan.contains { $0 == 0 })
  }
}
