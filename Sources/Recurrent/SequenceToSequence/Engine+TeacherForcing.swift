internal import Kernels

/// A decoder's inputs and targets from one batch of target sequences.
extension Engine {
  /// Inputs [start, targets…], classes [targets…, end].
  /// - Parameters:
  ///   - part: whose targets of all these.
  ///   - lengths: those of its targets and one more each.
  func setTeacherForced(
    _ targets: Sequences<Int32>, _ part: BatchPart, lengths: [Int], marks: SequenceMarks
  ) -> Rows {
    guard let loss = plan.loss else { stop("teacher forcing needs a loss") }
    plan.input.tokens.check(targets)
    loss.classRange.check(targets)
    var rows = rows(lengths: lengths)
    rows.part = part
    for slot in 0..<rows.sequenceCount {
      let sequence = part.first + rows.sequence(inSlot: slot)
      let last = rows.length(ofSlot: slot) - 1
      for step in 0...last {
        let row = rows.firstRow(ofStep: step) + slot
        indices[plan.index.tokens + row] =
          step == 0 ? marks.start : targets.values[targets.position(of: sequence, step: step - 1)]
        indices[loss.classes + row] =
          step == last ? marks.end : targets.values[targets.position(of: sequence, step: step)]
      }
    }
    return rows
  }

  /// Inputs [0, all targets but the last], values [targets], of a part of all these.
  func setTeacherForced(_ targets: Sequences<S>, _ part: BatchPart) -> Rows {
    let input = plan.input.vectors
    require(targets.width == input.columns, "expected vectors of \(input.columns), got \(targets.width)")
    var rows = rows(lengths: targets.lengths[part.sequences(of: targets.count)])
    rows.part = part
    for slot in 0..<rows.sequenceCount {
      let sequence = part.first + rows.sequence(inSlot: slot)
      for step in 0..<rows.length(ofSlot: slot) {
        let row = input.row(rows.firstRow(ofStep: step) + slot)
        if step == 0 {
          memory.fill(row, with: 0)
        } else {
          let start = targets.position(of: sequence, step: step - 1)
          memory.write(targets.values.span.extracting(start..<start + targets.width), at: row.offset)
        }
      }
    }
    setValues(targets, rows)
    return rows
  }
}
