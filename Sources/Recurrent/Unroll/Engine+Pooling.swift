internal import Kernels

/// Heads that read one row for each sequence: its last step, or the mean or the greatest value over its steps. Their rows
/// stand in the order of the batch.
extension Engine {
  /// The final outputs of the directions; with a residual connection, that of the last step's input too.
  func readLastStep(_ place: Int, into target: Matrix) {
    let layer = plan.layers[plan.layers.count - 1]
    let row = finalStateRow(ofPlace: place)
    let forward = plan.recurrences[layer.recurrences.lowerBound]
    let reverse = plan.recurrences[layer.recurrences.upperBound - 1]
    let target = target.row(sequence(inPlace: place))
    if let merge = layer.merge {
      block.merge(
        forward.states.row(row).columns(forward.outputColumns), reverse.states.row(row).columns(reverse.outputColumns),
        merge, into: target)
    } else {
      block.copy(forward.states.row(row).columns(forward.outputColumns), to: target)
    }
    if layer.addsInput, length(ofPlace: place) > 0 { block.add(layer.input!.row(lastRow(ofPlace: place)), to: target) }
  }

  func readMean(_ place: Int, into target: Matrix) {
    let outputs = plan.layers[plan.layers.count - 1].outputs
    let target = target.row(sequence(inPlace: place))
    let length = length(ofPlace: place)
    block.fill(target, with: 0)
    for step in 0..<length { block.add(outputs.row(firstRow(ofStep: step) + place), to: target) }
    if length > 0 { block.scale(target, by: 1 / S(length), into: target) }
  }

  func readGreatest(_ place: Int, into target: Matrix) {
    let outputs = plan.layers[plan.layers.count - 1].outputs
    let sequence = sequence(inPlace: place)
    let target = target.row(sequence)
    let rows = plan.index.greatest! + sequence * target.columns
    if length(ofPlace: place) == 0 { block.fill(target, with: 0) }
    for step in 0..<length(ofPlace: place) {
      let row = firstRow(ofStep: step) + place
      for unit in 0..<target.columns {
        let value = block[outputs.offset + row * outputs.stride + unit]
        // A value that is not a number is the greatest of all.
        if step == 0 || value > block[target.offset + unit] || value.isNaN {
          block[target.offset + unit] = value
          indices[rows + unit] = Int32(row)
        }
      }
    }
  }

  // MARK: Gradients

  /// dL/d(what the head read) to where it was read from. Of a last step it is where the gradients of the final states
  /// start from; else, or for a residual connection, dL/d(the top layer's outputs).
  func spreadHeadGradient(_ gradient: Matrix, _ worker: Int) {
    let layer = plan.layers[plan.layers.count - 1]
    let outputGradient = plan.outputGradient!.columns(0..<layer.outputs.columns)
    for place in pool.share(of: sequenceCount, worker: worker) {
      let sequence = sequence(inPlace: place)
      let source = gradient.row(sequence)
      let length = length(ofPlace: place)
      switch plan.configuration.head {
      case .lastStep:
        spreadLastStep(layer, place, source)
        guard layer.addsInput, length > 0 else { break }
        for step in 0..<length - 1 { block.fill(outputGradient.row(firstRow(ofStep: step) + place), with: 0) }
        block.copy(source, to: outputGradient.row(lastRow(ofPlace: place)))
      case .meanOverSteps:
        for step in 0..<length {
          block.scale(source, by: 1 / S(length), into: outputGradient.row(firstRow(ofStep: step) + place))
        }
      case .maxOverSteps:
        for step in 0..<length { block.fill(outputGradient.row(firstRow(ofStep: step) + place), with: 0) }
        guard length > 0 else { break }
        let rows = plan.index.greatest! + sequence * source.columns
        for unit in 0..<source.columns {
          let row = Int(indices[rows + unit])
          block[outputGradient.offset + row * outputGradient.stride + unit] = block[source.offset + unit]
        }
      case .everyStep, .none: break
      }
    }
  }

  private func spreadLastStep(_ layer: LayerPlan, _ place: Int, _ source: Matrix) {
    let forward = plan.recurrences[layer.recurrences.lowerBound]
    let target = forward.stateGradient.row(place).columns(forward.outputColumns)
    guard let merge = layer.merge else {
      block.copy(source, to: target)
      return
    }
    let reverse = plan.recurrences[layer.recurrences.upperBound - 1]
    let row = finalStateRow(ofPlace: place)
    block.unmerge(
      source, merge, forward.states.row(row).columns(forward.outputColumns),
      reverse.states.row(row).columns(reverse.outputColumns), into: target,
      reverse.stateGradient.row(place).columns(reverse.outputColumns))
  }

  private func lastRow(ofPlace place: Int) -> Int { firstRow(ofStep: length(ofPlace: place) - 1) + place }
}
