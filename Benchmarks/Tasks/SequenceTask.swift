public import Recurrent

/// A published task for recurrent networks: what a model sees and what it should give, drawn without end or taken in
/// turn from a training set.
public protocol SequenceTask: Sendable {
  /// Says what it is, with its size.
  var name: String { get }
  var input: ModelConfiguration.Input { get }
  /// O.
  var outputSize: Int { get }
  var head: ModelConfiguration.Head { get }
  var loss: Loss { get }
  /// T.
  var steps: Int { get }
  /// What `error` and `baseline` mean.
  var errorName: String { get }
  /// The error of the best model that has no memory.
  var baseline: Double { get }

  /// The next sequences to train on.
  mutating func trainingBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch
  /// Sequences that no training has seen, but for chance.
  func testBatch(_ count: Int, using generator: inout SeededGenerator) -> TaskBatch
  /// Mean error of the model's outputs, [T, N, O] or [N, O], on `batch`.
  func error(of outputs: [Float], on batch: TaskBatch) -> Double
}

/// N sequences and what should come of them, time-major.
public struct TaskBatch: Sendable {
  /// N.
  public var count: Int
  /// [T, N], or [T, N, I].
  public var tokens: [Int32] = []
  public var vectors: [Float] = []
  /// A row of the head each, or O values of the head each.
  public var classes: [Int32] = []
  public var values: [Float] = []

  public init(count: Int) { self.count = count }
}

extension SeededGenerator {
  /// Uniform in 0..<limit.
  mutating func index(below limit: Int) -> Int { Int(uniform() * Double(limit)) }
}

extension SequenceTask {
  /// Index of the greatest of a row's outputs.
  func greatest(_ outputs: [Float], row: Int) -> Int {
    let logits = outputs[row * outputSize..<(row + 1) * outputSize]
    return logits.indices.max { logits[$0] < logits[$1] }! - logits.startIndex
  }
}
