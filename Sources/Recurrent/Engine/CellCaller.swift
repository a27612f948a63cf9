internal import Kernels

/// How the engine calls its cell, chosen once: by the kernels of a built-in cell, or by the row functions of a user's, one
/// row after the other.
struct CellCaller<S: Scalar> {
  private let kernels: CellKernels<S>?
  private let cell: any RecurrentCell
  private let twoStageCell: (any TwoStageCell)?
  private let vectorCell: (any VectorCell)?

  init(_ cell: any RecurrentCell) {
    self.cell = cell
    twoStageCell = cell as? any TwoStageCell
    vectorCell = cell as? any VectorCell
    let structure = cell.structure
    require(
      (structure.recurrentProduct == .lastGateSecondStage) == (twoStageCell != nil),
      "cell \(cell.name) declares a second stage if and only if it conforms to TwoStageCell")
    require(
      (structure.vectorCount > 0) == (vectorCell != nil),
      "cell \(cell.name) declares vectors if and only if it conforms to VectorCell")
    guard let kernelCell = cell as? any KernelCell else {
      kernels = nil
      return
    }
    let kernels = kernelCell.kernel.kernels(S.self)
    let declared = (structure.rowGateCount, structure.stateCount, structure.savedCount, structure.vectorCount)
    require(
      kernels.blocks == declared,
      "cell \(cell.name) has \(declared) blocks of gates, states, saved and vectors, its kernels have \(kernels.blocks)"
    )
    self.kernels = kernels
  }

  // The existentials are opened row by row: that costs nothing, while functions generic over the cell would not be
  // specialised for the scalar.

  @inline(__always)
  func forward(_ step: CellStep, in memory: Memory<S>) {
    if let kernels { return kernels.forward(step, in: memory) }
    if let vectorCell {
      let vectors = memory.span(step.vectors, 0)
      for row in 0..<step.rows {
        var gates = memory.mutableSpan(step.gates, row)
        var next = memory.mutableSpan(step.next, row)
        var saved = memory.mutableSpan(step.saved, row)
        S._forward(vectorCell, &gates, memory.span(step.previous, row), &next, &saved, vectors)
      }
      return
    }
    for row in 0..<step.rows {
      var gates = memory.mutableSpan(step.gates, row)
      var next = memory.mutableSpan(step.next, row)
      var saved = memory.mutableSpan(step.saved, row)
      S._forward(cell, &gates, memory.span(step.previous, row), &next, &saved)
    }
  }

  @inline(__always)
  func backward(_ step: CellStep, in memory: Memory<S>) {
    if let kernels { return kernels.backward(step, in: memory) }
    if let vectorCell {
      let vectors = memory.span(step.vectors, 0)
      for row in 0..<step.rows {
        var gates = memory.mutableSpan(step.gates, row)
        var gradient = memory.mutableSpan(step.gradient, row)
        var vectorGradient = memory.mutableSpan(step.vectorGradient, row)
        S._backward(
          vectorCell, &gates, memory.span(step.previous, row), memory.span(step.next, row),
          memory.span(step.saved, row), &gradient, vectors, &vectorGradient)
      }
      return
    }
    for row in 0..<step.rows {
      var gates = memory.mutableSpan(step.gates, row)
      var gradient = memory.mutableSpan(step.gradient, row)
      S._backward(
        cell, &gates, memory.span(step.previous, row), memory.span(step.next, row), memory.span(step.saved, row),
        &gradient)
    }
  }

  @inline(__always)
  func forwardSecondStage(_ step: CellStep, in memory: Memory<S>) {
    if let kernels { return kernels.forwardSecondStage(step, in: memory) }
    guard let twoStageCell else { stop("cell \(cell.name) has no second stage") }
    for row in 0..<step.rows {
      var gates = memory.mutableSpan(step.gates, row)
      var next = memory.mutableSpan(step.next, row)
      S._forwardSecondStage(twoStageCell, &gates, memory.span(step.previous, row), &next)
    }
  }

  @inline(__always)
  func backwardFirstStage(_ step: CellStep, in memory: Memory<S>) {
    if let kernels { return kernels.backwardFirstStage(step, in: memory) }
    guard let twoStageCell else { stop("cell \(cell.name) has no second stage") }
    for row in 0..<step.rows {
      var gates = memory.mutableSpan(step.gates, row)
      var gradient = memory.mutableSpan(step.gradient, row)
      S._backwardFirstStage(
        twoStageCell, &gates, memory.span(step.previous, row), memory.span(step.operandGradient, row), &gradient)
    }
  }
}
