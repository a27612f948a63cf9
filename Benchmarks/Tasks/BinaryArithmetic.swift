public import Recurrent

/// KANN's tasks of arithmetic (`rnn-bit` of its README): two numbers, bit by bit from the lowest on, and at every step a
/// bit of the result. 30,000 pairs are there to be trained on, in turn. The error is the share of wrong bits.
public struct BinaryArithmetic: SequenceTask {
  public enum Operation: Sendable {
    /// a + b, both below 10,000.
    case addition
    /// a·b, a below 10,000 and b from 1 to 100: `mul100`.
    case multiplication

    func callAsFunction(_ a: UInt64, _ b: UInt64) -> UInt64 { self == .addition ? a + b : a * b }
  }

  typealias Pair = (a: UInt64, b: UInt64)

  public static let sampleCount = 30_000

  public let operation: Operation
  private let samples: [Pair]
  /// The sample that comes next.
  private var next = 0

  public var name: String { operation == .addition ? "addition" : "mul100" }
  public let input = ModelConfiguration.Input.vectors(size: 2)
  public let outputSize = 2
  public let head = ModelConfiguration.Head.everyStep
  public let loss = Loss.crossEntropy
  /// Bits of the greatest result, 19,998 or 999,900.
  public var steps: Int { operation == .addition ? 15 : 20 }
  public let errorName = "share of wrong bits"
  /// Of the rarer bit of each place of the results.
  public var baseline: Double {
    let rarer = (0..<steps).map { step in
      let ones = samples.count { operation($0.a, $0.b) >> UInt64(step) & 1 == 1 }
      return Double(min(ones, samples.count - ones))
    }
    return rarer.reduce(0, +) / Double(samples.count * steps)
  }

  /// - Parameter seed: of the samples.
  public init(_ operation: Operation, seed: UInt64) {
    self.operation = operation
    var generator = SeededGenerator(seed: seed)
    samples = (0..<Self.sampleCount).map { _ in Self.pair(operation, &generator) }
  }

  private static func pair(_ operation: Operation, _ generator: inout SeededGenerator) -> Pair {
    let a = generator.index(below: 10_000)
    let b = operation == .addition ? generator.index(below: 10_000) : generator.index(below: 100) + 1
    return (UInt64(a), UInt64(b))
  }

  public mutating func trainingBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch {
    let pairs = (0..<count).map { samples[(next + $0) % samples.count] }
    next = (next + count) % samples.count
    return batch(pairs, steps: steps)
  }

  public func testBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch {
    batch((0..<count).map { _ in Self.pair(operation, &generator) }, steps: steps)
  }

  private func batch(_ pairs: [Pair], steps: Int) -> TaskBatch {
    var batch = TaskBatch(count: pairs.count)
    for step in 0..<UInt64(steps) {
      for (a, b) in pairs {
        batch.vectors += [Float(a >> step & 1), Float(b >> step & 1)]
        batch.classes.append(Int32(operation(a, b) >> step & 1))
      }
    }
    return batch
  }

  public func error(of outputs: [Float], on batch: TaskBatch) -> Double {
    let wrong = batch.classes.indices.count { greatest(outputs, row: $0) != batch.classes[$0] }
    return Double(wrong) / Double(batch.classes.count)
  }

  /// What the model makes of two numbers of up to 63 bits.
  public func result(_ a: UInt64, _ b: UInt64, by model: Model<Float>) throws(PlanError) -> UInt64 {
    let steps = 63
    var pass = try InferencePass(model, steps: steps, batchSize: 1, threads: 1)
    var vectors: [Float] = []
    for step in 0..<UInt64(steps) { vectors += [Float(a >> step & 1), Float(b >> step & 1)] }
    pass.run(vectors: vectors.span)
    let outputs = pass.outputs
    return (0..<steps).reduce(0) { $0 | UInt64(greatest(outputs, row: $1)) << UInt64($1) }
  }
}
