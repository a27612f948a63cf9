import Foundation
import Recurrent
import Testing

@Suite("Metrics")
struct MetricsTests {
  @Test("Accuracy of predictions and of outputs")
  func accuracy() {
    #expect(Metrics.accuracy([1, 2, 3, 0], [1, 2, 0, 0]) == 0.75)
    #expect(Metrics.accuracy([1, 2, 3, 0], [1, -1, 0, -1], ignoring: -1) == 0.5)
    #expect(Metrics.accuracy([], []).isNaN && Metrics.accuracy([1], [7], ignoring: 7).isNaN)
    let outputs: [Float] = [0, 2, 1, 5, 5, 1, -3, -2, -1]
    #expect(Metrics.accuracy(outputs, outputSize: 3, [1, 0, 2]) == 1)
    #expect(Metrics.accuracy(outputs, outputSize: 3, [1, 1, 0]) == 1.0 / 3)
    #expect(Metrics.accuracy(outputs, outputSize: 3, [1, 1, 0], ignoring: 0) == 0.5)
  }

  @Test("Perplexity of a uniform choice is the number of choices")
  func perplexity() {
    #expect(abs(Metrics.perplexity(nats: log(29)) - 29) < 29 * 8 * 0x1p-53)
    #expect(Metrics.perplexity(nats: 0) == 1)
  }

  /// By the definition: the cheapest of all ways to treat the last elements.
  private func naive(_ a: [Int], _ b: [Int]) -> Int {
    if a.isEmpty || b.isEmpty { return a.count + b.count }
    let (a1, b1) = (Array(a.dropLast()), Array(b.dropLast()))
    return min(naive(a1, b1) + (a.last == b.last ? 0 : 1), naive(a1, b) + 1, naive(a, b1) + 1)
  }

  @Test("Edit distance: known words, and every way of editing short lists")
  func editDistance() {
    #expect(Metrics.editDistance("kitten", "sitting") == 3)
    #expect(Metrics.editDistance("saturday", "sunday") == 3)
    #expect(Metrics.editDistance("", "abc") == 3 && Metrics.editDistance("", "") == 0)
    #expect(Metrics.editDistance("naïve", "naive") == 1)
    #expect(Metrics.editDistance(["to", "be"], ["to", "see", "be"][...]) == 1)
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<100 {
      func list() -> [Int] { (0..<Int(generator.uniform() * 6)).map { _ in Int(generator.uniform() * 3) } }
      let (a, b) = (list(), list())
      #expect(Metrics.editDistance(a, b) == naive(a, b), "\(a) \(b)")
    }
  }

  @Test("Error rates are over all references together")
  func errorRate() {
    #expect(Metrics.errorRate(["abc", "x"], ["abd", "xyzzy"]) == 5.0 / 8)
    let words = [["the", "cat", "sat"]]
    #expect(Metrics.errorRate(words, [["the", "cat", "sat", "down"]]) == 0.25)
    #expect(Metrics.errorRate(words, [["dog"]]) == 3)
    #expect(Metrics.errorRate([""], [""]) == 0)
    #expect(Metrics.errorRate(["a"], [""]) == .infinity)
  }
}
