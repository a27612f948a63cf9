import Foundation
import Recurrent
import Storage

/// One text that a model writes, token by token.
struct SampledText: ~Copyable {
  private let vocabulary: Vocabulary
  private var sampler: Sampler<Float>
  private var stops: StopTexts
  private let keepsTokens: Bool
  /// Of the tokens that were drawn, where they are kept: a text may be without end.
  private(set) var tokens: [(token: Int32, logProbability: Double)] = []
  /// Whether a stop ended it.
  private(set) var isStopped = false

  /// - Parameter keepsTokens: whether tokens and their probabilities are wanted.
  init(_ sampler: consuming Sampler<Float>, _ vocabulary: Vocabulary, stops: [String], keepsTokens: Bool) {
    self.keepsTokens = keepsTokens
    self.sampler = sampler
    self.vocabulary = vocabulary
    self.stops = StopTexts(stops)
  }

  /// Writes on from a start.
  /// - Parameters:
  ///   - start: tokens of the prompt; empty: begins as after a line end, or with a random token where there is none.
  ///   - length: tokens to draw.
  ///   - write: takes what is written, the start included.
  /// - Throws: what `write` throws; `Failure` where the model's outputs are no longer finite.
  mutating func run(from start: [Int32], length: Int, _ write: ([UInt8]) throws -> Void) throws {
    for token in start {
      sampler.feed(token)
      try write(bytes(token))
    }
    var count = 0
    if start.isEmpty {
      if let newline = vocabulary.token(of: 0x0A) {
        sampler.feed(newline)
      } else if length > 0 {
        let token = sampler.randomToken()
        sampler.feed(token)
        if keepsTokens { tokens.append((token, -log(Double(vocabulary.count)))) }
        count = 1
        if try pass(token, write) { return }
      }
    }
    while count < length {
      let logits = sampler.logits
      guard logits.allSatisfy(\.isFinite) else {
        throw Failure(message: "the model's outputs are no longer finite numbers", status: .notFinite)
      }
      let token = sampler.next()
      if keepsTokens { tokens.append((token, Self.logProbability(of: token, logits))) }
      count += 1
      if try pass(token, write) { return }
    }
    let rest = stops.rest()
    if !rest.isEmpty { try write(rest) }
  }

  /// - Returns: whether the text ends.
  private mutating func pass(_ token: Int32, _ write: ([UInt8]) throws -> Void) throws -> Bool {
    let (text, isEnd) = stops.pass(bytes(token))
    if !text.isEmpty { try write(text) }
    isStopped = isEnd
    return isEnd
  }

  private func bytes(_ token: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    vocabulary.appendUTF8(of: token, to: &bytes)
    return bytes
  }

  /// log softmax, whatever the temperature.
  private static func logProbability(of token: Int32, _ logits: [Float]) -> Double {
    let largest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
    return Double(logits[Int(token)]) - largest - log(sum)
  }

  /// As `rnn sample --json` writes it.
  func json(prompt: [Int32], text: [UInt8], seed: UInt64) -> JSON {
    .object([
      (key: "seed", value: Int(exactly: seed).map { .integer($0) } ?? .string(String(seed))),
      (key: "prompt", value: .string(vocabulary.decode(prompt))),
      (key: "text", value: .string(String(decoding: text, as: UTF8.self))),
      (key: "stopped", value: .bool(isStopped)),
      (key: "log_probability", value: .number(tokens.reduce(0) { $0 + $1.logProbability })),
      (
        key: "tokens",
        value: .array(
          tokens.map { token, logProbability in
            .object([
              (key: "token", value: .integer(Int(token))), (key: "text", value: .string(vocabulary.decode([token]))),
              (key: "log_probability", value: .number(logProbability)),
            ])
          })
      ),
    ])
  }
}
