/// How large the batches of a plan are, and what is kept of them.
struct BatchSizes: Sendable {
  /// T.
  let steps: Int
  /// N.
  let batchSize: Int
  /// Steps that are kept at once: T, or fewer where a training batch is recomputed in segments.
  let keptSteps: Int
  /// Steps whose input product is done at once, before the steps themselves. All in training, which keeps every gate;
  /// else so many that the products have rows enough, and few enough that the steps find what was written in the cache.
  private(set) var blockSteps: Int
  let isTraining: Bool
  /// Whether a batch of training may have sequences of different lengths, or fewer than N.
  let isRagged: Bool

  /// The same with blocks of about so many rows.
  func blocks(ofRows rows: Int) -> BatchSizes {
    var result = self
    if !isTraining { result.blockSteps = min(steps, max(1, rows / batchSize)) }
    return result
  }

  /// T·N.
  var rows: Int { steps * batchSize }
  /// Rows that are kept at once.
  var keptRows: Int { keptSteps * batchSize }
  /// Rows of gates: backward needs all steps; without it those of a block take turns.
  var gateRows: Int { isTraining ? keptRows : blockSteps * batchSize }
  var isSegmented: Bool { keptSteps < steps }
  /// Whether a row's result must not depend on the rows that go along with it.
  var keepsRows: Bool { !isTraining || isRagged || isSegmented }
}
