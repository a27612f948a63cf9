public import Kernels

/// The element type of a model: `Float` to work with, `Double` for gradient checks and research.
///
/// Only `Float` and `Double` conform. The requirements with an underscore pick the cell's function for the precision;
/// they are not API.
public protocol Scalar: KernelScalar {
  static func _forward(
    _ cell: some RecurrentCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>, _ saved: inout MutableSpan<Self>)
  static func _backward(
    _ cell: some RecurrentCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>, _ next: Span<Self>,
    _ saved: Span<Self>, _ gradient: inout MutableSpan<Self>)
  static func _forward(
    _ cell: some VectorCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>, _ saved: inout MutableSpan<Self>, _ vectors: Span<Self>)
  static func _backward(
    _ cell: some VectorCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>, _ next: Span<Self>,
    _ saved: Span<Self>, _ gradient: inout MutableSpan<Self>, _ vectors: Span<Self>,
    _ vectorGradient: inout MutableSpan<Self>)
  static func _forwardSecondStage(
    _ cell: some TwoStageCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>)
  static func _backwardFirstStage(
    _ cell: some TwoStageCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ operandGradient: Span<Self>, _ gradient: inout MutableSpan<Self>)
  /// The name that safetensors has for the precision.
  static var _dataType: String { get }
}

extension Float: Scalar {
  public static func _forward(
    _ cell: some RecurrentCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>, _ saved: inout MutableSpan<Self>
  ) {
    cell.forward(gates: &gates, previous: previous, next: &next, saved: &saved)
  }

  public static func _backward(
    _ cell: some RecurrentCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>, _ next: Span<Self>,
    _ saved: Span<Self>, _ gradient: inout MutableSpan<Self>
  ) {
    cell.backward(gates: &gates, previous: previous, next: next, saved: saved, gradient: &gradient)
  }

  public static func _forward(
    _ cell: some VectorCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>, _ saved: inout MutableSpan<Self>, _ vectors: Span<Self>
  ) {
    cell.forward(gates: &gates, previous: previous, next: &next, saved: &saved, vectors: vectors)
  }

  public static func _backward(
    _ cell: some VectorCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>, _ next: Span<Self>,
    _ saved: Span<Self>, _ gradient: inout MutableSpan<Self>, _ vectors: Span<Self>,
    _ vectorGradient: inout MutableSpan<Self>
  ) {
    cell.backward(
      gates: &gates, previous: previous, next: next, saved: saved, gradient: &gradient, vectors: vectors,
      vectorGradient: &vectorGradient)
  }

  public static func _forwardSecondStage(
    _ cell: some TwoStageCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>
  ) {
    cell.forwardSecondStage(gates: &gates, previous: previous, next: &next)
  }

  public static func _backwardFirstStage(
    _ cell: some TwoStageCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ operandGradient: Span<Self>, _ gradient: inout MutableSpan<Self>
  ) {
    cell.backwardFirstStage(
      gates: &gates, previous: previous, operandGradient: operandGradient, gradient: &gradient)
  }

  public static var _dataType: String { "F32" }
}

extension Double: Scalar {
  public static func _forward(
    _ cell: some RecurrentCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>, _ saved: inout MutableSpan<Self>
  ) {
    cell.forward(gates: &gates, previous: previous, next: &next, saved: &saved)
  }

  public static func _backward(
    _ cell: some RecurrentCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>, _ next: Span<Self>,
    _ saved: Span<Self>, _ gradient: inout MutableSpan<Self>
  ) {
    cell.backward(gates: &gates, previous: previous, next: next, saved: saved, gradient: &gradient)
  }

  public static func _forward(
    _ cell: some VectorCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>, _ saved: inout MutableSpan<Self>, _ vectors: Span<Self>
  ) {
    cell.forward(gates: &gates, previous: previous, next: &next, saved: &saved, vectors: vectors)
  }

  public static func _backward(
    _ cell: some VectorCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>, _ next: Span<Self>,
    _ saved: Span<Self>, _ gradient: inout MutableSpan<Self>, _ vectors: Span<Self>,
    _ vectorGradient: inout MutableSpan<Self>
  ) {
    cell.backward(
      gates: &gates, previous: previous, next: next, saved: saved, gradient: &gradient, vectors: vectors,
      vectorGradient: &vectorGradient)
  }

  public static func _forwardSecondStage(
    _ cell: some TwoStageCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ next: inout MutableSpan<Self>
  ) {
    cell.forwardSecondStage(gates: &gates, previous: previous, next: &next)
  }

  public static func _backwardFirstStage(
    _ cell: some TwoStageCell, _ gates: inout MutableSpan<Self>, _ previous: Span<Self>,
    _ operandGradient: Span<Self>, _ gradient: inout MutableSpan<Self>
  ) {
    cell.backwardFirstStage(
      gates: &gates, previous: previous, operandGradient: operandGradient, gradient: &gradient)
  }

  public static var _dataType: String { "F64" }
}
