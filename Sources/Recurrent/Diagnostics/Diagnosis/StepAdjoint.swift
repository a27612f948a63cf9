internal import Kernels

/// Products with the transposed derivative of a recurrence's step by the state: a backward pass through one step, whose rows are
/// the vectors. So it is exact for every cell, and no matrix is made.
struct StepAdjoint: ~Copyable {
  private var pass: RecurrentPass<Double>
  private var state: RecurrentState<Double>
  private let trajectory: Trajectory
  /// Rows of each part of the state in a vector.
  private let parts: [Range<Int>]
  /// Vectors of a product.
  let count: Int

  init(_ trajectory: Trajectory, count: Int, threads: Int) throws(PlanError) {
    (self.trajectory, self.count) = (trajectory, count)
    pass = try RecurrentPass(trajectory.model, steps: 1, batchSize: count, threads: threads)
    state = RecurrentState(zerosFor: trajectory.model.configuration, batchSize: count)
    var first = 0
    parts = trajectory.widths.map { width in
      defer { first += width }
      return first..<first + width
    }
  }

  /// Replaces each column v by Jᵀ·v, J being the derivative of the state after the step at the column's place by that before it.
  /// - Parameter places: as many as columns.
  mutating func multiply(_ vectors: inout ColumnMatrix<Double>, at places: [Trajectory.Place]) {
    require(
      places.count == count && vectors.columns == count && vectors.rows == trajectory.stateSize,
      "expected \(count) vectors of \(trajectory.stateSize), got \(vectors.columns) of \(vectors.rows)")
    for (column, place) in places.enumerated() {
      let source = trajectory.state(place.sequence, after: place.step)
      for (part, rows) in parts.enumerated() {
        let first = source.startIndex + rows.lowerBound
        state.values.replaceSubrange(state.range(part, 0, column), with: source[first..<first + rows.count])
      }
    }
    pass.initialState = state
    pass.forward(trajectory.input(at: places))
    state.setColumns(vectors)
    pass.backward(finalStateGradient: state)
    pass.initialStateGradient.copyColumns(into: &vectors)
  }

  /// dL/d(pre-activations) of the last product, [count, rowGateCount·H].
  var gateGradients: [Double] {
    pass.engine.memory.array(pass.engine.recurrence(0).gates.rows(0..<count))
  }

  /// As `init`, with the error of a diagnosis.
  static func planned(_ trajectory: Trajectory, count: Int, threads: Int) throws(DiagnosisError) -> StepAdjoint {
    do throws(PlanError) { return try StepAdjoint(trajectory, count: count, threads: threads) } catch {
      throw .plan(error)
    }
  }
}
