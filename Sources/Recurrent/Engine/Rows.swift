internal import Kernels

/// Which rows a batch has, and whose they are: the geometry of a batch, or of a segment of its time. A value that is made
/// when the inputs are set (`Engine+Inputs`) and passed along.
///
/// The sequences of a batch stand in slots, the longest first. A step has rows for those that are not over, one after the
/// other in the order of the slots; steps follow each other without a gap. No step of a sequence that is over has a
/// row: nothing is computed for it. (PyTorch's packed sequences have the same layout.)
///
/// The other direction of a layer counts the steps of each sequence from its last: the same rows, and row (t, slot) is
/// row (length − 1 − t, slot) there.
struct Rows: Sendable {
  private let indices: Memory<Int32>
  let index: IndexLayout
  /// N of the plan.
  let batchSize: Int
  /// Whether its sequences may differ in length or be fewer than N.
  let isRagged: Bool
  let sequenceCount: Int
  /// Steps of the longest sequence of the batch.
  let batchSteps: Int
  /// Steps at the beginning of the batch whose outputs have no targets: they only carry gradients.
  var untargetedSteps = 0
  /// Of the segment: the steps and rows of the batch before it, and its steps.
  private(set) var firstStep = 0
  private(set) var rowOffset = 0
  private(set) var steps: Int
  /// Which sequences of the whole batch these are.
  var part: BatchPart

  /// The rows whose starts, order and lengths stand in the indices.
  init(
    _ index: IndexLayout, in indices: Memory<Int32>, batchSize: Int, isRagged: Bool, sequenceCount: Int, steps: Int
  ) {
    (self.index, self.indices, self.batchSize) = (index, indices, batchSize)
    (self.isRagged, self.sequenceCount, batchSteps, self.steps) = (isRagged, sequenceCount, steps, steps)
    part = .all(of: batchSize)
  }

  /// A segment of the batch's time: its steps and rows are counted from 0.
  func segment(_ steps: Range<Int>) -> Rows {
    var segment = self
    segment.firstStep = steps.lowerBound
    segment.rowOffset = Int(indices[index.starts + steps.lowerBound])
    segment.steps = steps.count
    return segment
  }

  /// Rows of the whole batch.
  var batchRowCount: Int { Int(indices[index.starts + batchSteps]) }

  /// R of the segment.
  var rowCount: Int { firstRow(ofStep: steps) }

  @inline(__always)
  func firstRow(ofStep step: Int) -> Int { Int(indices[index.starts + firstStep + step]) - rowOffset }

  /// Sequences that have a step.
  @inline(__always)
  func activeCount(inStep step: Int) -> Int {
    let next = index.starts + firstStep + step + 1
    return Int(indices[next] - indices[next - 1])
  }

  func length(ofSlot slot: Int) -> Int {
    min(max(Int(indices[index.lengths + slot]) - firstStep, 0), steps)
  }

  @inline(__always)
  func sequence(inSlot slot: Int) -> Int { Int(indices[index.order + slot]) }

  func slot(of sequence: Int) -> Int {
    guard isRagged else { return sequence }
    for slot in 0..<sequenceCount where self.sequence(inSlot: slot) == sequence { return slot }
    stop("sequence \(sequence) of \(sequenceCount)")
  }

  /// Whether a sequence starts from the trained initial state.
  func isFresh(_ sequence: Int) -> Bool { indices[index.isFresh + sequence] != 0 }

  /// The row that a row is for the other direction.
  @inline(__always)
  func mirrored(_ row: Int) -> Int {
    guard let mirror = index.mirror else { stop("a layer of one direction has no mirrored rows") }
    return Int(indices[mirror.rows + row])
  }

  /// Row of a recurrence's states with the state before the step of slot 0; that of the other slots follows, but for the
  /// first step of a ragged batch, where initial states stand in the order of the batch.
  @inline(__always)
  func previousRow(inStep step: Int) -> Int { step == 0 ? 0 : batchSize + firstRow(ofStep: step - 1) }

  /// Row of a recurrence's states with the state of a sequence after its last step.
  func finalStateRow(ofSlot slot: Int) -> Int {
    let length = length(ofSlot: slot)
    return length == 0 ? sequence(inSlot: slot) : batchSize + firstRow(ofStep: length - 1) + slot
  }

  func lastRow(ofSlot slot: Int) -> Int { firstRow(ofStep: length(ofSlot: slot) - 1) + slot }

  /// Calls `body` for every row of `rows` with the step and the sequence whose row it is.
  @inline(__always)
  func forEachRow(in rows: Range<Int>, _ body: (_ row: Int, _ step: Int, _ sequence: Int) -> Void) {
    guard !rows.isEmpty else { return }
    var step = 0
    while firstRow(ofStep: step + 1) <= rows.lowerBound { step += 1 }
    for row in rows {
      while firstRow(ofStep: step + 1) <= row { step += 1 }
      body(row, step, sequence(inSlot: row - firstRow(ofStep: step)))
    }
  }

  /// Where the slots of share `share` of `count` begin, so that all shares have about as many rows.
  func firstSlot(ofShare share: Int, of count: Int) -> Int {
    guard isRagged else { return sequenceCount * share / count }
    if share == count { return sequenceCount }
    var left = rowCount * share / count
    for slot in 0..<sequenceCount {
      if left <= length(ofSlot: slot) / 2 { return slot }
      left -= length(ofSlot: slot)
    }
    return sequenceCount
  }
}

extension Range<Int> {
  func moved(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
