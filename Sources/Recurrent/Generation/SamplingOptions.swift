/// How the next token is drawn from the model's distribution.
public struct SamplingOptions: Sendable, Hashable {
  /// Logits are divided by it: below 1 bolder, above 1 more varied; 0 takes the likeliest token.
  public var temperature: Double
  /// Only the k likeliest tokens are drawn from; nil: all.
  public var topK: Int?
  /// Only the fewest likeliest tokens whose probabilities reach this sum are drawn from (nucleus sampling, Holtzman et
  /// al. 2020); nil: all.
  public var topP: Double?

  /// - Precondition: temperature finite and not negative, k at least 1, 0 < p ≤ 1.
  public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil) {
    precondition(
      temperature >= 0 && temperature.isFinite, "temperature must be finite and not negative, got \(temperature)")
    precondition(topK ?? 1 >= 1, "top-k must be 1 or more, got \(topK!)")
    precondition((topP ?? 1) > 0 && (topP ?? 1) <= 1, "top-p must be above 0 and at most 1, got \(topP!)")
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  public static let greedy = SamplingOptions(temperature: 0)
}

/// Draws tokens from logits; keeps its room, so that drawing allocates nothing.
struct TokenDrawer: Sendable {
  private let options: SamplingOptions
  /// Unnormalised probabilities, and token numbers in descending order of them.
  private var weights: [Double]
  private var order: [Int32]

  init(_ options: SamplingOptions, count: Int) {
    self.options = options
    weights = [Double](repeating: 0, count: count)
    order = [Int32](repeating: 0, count: count)
  }

  /// - Precondition: `logits` has the count given to `init`.
  mutating func draw<S: Scalar>(_ logits: Span<S>, using generator: inout SeededGenerator) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    if options.temperature == 0 { return Int32(best) }

    let maximum = Double(logits[best])
    var total = 0.0
    for index in logits.indices {
      weights[index] = exponential((Double(logits[index]) - maximum) / options.temperature)
      total += weights[index]
    }
    guard options.topK != nil || options.topP != nil else {
      return pick(generator.uniform() * total) { Int32($0) }
    }

    for index in order.indices { order[index] = Int32(index) }
    // Equal weights stay in the order of the tokens, so that a seed decides alone.
    order.sort { (weights[Int($0)], $1) > (weights[Int($1)], $0) }
    let enough = (options.topP ?? 1) * total
    var kept = 0
    var sum = 0.0
    while kept < min(options.topK ?? order.count, order.count), kept == 0 || sum < enough {
      sum += weights[Int(order[kept])]
      kept += 1
    }
    return pick(generator.uniform() * sum) { order[min($0, kept - 1)] }
  }

  /// The token at which the running sum of weights passes `target`.
  private func pick(_ target: Double, _ token: (Int) -> Int32) -> Int32 {
    var sum = 0.0
    for place in weights.indices {
      sum += weights[Int(token(place))]
      if target < sum { return token(place) }
    }
    return token(weights.count - 1)
  }
}
