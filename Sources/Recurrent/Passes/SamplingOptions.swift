internal import Storage

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
    require(
      temperature >= 0 && temperature.isFinite, "temperature must be finite and not negative, got \(temperature)")
    require(topK ?? 1 >= 1, "top-k must be 1 or more, got \(topK!)")
    require((topP ?? 1) > 0 && (topP ?? 1) <= 1, "top-p must be above 0 and at most 1, got \(topP!)")
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  /// Always the likeliest token.
  public static let greedy = SamplingOptions(temperature: 0)
}
