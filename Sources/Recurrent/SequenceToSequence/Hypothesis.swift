internal import Kernels

internal import Foundation

/// How a target is searched for.
public struct DecodingOptions: Sendable, Hashable {
  /// Hypotheses that are followed at once; 1 is greedy decoding.
  public var beamWidth: Int
  /// α of the length penalty ((5 + |Y|)/6)^α by which the log-probability of a hypothesis Y, its end counted, is divided
  /// (Wu et al. 2016, equation 14 without coverage). 0: none, and short targets are favoured.
  public var lengthPenalty: Double
  /// The most tokens of a target, the end not counted.
  public var maximumLength: Int

  /// - Precondition: at least one hypothesis and one token; the penalty finite and not negative.
  public init(beamWidth: Int = 1, lengthPenalty: Double = 0, maximumLength: Int) {
    require(beamWidth >= 1, "the beam's width must be 1 or more, got \(beamWidth)")
    require(
      lengthPenalty >= 0 && lengthPenalty.isFinite,
      "the length penalty must be finite and not negative, got \(lengthPenalty)")
    require(maximumLength >= 1, "the maximum length must be 1 or more, got \(maximumLength)")
    self.beamWidth = beamWidth
    self.lengthPenalty = lengthPenalty
    self.maximumLength = maximumLength
  }

  /// The likeliest token at every step.
  public static func greedy(maximumLength: Int) -> DecodingOptions { DecodingOptions(maximumLength: maximumLength) }

  /// ((5 + length)/6)^α
  func penalty(length: Int) -> Double { pow((5 + Double(length)) / 6, lengthPenalty) }
}

/// A target that was found.
public struct Hypothesis: Sendable, Hashable {
  /// Without start and end.
  public let tokens: [Int32]
  /// Of all its tokens, the end counted if it has one; natural.
  public let logProbability: Double
  /// `logProbability` over the length penalty; hypotheses are sorted by it.
  public let score: Double
  /// Whether it ended, and was not cut off at the maximum length.
  public let isComplete: Bool
}

/// The beam of one source: hypotheses that go on, and those that are done (Sutskever, Vinyals & Le 2014: one that ends leaves
/// the beam, which is narrower from then on).
struct Beam {
  struct Live {
    var tokens: [Int32]
    var logProbability: Double
  }

  private struct Candidate {
    let parent: Int
    let token: Int32
    let logProbability: Double
  }

  private let options: DecodingOptions
  private let end: Int32
  private(set) var live = [Live(tokens: [], logProbability: 0)]
  private var done: [Hypothesis] = []
  /// The likeliest continuations, the best first.
  private var candidates: [Candidate] = []

  init(_ options: DecodingOptions, end: Int32) {
    (self.options, self.end) = (options, end)
    candidates.reserveCapacity(options.beamWidth)
  }

  /// Goes on by one token.
  /// - Parameter logits: of hypothesis number i.
  /// - Returns: for each hypothesis that goes on now, the number of that which it comes from.
  mutating func extend<S: Scalar>(_ logits: (_ hypothesis: Int) -> [S]) -> [Int] {
    candidates.removeAll(keepingCapacity: true)
    for parent in live.indices { offer(logits(parent), parent) }
    let isLast = live[0].tokens.count == options.maximumLength
    var parents: [Int] = []
    var next: [Live] = []
    for candidate in candidates {
      let tokens = live[candidate.parent].tokens
      if candidate.token == end {
        finish(tokens, candidate.logProbability, isComplete: true)
      } else if isLast {
        guard !parents.contains(candidate.parent) else { continue }
        parents.append(candidate.parent)
        finish(tokens, live[candidate.parent].logProbability, isComplete: false)
      } else {
        parents.append(candidate.parent)
        next.append(Live(tokens: tokens + [candidate.token], logProbability: candidate.logProbability))
      }
    }
    live = next
    return isLast ? [] : parents
  }

  /// Keeps the likeliest continuations of all hypotheses; of equally likely ones the first.
  private mutating func offer<S: Scalar>(_ logits: [S], _ parent: Int) {
    let width = options.beamWidth - done.count
    let before = live[parent].logProbability
    let greatest = Double(logits.max()!)
    let total = greatest + log(logits.reduce(0) { $0 + exp(Double($1) - greatest) })
    for (token, logit) in logits.enumerated() {
      let sum = before + (Double(logit) - total)
      if candidates.count == width {
        guard sum > candidates[width - 1].logProbability else { continue }
        candidates.removeLast()
      }
      let place = candidates.firstIndex { $0.logProbability < sum } ?? candidates.count
      candidates.insert(Candidate(parent: parent, token: Int32(token), logProbability: sum), at: place)
    }
  }

  private mutating func finish(_ tokens: [Int32], _ logProbability: Double, isComplete: Bool) {
    let length = tokens.count + (isComplete ? 1 : 0)
    done.append(
      Hypothesis(
        tokens: tokens, logProbability: logProbability, score: logProbability / options.penalty(length: length),
        isComplete: isComplete))
  }

  /// The best first, those that ended before those that were cut off.
  var hypotheses: [Hypothesis] {
    done.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      if a.isComplete != b.isComplete { return a.isComplete }
      return a.score != b.score ? a.score > b.score : left.offset < right.offset
    }.map(\.element)
  }
}
