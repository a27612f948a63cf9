internal import Storage

/// Models that read their own outputs of the step before, behind their inputs: steps of I + O features.
extension Model {
  /// The steps that such a model is fitted to: each input with the output that was right a step before, and 0 before
  /// the first.
  /// - Parameters:
  ///   - inputs: [T, I]
  ///   - outputs: [T, O]
  /// - Returns: [T, I + O]
  public func teacherForced(_ inputs: [S], _ outputs: [S]) -> [S] {
    let (width, fed) = (configuration.feedbackInputSize, configuration.outputSize)
    let steps = outputs.count / fed
    require(
      outputs.count == steps * fed && inputs.count == steps * width,
      "expected as many steps of \(width) inputs as of \(fed) outputs, got \(inputs.count) and \(outputs.count) numbers"
    )
    var result: [S] = []
    result.reserveCapacity(steps * (width + fed))
    for step in 0..<steps {
      result += inputs[step * width..<(step + 1) * width]
      result += step == 0 ? ArraySlice([S](repeating: 0, count: fed)) : outputs[(step - 1) * fed..<step * fed]
    }
    return result
  }
}

extension ModelConfiguration {
  /// I of a model that reads its outputs behind its inputs.
  fileprivate var feedbackInputSize: Int {
    require(
      input.vocabularySize == nil && !head.isPooled && input.size >= outputSize,
      "a model that reads its outputs takes vectors of at least \(outputSize) features, and gives an output at every step"
    )
    return input.size - outputSize
  }
}

extension InferencePass {
  /// Runs on freely with inputs from outside, each output being read with the next input.
  /// - Parameters:
  ///   - inputs: [T, I]
  ///   - last: the output before the first of them, [O].
  /// - Returns: the outputs, [T, O].
  /// - Precondition: one sequence, of a model that reads its outputs behind its inputs.
  public mutating func generate(reading inputs: [S], after last: [S]) -> [S] {
    let (width, fed) = (plan.configuration.feedbackInputSize, plan.configuration.outputSize)
    require(plan.batchSize == 1, "expected a pass for 1 sequence, got \(plan.batchSize)")
    require(
      width > 0 && inputs.count.isMultiple(of: width) && last.count == fed,
      "expected steps of \(width) inputs, and \(fed) outputs before them, got \(inputs.count) and \(last.count) numbers"
    )
    var (last, generated) = (last, [S]())
    for start in stride(from: 0, to: inputs.count, by: width) {
      let step = Array(inputs[start..<start + width]) + last
      run(vectors: step.span, continuing: true)
      last = outputs
      generated += last
    }
    return generated
  }
}
