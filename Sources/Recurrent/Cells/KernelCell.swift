internal import Kernels

/// A cell whose row function is one of this package's kernels, which compute all rows of a step in one call, vectorised for
/// the processor. All cells of this package are such; a cell of your own may be one, too, under another name.
public protocol KernelCell: RecurrentCell {
  /// What computes the cell.
  var kernel: CellKernel { get }
}

/// The name of a kernel for cells (`Sources/CKernels/include/kernel_list.h`).
public struct CellKernel: Sendable, Hashable {
  private let name: String

  init(_ name: String) { self.name = name }

  /// The kernels of a precision.
  func kernels<S: Scalar>(_ scalar: S.Type) -> CellKernels<S> {
    guard let kernels = CellKernels<S>(named: name) else { stop("there is no kernel named \(name)") }
    return kernels
  }
}

// The row functions: the kernel, for one row.

extension KernelCell {
  /// One row by the kernel, for whoever calls the row function directly: the engine has all rows of a step in one call.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    kernel.kernels(S.self).forward(
      gates: &gates, previous: previous, next: &next, saved: &saved, vectors: [S]().span)
  }

  /// The derivative of one row by the kernel.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    var none: [S] = []
    var vectorGradient = none.mutableSpan
    kernel.kernels(S.self).backward(
      gates: &gates, previous: previous, next: next, saved: saved, gradient: &gradient, vectors: [S]().span,
      vectorGradient: &vectorGradient)
  }
}

extension KernelCell where Self: VectorCell {
  /// Satisfies `RecurrentCell`; traps, as the cell cannot work without its vectors.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    stop("cell \(name) has vectors: give them to forward(…vectors:)")
  }

  /// Satisfies `RecurrentCell`; traps, as the cell cannot work without its vectors.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    stop("cell \(name) has vectors: give them to backward(…vectors:vectorGradient:)")
  }

  /// One row by the kernel, with the cell's vectors.
  public func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    kernel.kernels(S.self).forward(gates: &gates, previous: previous, next: &next, saved: &saved, vectors: vectors)
  }

  /// The derivative of one row by the kernel, with the cell's vectors.
  public func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    kernel.kernels(S.self).backward(
      gates: &gates, previous: previous, next: next, saved: saved, gradient: &gradient, vectors: vectors,
      vectorGradient: &vectorGradient)
  }
}

extension KernelCell where Self: TwoStageCell {
  /// The second stage of one row by the kernel.
  public func forwardSecondStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>
  ) {
    kernel.kernels(S.self).forwardSecondStage(gates: &gates, previous: previous, next: &next)
  }

  /// The derivative of the first stage of one row by the kernel.
  public func backwardFirstStage<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, operandGradient: Span<S>, gradient: inout MutableSpan<S>
  ) {
    kernel.kernels(S.self).backwardFirstStage(
      gates: &gates, previous: previous, operandGradient: operandGradient, gradient: &gradient)
  }
}
