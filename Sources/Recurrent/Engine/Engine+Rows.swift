internal import Kernels

/// Makes the geometry of a batch.
extension Engine {
  /// A batch of sequences of `steps` steps each.
  /// - Parameter sequences: how many; nil: N. In a forward pass without attention they may be fewer.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func rows(steps: Int, sequences: Int? = nil) -> Rows {
    let count = sequences ?? plan.batchSize
    if !writtenRows.isRagged, steps == writtenRows.batchSteps, count == writtenRows.sequenceCount { return writtenRows }
    let index = plan.index
    for step in 0...steps { indices[index.starts + step] = Int32(step * count) }
    for slot in 0..<count {
      indices[index.order + slot] = Int32(slot)
      indices[index.lengths + slot] = Int32(steps)
    }
    return finish(
      Rows(index, in: indices, batchSize: plan.batchSize, isRagged: false, sequenceCount: count, steps: steps))
  }

  /// `1 sequence of 5 steps`, `2 sequences of 3 to 5 steps`.
  private static func text(of lengths: ArraySlice<Int>) -> String {
    let (shortest, longest) = (lengths.min() ?? 0, lengths.max() ?? 0)
    return "\(lengths.count) sequence\(lengths.count == 1 ? "" : "s") of "
      + (shortest == longest ? "" : "\(shortest) to ") + "\(longest) step\(longest == 1 ? "" : "s")"
  }

  /// A batch of sequences of such lengths, at most N.
  func rows(lengths: [Int]) -> Rows { rows(lengths: lengths[...]) }

  /// The same of a part of them.
  func rows(lengths: ArraySlice<Int>) -> Rows {
    require(
      !lengths.isEmpty && lengths.count <= plan.batchSize,
      "expected 1 to \(plan.batchSize) sequences, got \(lengths.count)")
    for (sequence, length) in lengths.enumerated() {
      require(
        length >= 0 && length <= plan.steps,
        "sequence \(sequence) has \(length) steps; expected 0...\(plan.steps)")
    }
    let first = lengths.first ?? 0
    let mayBeOfOneLength = lengths.count == plan.batchSize || (!plan.isTraining && plan.attention == nil)
    if mayBeOfOneLength, first >= 1, lengths.allSatisfy({ $0 == first }) {
      return rows(steps: first, sequences: lengths.count)
    }
    require(
      !plan.isTraining || plan.sizes.isRagged,
      """
      \(Self.text(of: lengths)), where the plan is for \
      \(plan.batchSize) of one length: ask for others with isRagged: true
      """)
    // Sorted by counting, which keeps the order of equally long ones and allocates nothing. First the number of
    // sequences of each length, then of longer ones, and while they take their slots that of as long or longer ones.
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
      let slot = Int(indices[starts + length])
      indices[starts + length] += 1
      indices[plan.index.order + slot] = Int32(sequence)
      indices[plan.index.lengths + slot] = Int32(length)
      steps = max(steps, length)
    }
    var row: Int32 = 0
    for step in 0..<steps {
      indices[starts + step] = row
      row += indices[starts + step + 1]
    }
    indices[starts + steps] = row
    return finish(
      Rows(
        plan.index, in: indices, batchSize: plan.batchSize, isRagged: true, sequenceCount: lengths.count, steps: steps))
  }

  /// Writes the other direction's rows.
  private func finish(_ rows: Rows) -> Rows {
    writtenRows = rows
    guard let mirror = plan.index.mirror else { return rows }
    for slot in 0..<rows.sequenceCount {
      let length = rows.length(ofSlot: slot)
      for step in 0..<length {
        indices[mirror.rows + rows.firstRow(ofStep: step) + slot] = Int32(
          rows.firstRow(ofStep: length - 1 - step) + slot)
      }
    }
    return rows
  }
}
