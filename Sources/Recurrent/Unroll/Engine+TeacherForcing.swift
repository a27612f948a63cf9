internal import Kernels

/// A decoder's inputs and targets from one batch of target sequences.
extension Engine {
  /// Inputs [start, targets…], classes [targets…, end].
  /// - Parameter lengths: those of the targets and one more each.
  func setTeacherForced(_ targets: Sequences<Int32>, lengths: [Int], marks: SequenceMarks) {
    precondition(targets.width == 1, "expected 1 token a step, got \(targets.width)")
    Self.check(targets.values.span, below: plan.outputs.columns, "token")
    setRows(lengths: lengths)
    let classes = plan.lossPlan!.firstIndex
    for place in 0..<sequenceCount {
      let sequence = sequence(inPlace: place)
      let last = length(ofPlace: place) - 1
      for step in 0...last {
        let row = firstRow(ofStep: step) + place
        indices[plan.index.tokens + row] =
          step == 0 ? marks.start : targets.values[targets.position(of: sequence, step: step - 1)]
        indices[classes + row] =
          step == last ? marks.end : targets.values[targets.position(of: sequence, step: step)]
      }
    }
  }

  /// Inputs [0, all targets but the last], values [targets].
  func setTeacherForced(_ targets: Sequences<S>) {
    let input = plan.input!
    precondition(targets.width == input.columns, "expected vectors of \(input.columns), got \(targets.width)")
    setRows(lengths: targets.lengths)
    for place in 0..<sequenceCount {
      let sequence = sequence(inPlace: place)
      for step in 0..<length(ofPlace: place) {
        let row = input.row(firstRow(ofStep: step) + place)
        if step == 0 {
          block.fill(row, with: 0)
        } else {
          let start = targets.position(of: sequence, step: step - 1)
          block.write(targets.values.span.extracting(start..<start + targets.width), at: row.offset)
        }
      }
    }
    setValues(targets)
  }
}
