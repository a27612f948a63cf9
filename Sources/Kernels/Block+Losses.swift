/// Losses of one row in a block.
extension Block where Element: KernelScalar {
  /// Softmax cross-entropy of one row of logits, which becomes its gradient times `scale`; the loss is returned.
  package func softmaxCrossEntropy(_ logits: Matrix, target: Int, scale: Element) -> Double {
    precondition(target >= 0 && target < logits.columns, "class \(target) of \(logits.columns)")
    return unsafe Element._Kernels.softmaxCrossEntropy(
      logits.columns, pointer(logits), target: target, scale: scale)
  }

  /// One row of logits becomes its softmax times `scale`; log Σ e^logit is returned.
  package func softmax(_ logits: Matrix, scale: Element) -> Double {
    unsafe Element._Kernels.softmax(logits.columns, pointer(logits), scale: scale)
  }

  /// Cross-entropy of one row of logits, which becomes its gradient times `scale`, with a target that gives `own` to one
  /// class and `others` (one row) to each; `weight` is their sum. The loss is returned.
  package func spreadCrossEntropy(
    _ logits: Matrix, target: Int, own: Double, others: Matrix, weight: Double, scale: Element
  ) -> Double {
    precondition(target >= 0 && target < logits.columns, "class \(target) of \(logits.columns)")
    precondition(others.columns == logits.columns, "\(others.columns) shares of \(logits.columns) classes")
    return unsafe Element._Kernels.spreadCrossEntropy(
      logits.columns, pointer(logits), target: target, own: own, pointer(others), weight: weight, scale: scale)
  }

  /// Binary cross-entropy of one row of logits, which becomes its gradient times `scale`; the sum is returned.
  /// - Parameter positive: the weight of each output's positive part, one row.
  package func binaryCrossEntropy(_ logits: Matrix, target: Matrix, positive: Matrix, scale: Element) -> Double {
    precondition(
      target.columns == logits.columns && positive.columns == logits.columns,
      "\(logits.columns) outputs, \(target.columns) targets, \(positive.columns) weights")
    return unsafe Element._Kernels.binaryCrossEntropy(
      logits.columns, pointer(logits), pointer(target), pointer(positive), scale: scale)
  }

  /// Squared error of one row of outputs, which becomes its gradient times `scale`; the sum is returned.
  package func squaredError(_ output: Matrix, target: Matrix, scale: Element) -> Double {
    precondition(output.columns == target.columns, "\(output.columns) outputs, \(target.columns) targets")
    return unsafe Element._Kernels.squaredError(
      output.columns, pointer(output), pointer(target), scale: scale)
  }

  /// Absolute error of one row of outputs, which becomes its gradient times `scale`; the sum is returned.
  package func absoluteError(_ output: Matrix, target: Matrix, scale: Element) -> Double {
    precondition(output.columns == target.columns, "\(output.columns) outputs, \(target.columns) targets")
    return unsafe Element._Kernels.absoluteError(
      output.columns, pointer(output), pointer(target), scale: scale)
  }

  /// Huber error of one row of outputs, which becomes its gradient times `scale`; the sum is returned.
  package func huberError(_ output: Matrix, target: Matrix, delta: Element, scale: Element) -> Double {
    precondition(output.columns == target.columns, "\(output.columns) outputs, \(target.columns) targets")
    return unsafe Element._Kernels.huberError(
      output.columns, pointer(output), pointer(target), delta: delta, scale: scale)
  }

  /// result = log(e^stay + e^move + e^(skip + allowed)) + emission for `states` scalars at each of these offsets.
  package func ctcStep(
    states: Int, stay: Int, move: Int, skip: Int, allowed: Int, emission: Int, into result: Int
  ) {
    unsafe Element._Kernels.ctcStep(
      states, stay: row(stay, states), move: row(move, states), skip: row(skip, states),
      allowed: row(allowed, states), emission: row(emission, states), row(result, states))
  }

  /// result = e^(before + after - emission - total), 0 where `before` is -Inf, for `states` scalars at each offset.
  package func ctcOccupancy(
    states: Int, before: Int, after: Int, emission: Int, total: Element, into result: Int
  ) {
    unsafe Element._Kernels.ctcOccupancy(
      states, before: row(before, states), after: row(after, states), emission: row(emission, states), total: total,
      row(result, states))
  }

  @unsafe private func row(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<Element> {
    unsafe pointer(Matrix(offset: offset, rows: 1, columns: count))
  }
}
