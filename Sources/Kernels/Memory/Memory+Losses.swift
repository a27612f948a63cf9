internal import CKernels

/// Losses of one row in a memory.
extension Memory where Element: KernelScalar {
  /// Softmax cross-entropy of one row of logits, which becomes its gradient times `scale`; the loss is returned.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func softmaxCrossEntropy(_ logits: Region, target: Int, scale: Double) -> Double {
    require(target >= 0 && target < logits.columns, "class \(target) of \(logits.columns)")
    return unsafe Element.kernels.pointee.softmax_cross_entropy(
      logits.columns, vector(logits), target, scale)
  }

  /// One row of logits becomes its softmax times `scale`; log Σ e^logit is returned.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func softmax(_ logits: Region, scale: Double) -> Double {
    unsafe Element.kernels.pointee.softmax(logits.columns, vector(logits), scale)
  }

  /// Cross-entropy of one row of logits, which becomes its gradient times `scale`, with a target that gives `own` to one
  /// class and `others` (one row) to each; `weight` is their sum. The loss is returned.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func spreadCrossEntropy(
    _ logits: Region, target: Int, own: Double, others: Region, weight: Double, scale: Double
  ) -> Double {
    require(target >= 0 && target < logits.columns, "class \(target) of \(logits.columns)")
    require(others.columns == logits.columns, "\(others.columns) shares of \(logits.columns) classes")
    return unsafe Element.kernels.pointee.spread_cross_entropy(
      logits.columns, vector(logits), target, own, vector(others), weight, scale)
  }

  /// Binary cross-entropy of one row of logits, which becomes its gradient times `scale`; the sum is returned.
  /// - Parameter positive: the weight of each output's positive part, one row.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func binaryCrossEntropy(_ logits: Region, target: Region, positive: Region, scale: Double) -> Double {
    require(
      target.columns == logits.columns && positive.columns == logits.columns,
      "\(logits.columns) outputs, \(target.columns) targets, \(positive.columns) weights")
    return unsafe Element.kernels.pointee.binary_cross_entropy(
      logits.columns, vector(logits), vector(target), vector(positive), scale)
  }

  /// Squared error of one row of outputs, which becomes its gradient times `scale`; the sum is returned.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func squaredError(_ output: Region, target: Region, scale: Double) -> Double {
    require(output.columns == target.columns, "\(output.columns) outputs, \(target.columns) targets")
    return unsafe Element.kernels.pointee.squared_error(
      output.columns, vector(output), vector(target), scale)
  }

  /// Absolute error of one row of outputs, which becomes its gradient times `scale`; the sum is returned.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func absoluteError(_ output: Region, target: Region, scale: Double) -> Double {
    require(output.columns == target.columns, "\(output.columns) outputs, \(target.columns) targets")
    return unsafe Element.kernels.pointee.absolute_error(
      output.columns, vector(output), vector(target), scale)
  }

  /// Huber error of one row of outputs, which becomes its gradient times `scale`; the sum is returned.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func huberError(_ output: Region, target: Region, delta: Double, scale: Double) -> Double {
    require(output.columns == target.columns, "\(output.columns) outputs, \(target.columns) targets")
    return unsafe Element.kernels.pointee.huber_error(
      output.columns, vector(output), vector(target), delta, scale)
  }

  /// result = log(e^stay + e^move + e^(skip + allowed)) + emission for `states` scalars at each of these offsets.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func ctcStep(
    states: Int, stay: Int, move: Int, skip: Int, allowed: Int, emission: Int, into result: Int
  ) {
    unsafe Element.kernels.pointee.ctc_step(
      states, row(stay, states), row(move, states), row(skip, states),
      row(allowed, states), row(emission, states), row(result, states))
  }

  /// result = e^(before + after - emission - total), 0 where `before` is -Inf, for `states` scalars at each offset.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func ctcOccupancy(
    states: Int, before: Int, after: Int, emission: Int, total: Double, into result: Int
  ) {
    unsafe Element.kernels.pointee.ctc_occupancy(
      states, row(before, states), row(after, states), row(emission, states), total,
      row(result, states))
  }

  @unsafe private func row(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<Element> {
    unsafe pointer(Region(offset: offset, rows: 1, columns: count))
  }
}
