/// A recurrent cell: the function of one row (one sequence at one step), and its derivative. No matrix, no loop over
/// time, no allocation: the unroll does the products and the order of time.
///
/// Built-in cells and your own conform alike and run in the same unroll. Write each function once, generic over the
/// scalar; it then serves both requirements and is specialised for each:
///
/// ```swift
/// /// h = (1 - f)·h' + f·tanh(a),  f = σ(a_f)
/// struct LeakyCell: RecurrentCell {
///   let name = "leaky"
///   let structure = CellStructure(gateCount: 2)
///
///   func forward<S: Scalar>(
///     gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
///   ) {
///     let hidden = next.count
///     VectorMath.sigmoid(&gates, in: 0..<hidden)
///     VectorMath.tanh(&gates, in: hidden..<2 * hidden)
///     for j in 0..<hidden {
///       next[j] = (1 - gates[j]) * previous[j] + gates[j] * gates[hidden + j]
///     }
///   }
///
///   func backward<S: Scalar>(
///     gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>,
///     gradient: inout MutableSpan<S>
///   ) {
///     let hidden = gradient.count
///     for j in 0..<hidden {
///       let (f, candidate, dh) = (gates[j], gates[hidden + j], gradient[j])
///       gates[j] = dh * (candidate - previous[j]) * f * (1 - f)
///       gates[hidden + j] = dh * f * (1 - candidate * candidate)
///       gradient[j] = dh * (1 - f)
///     }
///   }
/// }
/// ```
///
/// Prove it with one call: `checkGradients(of: LeakyCell())`.
public protocol RecurrentCell: Sendable {
  /// Stands in model files; loading a model with a cell that is not built in takes the cell and compares names.
  var name: String { get }

  /// Sizes and the kind of recurrent product.
  var structure: CellStructure { get }

  /// One row, one step.
  /// - Parameters:
  ///   - gates: [`rowGateCount`·H] pre-activations; may be overwritten by what `backward` wants to find.
  ///   - previous: [S·H] the state before the step.
  ///   - next: [S·H] to be filled with the state after the step, the output h first.
  ///   - saved: [`savedCount`·H] to be filled with whatever else `backward` wants.
  func forward(
    gates: inout MutableSpan<Float>, previous: Span<Float>, next: inout MutableSpan<Float>,
    saved: inout MutableSpan<Float>)

  /// See the requirement for `Float`.
  func forward(
    gates: inout MutableSpan<Double>, previous: Span<Double>, next: inout MutableSpan<Double>,
    saved: inout MutableSpan<Double>)

  /// The derivative of `forward`.
  /// - Parameters:
  ///   - gates: [`rowGateCount`·H] as `forward` left it; to be overwritten by dL/d(pre-activations).
  ///   - previous: [S·H] the state before the step.
  ///   - next: [S·H] the state after the step.
  ///   - saved: [`savedCount`·H] as `forward` left it.
  ///   - gradient: [S·H] dL/d(next); to be overwritten by that part of dL/d(previous) which does not pass through
  ///     the recurrent product.
  func backward(
    gates: inout MutableSpan<Float>, previous: Span<Float>, next: Span<Float>, saved: Span<Float>,
    gradient: inout MutableSpan<Float>)

  /// See the requirement for `Float`.
  func backward(
    gates: inout MutableSpan<Double>, previous: Span<Double>, next: Span<Double>, saved: Span<Double>,
    gradient: inout MutableSpan<Double>)
}

/// A cell whose last gate takes its recurrent product in a second stage (`.lastGateSecondStage`).
///
/// Forward: `forward` computes the operand into the first H of `saved`; the unroll adds operand·Wₕᵀ to the last gate;
/// `forwardSecondStage` computes the state. Backward: `backward` is the derivative of the second stage and leaves the
/// last gate's gradient; the unroll multiplies it by Wₕ; `backwardFirstStage` is the derivative of the first stage.
public protocol TwoStageCell: RecurrentCell {
  /// Shapes as in `forward`.
  func forwardSecondStage(
    gates: inout MutableSpan<Float>, previous: Span<Float>, next: inout MutableSpan<Float>)

  /// See the requirement for `Float`.
  func forwardSecondStage(
    gates: inout MutableSpan<Double>, previous: Span<Double>, next: inout MutableSpan<Double>)

  /// From operandGradient [H] = dL/d(operand) leaves the gradients of the other gates, and adds to `gradient`, which
  /// holds what `backward` left there, the operand's direct part.
  func backwardFirstStage(
    gates: inout MutableSpan<Float>, previous: Span<Float>, operandGradient: Span<Float>,
    gradient: inout MutableSpan<Float>)

  /// See the requirement for `Float`.
  func backwardFirstStage(
    gates: inout MutableSpan<Double>, previous: Span<Double>, operandGradient: Span<Double>,
    gradient: inout MutableSpan<Double>)
}
