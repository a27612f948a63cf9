internal import CKernels

/// One step of a cell: where the rows of its operands stand, one row for each sequence that has the step. The same for
/// every cell, built in or a user's; which operands a cell has, its structure says.
package struct CellStep: Sendable, BitwiseCopyable {
  /// H.
  package var hidden: Int
  /// [rows, gates·H] pre-activations, then what backward needs, then the gradient of the pre-activations.
  package var gates: Region
  /// [rows, states·H] before the step.
  package var previous: Region
  /// [rows, states·H] after the step.
  package var next: Region
  /// [rows, saved·H]
  package var saved: Region
  /// [1, vectors·H]
  package var vectors = Region.empty
  /// [rows, states·H] dL/d(next), then the part of dL/d(previous) that does not pass through a product.
  package var gradient = Region.empty
  /// [rows, H] dL/d(operand of the second stage's product).
  package var operandGradient = Region.empty
  /// [rows, vectors·H] to which dL/d(vectors) is added.
  package var vectorGradient = Region.empty

  @inlinable package init(hidden: Int, gates: Region, previous: Region, next: Region, saved: Region) {
    (self.hidden, self.gates, self.previous, self.next, self.saved) = (hidden, gates, previous, next, saved)
  }

  package var rows: Int { gates.rows }

  /// The same step of one of its rows.
  package func row(_ index: Int) -> CellStep {
    var step = CellStep(
      hidden: hidden, gates: gates.row(index), previous: previous.row(index), next: next.row(index),
      saved: saved.rows > 0 ? saved.row(index) : saved)
    step.vectors = vectors
    if gradient.rows > 0 { step.gradient = gradient.row(index) }
    if operandGradient.rows > 0 { step.operandGradient = operandGradient.row(index) }
    if vectorGradient.rows > 0 { step.vectorGradient = vectorGradient.row(index) }
    return step
  }
}

/// The kernels of a cell in one precision: its row function for all rows of a step, and the derivative.
@safe package struct CellKernels<Element: KernelScalar>: @unchecked Sendable, BitwiseCopyable {
  let cell: rk_cell

  /// - Parameter name: as in `kernel_list.h`; nil where no kernel has it.
  package init?(named name: String) {
    guard let cell = unsafe rk_cell_named(Element.kernels, name) else { return nil }
    self.cell = unsafe cell.pointee
  }

  /// Blocks of [H] in a row of gates, states, saved and vectors: what the kernels read and write.
  package var blocks: (gates: Int, states: Int, saved: Int, vectors: Int) {
    (cell.gates, cell.states, cell.saved, cell.vectors)
  }

  package func forward(_ step: CellStep, in memory: Memory<Element>) {
    check(step)
    require(step.saved, "saved", step, blocks.saved)
    require(step.vectors, "vectors", 1, blocks.vectors * step.hidden)
    var rows = unsafe memory.rows(step)
    unsafe cell.forward(&rows)
  }

  package func backward(_ step: CellStep, in memory: Memory<Element>) {
    check(step)
    require(step.saved, "saved", step, blocks.saved)
    require(step.gradient, "gradient", step, blocks.states)
    require(step.vectors, "vectors", 1, blocks.vectors * step.hidden)
    require(step.vectorGradient, "gradient of vectors", step, blocks.vectors)
    var rows = unsafe memory.rows(step)
    unsafe cell.backward(&rows)
  }

  /// - Precondition: the cell has two stages.
  package func forwardSecondStage(_ step: CellStep, in memory: Memory<Element>) {
    check(step)
    var rows = unsafe memory.rows(step)
    unsafe secondStage(&rows)
  }

  /// - Precondition: the cell has two stages.
  package func backwardFirstStage(_ step: CellStep, in memory: Memory<Element>) {
    check(step)
    require(step.gradient, "gradient", step, blocks.states)
    require(step.operandGradient, "gradient of the operand", step, 1)
    var rows = unsafe memory.rows(step)
    unsafe firstStage(&rows)
  }

  /// That the operands have a row for each sequence, as long as the kernels take it; where they stand, the memory checks.
  private func check(_ step: CellStep) {
    require(step.gates, "gates", step, blocks.gates)
    require(step.previous, "previous state", step, blocks.states)
    require(step.next, "next state", step, blocks.states)
  }

  private func require(_ operand: Region, _ name: String, _ step: CellStep, _ blocks: Int) {
    require(operand, name, step.rows, blocks * step.hidden)
  }

  private func require(_ operand: Region, _ name: String, _ rows: Int, _ columns: Int) {
    Kernels.require(
      columns == 0 || (operand.rows >= rows && operand.columns == columns),
      "\(name) of [\(operand.rows), \(operand.columns)], expected [\(rows), \(columns)]")
  }

  var secondStage: rk_step_kernel {
    guard let kernel = unsafe cell.forward_second_stage else { stop("the cell's kernels have no second stage") }
    return unsafe kernel
  }

  var firstStage: rk_step_kernel {
    guard let kernel = unsafe cell.backward_first_stage else { stop("the cell's kernels have no second stage") }
    return unsafe kernel
  }
}

extension Memory where Element: KernelScalar {
  /// The addresses of a step's operands, which are good for one call.
  @inline(__always)
  @unsafe fileprivate func rows(_ step: CellStep) -> rk_step {
    unsafe rk_step(
      rows: step.rows, hidden: step.hidden,
      gates: pointer(step.gates), gates_stride: step.gates.stride,
      previous: pointer(step.previous), previous_stride: step.previous.stride,
      next: pointer(step.next), next_stride: step.next.stride,
      saved: pointer(step.saved), saved_stride: step.saved.stride,
      gradient: pointer(step.gradient), gradient_stride: step.gradient.stride,
      operand_gradient: pointer(step.operandGradient), operand_gradient_stride: step.operandGradient.stride,
      vectors: pointer(step.vectors),
      vector_gradient: pointer(step.vectorGradient), vector_gradient_stride: step.vectorGradient.stride)
  }
}
