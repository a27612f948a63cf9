internal import Foundation
internal import Kernels

/// How well a token model predicts a text.
public struct Evaluation: Sendable, Hashable {
  /// Mean of −log p(next token), in nats.
  public let loss: Double
  /// Tokens that were predicted.
  public let tokenCount: Int
  /// The loss in bits.
  public var bits: Double { loss / log(2) }
  /// e to the loss.
  public var perplexity: Double { exp(loss) }
}

extension Model {
  /// Predicts each token of `tokens` from all before it, as one sequence with the state carried from zero on.
  /// - Parameters:
  ///   - products: who multiplies; by `.automatic` packed kernels.
  ///   - threads: workers; 0: one for each processor. Results do not depend on it.
  /// - Precondition: a token model with one output a token at every step; at least two tokens.
  /// - Throws: `PlanError` where the memory does not suffice.
  public func evaluate(
    _ tokens: [Int32], products: Products = .automatic, threads: Int = 0
  ) throws(PlanError) -> Evaluation {
    require(tokens.count >= 2, "an evaluation needs 2 tokens or more, got \(tokens.count)")
    let count = tokens.count - 1
    let segment = min(count, 512)
    let plan = try Plan(
      configuration, steps: segment, batchSize: 1, purpose: .inference(loss: .crossEntropy), products: products,
      scalar: S.self)
    let engine = Engine<S>(plan, threads: threads)
    engine.load(self)
    var sum = 0.0
    for start in stride(from: 0, to: count, by: segment) {
      let steps = min(segment, count - start)
      let rows = engine.setTokens(tokens.span.extracting(start..<start + steps), steps: steps)
      engine.setClasses(tokens.span.extracting(start + 1..<start + 1 + steps), rows)
      engine.perform(.evaluation, rows)
      engine.carryState(after: rows)
      sum += engine.meanLoss(rows) * Double(steps)
    }
    return Evaluation(loss: sum / Double(count), tokenCount: count)
  }
}
