internal import Kernels

/// What the workers of an engine are to do, in this order.
struct EnginePhases: OptionSet, Sendable, BitwiseCopyable {
  let rawValue: Int

  static let pack = EnginePhases(rawValue: 1)
  static let forward = EnginePhases(rawValue: 2)
  static let loss = EnginePhases(rawValue: 4)
  static let backward = EnginePhases(rawValue: 8)
  static let update = EnginePhases(rawValue: 16)
  /// The sum of squares of the gradient alone, where the update waits for another engine's.
  static let squares = EnginePhases(rawValue: 32)
  /// Attention's copies of its memory.
  static let memory = EnginePhases(rawValue: 64)
  /// Sums of several shards' gradients.
  static let sum = EnginePhases(rawValue: 128)

  // The combinations are made once: an array literal in a step would be allocated in every step.
  static let evaluation: EnginePhases = [.forward, .loss]
  static let training: EnginePhases = [.forward, .loss, .backward, .update]
  static let gradient: EnginePhases = [.forward, .loss, .backward]
  static let gradientWithoutLoss: EnginePhases = [.forward, .backward]
  static let gradients: EnginePhases = [.forward, .loss, .backward, .squares]
  static let afterGradient: EnginePhases = [.update, .squares]
  static let backwardAndSquares: EnginePhases = [.backward, .squares]
}

/// One call of an engine as one worker sees it: plain values, which each worker copies.
struct Call: Sendable {
  var phases: EnginePhases
  /// The batch, or the segment of it that this call is about.
  var rows: Rows
  /// Seed of this call's dropout masks; nil: no dropout.
  var dropoutSeed: UInt64?
  var update: UpdateRule?
  /// What is done with the gradients of shards.
  var sum: GradientSum?
  /// Whether gradients go on from those of the segment that follows this one.
  var continuesGradient = false
  /// Whether backward starts from a given dL/d(final state), and not from 0.
  var startsFromStateGradient = false
  /// Whether the head is left out, forward and backward.
  var skipsHead = false
  /// The shard whose gradient is exchanged in parts while it is computed; nil: it is not.
  var travellingShard: Int?
  var worker = 0
  let workers: Int

  /// The contiguous part of `0..<total` that belongs to this worker.
  func share(of total: Int) -> Range<Int> { total * worker / workers..<total * (worker + 1) / workers }
}

/// What a random mask is for: masks of different streams have nothing in common.
enum MaskStream {
  static func layer(_ index: Int) -> UInt64 { UInt64(index) }
  static func recurrent(_ recurrence: Int) -> UInt64 { 1 << 32 + UInt64(recurrence) }
  static func weights(_ recurrence: Int) -> UInt64 { 5 << 32 + UInt64(recurrence) }
  static let embedding: UInt64 = 6 << 32
  /// What the recurrence of a residual block adds, and what its feed-forward layer does.
  static func block(_ layer: Int) -> UInt64 { 3 << 32 + UInt64(layer) }
  static func feedForward(_ layer: Int) -> UInt64 { 4 << 32 + UInt64(layer) }
  static func zoneout(_ recurrence: Int, part: Int) -> UInt64 { 2 << 32 + UInt64(recurrence) << 8 + UInt64(part) }
}
