internal import Foundation
internal import Storage

/// Draws tokens from logits; keeps its room, so that drawing allocates nothing.
struct TokenDrawer: Sendable {
  var options: SamplingOptions
  /// [V] unnormalised probabilities.
  private var weights: [Double]
  /// [V] tokens; the first of them a heap with the likeliest on top, the rest taken from it, the likeliest last.
  private var order: [Int32]

  init(_ options: SamplingOptions, count: Int) {
    self.options = options
    weights = [Double](repeating: 0, count: count)
    order = [Int32](repeating: 0, count: count)
  }

  /// - Returns: nil where a logit is NaN or the largest is infinite: then there are no probabilities to draw by.
  /// - Precondition: `logits` has the count given to `init`.
  mutating func draw<S: Scalar>(_ logits: Span<S>, using generator: inout SeededGenerator) -> Int32? {
    require(logits.count == weights.count, "expected \(weights.count) logits, got \(logits.count)")
    var best = 0
    var areNumbers = true
    for index in logits.indices {
      if logits[index] > logits[best] { best = index }
      areNumbers = areNumbers && !logits[index].isNaN
    }
    guard areNumbers, logits[best].isFinite else { return nil }
    if options.temperature == 0 { return Int32(best) }

    let maximum = Double(logits[best])
    var total = 0.0
    for index in logits.indices {
      weights[index] = exp((Double(logits[index]) - maximum) / options.temperature)
      total += weights[index]
    }
    if options.topK == nil, options.topP == nil { return drawFromAll(generator.uniform() * total) }
    return drawFromLikeliest(total, &generator)
  }

  /// The token at which the running sum of weights passes `target`.
  private func drawFromAll(_ target: Double) -> Int32 {
    var sum = 0.0
    for index in weights.indices {
      sum += weights[index]
      if target < sum { return Int32(index) }
    }
    return Int32(weights.count - 1)
  }

  private mutating func drawFromLikeliest(_ total: Double, _ generator: inout SeededGenerator) -> Int32 {
    for index in order.indices { order[index] = Int32(index) }
    for root in (0..<order.count / 2).reversed() { sink(root, end: order.count) }
    let enough = (options.topP ?? 1) * total
    let most = min(options.topK ?? order.count, order.count)
    var heapCount = order.count
    var sum = 0.0
    repeat {
      heapCount -= 1
      order.swapAt(0, heapCount)
      sink(0, end: heapCount)
      sum += weights[Int(order[heapCount])]
    } while order.count - heapCount < most && sum < enough && heapCount > 0

    var rest = generator.uniform() * sum
    for index in (heapCount..<order.count).reversed() {
      rest -= weights[Int(order[index])]
      if rest < 0 { return order[index] }
    }
    return order[heapCount]
  }

  private mutating func sink(_ start: Int, end: Int) {
    var parent = start
    while true {
      var largest = parent
      for child in 2 * parent + 1...2 * parent + 2 where child < end && precedes(child, largest) { largest = child }
      if largest == parent { return }
      order.swapAt(parent, largest)
      parent = largest
    }
  }

  /// Of equal weights the smaller token counts as likelier, so that the seed alone decides.
  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (a, b) = (order[left], order[right])
    let (wa, wb) = (weights[Int(a)], weights[Int(b)])
    return wa > wb || (wa == wb && a < b)
  }
}
