internal import Kernels

/// Which rows a batch has, and whose they are.
///
/// The sequences of a batch stand in places, the longest first. A step has rows for those that are not over, one after the
/// other in the order of the places; steps follow each other without a gap. No step of a sequence that is over has a
/// row: nothing is computed for it. (PyTorch's packed sequences have the same layout.)
///
/// The other direction of a layer counts the steps of each sequence from its last: the same rows, and row (t, place) is
/// row (length − 1 − t, place) there.
extension Engine {
  /// A batch of N sequences of `steps` steps.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func setRows(steps: Int) {
    untargetedSteps = 0
    guard isRagged || steps != batchSteps else { return setSegment(0..<steps) }
    let batch = plan.batchSize
    for step in 0...steps { indices[plan.index.starts + step] = Int32(step * batch) }
    for place in 0..<batch {
      indices[plan.index.order + place] = Int32(place)
      indices[plan.index.lengths + place] = Int32(steps)
    }
    (isRagged, sequenceCount, batchSteps) = (false, batch, steps)
    setSegment(0..<steps)
    setMirror()
  }

  /// A batch of sequences of such lengths, at most N.
  /// - Returns: the steps of the longest.
  @discardableResult
  func setRows(lengths: [Int]) -> Int {
    untargetedSteps = 0
    precondition(
      !plan.isTraining || plan.isRagged,
      "sequences of different lengths need a plan for them: ask for one with isRagged: true")
    precondition(
      !lengths.isEmpty && lengths.count <= plan.batchSize,
      "expected 1 to \(plan.batchSize) sequences, got \(lengths.count)")
    for (sequence, length) in lengths.enumerated() {
      precondition(
        length >= 0 && length <= plan.steps,
        "sequence \(sequence) has \(length) steps; expected 0...\(plan.steps)")
    }
    // Sorted by counting, which keeps the order of equally long ones and allocates nothing. First the number of
    // sequences of each length, then of longer ones, and while they take their places that of as long or longer ones.
    let starts = plan.index.starts
    for length in 0...plan.steps { indices[starts + length] = 0 }
    for length in lengths { indices[starts + length] += 1 }
    var longer: Int32 = 0
    for length in (0...plan.steps).reversed() {
      let count = indices[starts + length]
      indices[starts + length] = longer
      longer += count
    }
    var steps = 0
    for (sequence, length) in lengths.enumerated() {
      let place = Int(indices[starts + length])
      indices[starts + length] += 1
      indices[plan.index.order + place] = Int32(sequence)
      indices[plan.index.lengths + place] = Int32(length)
      steps = max(steps, length)
    }
    var row: Int32 = 0
    for step in 0..<steps {
      indices[starts + step] = row
      row += indices[starts + step + 1]
    }
    indices[starts + steps] = row
    (isRagged, sequenceCount, batchSteps) = (true, lengths.count, steps)
    setSegment(0..<steps)
    setMirror()
    return steps
  }

  private func setMirror() {
    guard let mirror = plan.index.mirror else { return }
    for place in 0..<sequenceCount {
      let length = length(ofPlace: place)
      for step in 0..<length {
        indices[mirror + firstRow(ofStep: step) + place] = Int32(firstRow(ofStep: length - 1 - step) + place)
      }
    }
  }

  // MARK: Pieces of time

  /// What follows is about a piece of the batch's time: its steps and rows are counted from 0.
  func setSegment(_ steps: Range<Int>) {
    indices[plan.index.segment] = Int32(steps.lowerBound)
    indices[plan.index.segment + 1] = indices[plan.index.starts + steps.lowerBound]
    indices[plan.index.segment + 2] = Int32(steps.count)
  }

  /// Steps of the batch before the segment.
  @inline(__always)
  var firstStep: Int { Int(indices[plan.index.segment]) }

  /// Rows of the batch before the segment.
  @inline(__always)
  var rowOffset: Int { Int(indices[plan.index.segment + 1]) }

  var segmentSteps: Int { Int(indices[plan.index.segment + 2]) }

  /// Rows of the whole batch.
  var batchRowCount: Int { Int(indices[plan.index.starts + batchSteps]) }

  // MARK: Rows

  @inline(__always)
  func firstRow(ofStep step: Int) -> Int { Int(indices[plan.index.starts + firstStep + step]) - rowOffset }

  /// Sequences that have a step.
  @inline(__always)
  func activeCount(inStep step: Int) -> Int {
    let next = plan.index.starts + firstStep + step + 1
    return Int(indices[next] - indices[next - 1])
  }

  /// R of the segment.
  var rowCount: Int { firstRow(ofStep: segmentSteps) }

  func length(ofPlace place: Int) -> Int {
    min(max(Int(indices[plan.index.lengths + place]) - firstStep, 0), segmentSteps)
  }

  @inline(__always)
  func sequence(inPlace place: Int) -> Int { Int(indices[plan.index.order + place]) }

  func place(of sequence: Int) -> Int {
    guard isRagged else { return sequence }
    for place in 0..<sequenceCount where self.sequence(inPlace: place) == sequence { return place }
    preconditionFailure("sequence \(sequence) of \(sequenceCount)")
  }

  func mirrored(_ row: Int) -> Int { Int(indices[plan.index.mirror! + row]) }

  /// Row of `states` with the state of a sequence after its last step.
  func finalStateRow(ofPlace place: Int) -> Int {
    let length = length(ofPlace: place)
    return length == 0
      ? sequence(inPlace: place) : plan.batchSize + firstRow(ofStep: length - 1) + place
  }

  /// Calls `body` for every row of `rows` with the step and the sequence whose row it is.
  @inline(__always)
  func forEachRow(in rows: Range<Int>, _ body: (_ row: Int, _ step: Int, _ sequence: Int) -> Void) {
    guard !rows.isEmpty else { return }
    var step = 0
    while firstRow(ofStep: step + 1) <= rows.lowerBound { step += 1 }
    for row in rows {
      while firstRow(ofStep: step + 1) <= row { step += 1 }
      body(row, step, sequence(inPlace: row - firstRow(ofStep: step)))
    }
  }

  // MARK: Shares

  /// Where the places of share `index` of `count` begin, so that all shares have about as many rows.
  func firstPlace(ofShare index: Int, of count: Int) -> Int {
    guard isRagged else { return sequenceCount * index / count }
    if index == count { return sequenceCount }
    var left = rowCount * index / count
    for place in 0..<sequenceCount {
      if left <= length(ofPlace: place) / 2 { return place }
      left -= length(ofPlace: place)
    }
    return sequenceCount
  }

  /// What a worker does in each step of a recurrence; nil where others do all of it. With an even number of workers half
  /// of them run each direction.
  func share(of index: Int, worker: Int) -> StepShare? {
    let recurrence = plan.recurrences[index]
    var (worker, workers) = (worker, pool.count)
    if plan.configuration.directions != .forward, workers % 2 == 0 {
      guard worker % 2 == (recurrence.isReverse ? 1 : 0) else { return nil }
      (worker, workers) = (worker / 2, workers / 2)
    }
    let places = firstPlace(ofShare: worker, of: workers)..<firstPlace(ofShare: worker + 1, of: workers)
    let mayShareColumns =
      plan.configuration.directions == .forward && !isRagged && !usesOperands(recurrence)
    return StepShare(
      recurrence, places: places, batchSize: plan.batchSize, worker: worker, of: workers,
      mayShareColumns: mayShareColumns)
  }

  /// Whether the product reads the outputs before each row from a place of their own.
  func usesOperands(_ recurrence: RecurrencePlan) -> Bool {
    recurrence.operands != nil && (plan.isTraining || isRagged)
  }
}
