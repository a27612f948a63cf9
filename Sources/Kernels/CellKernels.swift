/// The fused row functions of the built-in cells, on spans. Shapes and equations are beside the C declarations.
///
/// The number of hidden units is that of `next` or `gradient` divided by the number of states; every other span is
/// checked against it.
package enum CellKernels {
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func elmanTanhForward<S: KernelScalar>(_ gates: inout MutableSpan<S>, _ next: inout MutableSpan<S>) {
    let hidden = next.count
    unsafe S._Kernels.elmanTanhForward(hidden, start(&gates, hidden), start(&next, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func elmanTanhBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ next: Span<S>, _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.elmanTanhBackward(
      hidden, start(&gates, hidden), start(next, hidden), start(&gradient, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func elmanReLUForward<S: KernelScalar>(_ gates: inout MutableSpan<S>, _ next: inout MutableSpan<S>) {
    let hidden = next.count
    unsafe S._Kernels.elmanReLUForward(hidden, start(&gates, hidden), start(&next, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func elmanReLUBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ next: Span<S>, _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.elmanReLUBackward(
      hidden, start(&gates, hidden), start(next, hidden), start(&gradient, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>,
    _ saved: inout MutableSpan<S>
  ) {
    let hidden = next.count / 2
    unsafe S._Kernels.lstmForward(
      hidden, start(&gates, 4 * hidden), start(previous, 2 * hidden), start(&next, 2 * hidden),
      start(&saved, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ saved: Span<S>, _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count / 2
    unsafe S._Kernels.lstmBackward(
      hidden, start(&gates, 4 * hidden), start(previous, 2 * hidden), start(saved, hidden),
      start(&gradient, 2 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>
  ) {
    let hidden = next.count
    unsafe S._Kernels.gruForward(
      hidden, start(&gates, 4 * hidden), start(previous, hidden), start(&next, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.gruBackward(
      hidden, start(&gates, 4 * hidden), start(previous, hidden), start(&gradient, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruBeforeForward1<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ saved: inout MutableSpan<S>
  ) {
    let hidden = saved.count
    unsafe S._Kernels.gruBeforeForward1(
      hidden, start(&gates, 3 * hidden), start(previous, hidden), start(&saved, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruBeforeForward2<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>
  ) {
    let hidden = next.count
    unsafe S._Kernels.gruBeforeForward2(
      hidden, start(&gates, 3 * hidden), start(previous, hidden), start(&next, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruBeforeBackward2<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.gruBeforeBackward2(
      hidden, start(&gates, 3 * hidden), start(previous, hidden), start(&gradient, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruBeforeBackward1<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ operandGradient: Span<S>,
    _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.gruBeforeBackward1(
      hidden, start(&gates, 3 * hidden), start(previous, hidden), start(operandGradient, hidden),
      start(&gradient, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmPeepholeForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>, _ saved: inout MutableSpan<S>,
    _ vectors: Span<S>
  ) {
    let hidden = next.count / 2
    unsafe S._Kernels.lstmPeepholeForward(
      hidden, start(&gates, 4 * hidden), start(previous, 2 * hidden), start(&next, 2 * hidden), start(&saved, hidden),
      start(vectors, 3 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmPeepholeBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: Span<S>, _ saved: Span<S>,
    _ gradient: inout MutableSpan<S>, _ vectors: Span<S>, _ vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count / 2
    unsafe S._Kernels.lstmPeepholeBackward(
      hidden, start(&gates, 4 * hidden), start(previous, 2 * hidden), start(next, 2 * hidden), start(saved, hidden),
      start(&gradient, 2 * hidden), start(vectors, 3 * hidden), start(&vectorGradient, 3 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmCoupledForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>, _ saved: inout MutableSpan<S>
  ) {
    let hidden = next.count / 2
    unsafe S._Kernels.lstmCoupledForward(
      hidden, start(&gates, 3 * hidden), start(previous, 2 * hidden), start(&next, 2 * hidden), start(&saved, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmCoupledBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ saved: Span<S>, _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count / 2
    unsafe S._Kernels.lstmCoupledBackward(
      hidden, start(&gates, 3 * hidden), start(previous, 2 * hidden), start(saved, hidden), start(&gradient, 2 * hidden)
    )
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func rnnNormForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ next: inout MutableSpan<S>, _ vectors: Span<S>
  ) {
    let hidden = next.count
    unsafe S._Kernels.rnnNormForward(hidden, start(&gates, hidden), start(&next, hidden), start(vectors, 2 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func rnnNormBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ next: Span<S>, _ gradient: inout MutableSpan<S>, _ vectors: Span<S>,
    _ vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.rnnNormBackward(
      hidden, start(&gates, hidden), start(next, hidden), start(&gradient, hidden), start(vectors, 2 * hidden),
      start(&vectorGradient, 2 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmNormForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>, _ saved: inout MutableSpan<S>,
    _ vectors: Span<S>
  ) {
    let hidden = next.count / 2
    unsafe S._Kernels.lstmNormForward(
      hidden, start(&gates, 4 * hidden), start(previous, 2 * hidden), start(&next, 2 * hidden),
      start(&saved, 5 * hidden), start(vectors, 10 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func lstmNormBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: Span<S>, _ saved: Span<S>,
    _ gradient: inout MutableSpan<S>, _ vectors: Span<S>, _ vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count / 2
    unsafe S._Kernels.lstmNormBackward(
      hidden, start(&gates, 4 * hidden), start(previous, 2 * hidden), start(next, 2 * hidden), start(saved, 5 * hidden),
      start(&gradient, 2 * hidden), start(vectors, 10 * hidden), start(&vectorGradient, 10 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruNormForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>, _ saved: inout MutableSpan<S>,
    _ vectors: Span<S>
  ) {
    let hidden = next.count
    unsafe S._Kernels.gruNormForward(
      hidden, start(&gates, 4 * hidden), start(previous, hidden), start(&next, hidden), start(&saved, 4 * hidden),
      start(vectors, 8 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func gruNormBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ saved: Span<S>, _ gradient: inout MutableSpan<S>,
    _ vectors: Span<S>, _ vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.gruNormBackward(
      hidden, start(&gates, 4 * hidden), start(previous, hidden), start(saved, 4 * hidden), start(&gradient, hidden),
      start(vectors, 8 * hidden), start(&vectorGradient, 8 * hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func minGRUForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>
  ) {
    let hidden = next.count
    unsafe S._Kernels.minGRUForward(hidden, start(&gates, 2 * hidden), start(previous, hidden), start(&next, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func minGRUBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ gradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.minGRUBackward(
      hidden, start(&gates, 2 * hidden), start(previous, hidden), start(&gradient, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func indRNNForward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: inout MutableSpan<S>, _ vectors: Span<S>
  ) {
    let hidden = next.count
    unsafe S._Kernels.indRNNForward(
      hidden, start(&gates, hidden), start(previous, hidden), start(&next, hidden), start(vectors, hidden))
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  package static func indRNNBackward<S: KernelScalar>(
    _ gates: inout MutableSpan<S>, _ previous: Span<S>, _ next: Span<S>, _ gradient: inout MutableSpan<S>,
    _ vectors: Span<S>, _ vectorGradient: inout MutableSpan<S>
  ) {
    let hidden = gradient.count
    unsafe S._Kernels.indRNNBackward(
      hidden, start(&gates, hidden), start(previous, hidden), start(next, hidden), start(&gradient, hidden),
      start(vectors, hidden), start(&vectorGradient, hidden))
  }

  // The pointers are used only in the call that they are made for, while the spans they come from are borrowed.

  @inline(__always)
  @unsafe private static func start<S: KernelScalar>(
    _ span: inout MutableSpan<S>, _ count: Int
  ) -> UnsafeMutablePointer<S> {
    precondition(span.count == count, "expected a row of \(count) scalars, got \(span.count)")
    return unsafe span.withUnsafeMutableBufferPointer { $0.baseAddress! }
  }

  @inline(__always)
  @unsafe private static func start<S: KernelScalar>(_ span: Span<S>, _ count: Int) -> UnsafePointer<S> {
    precondition(span.count == count, "expected a row of \(count) scalars, got \(span.count)")
    return unsafe span.withUnsafeBufferPointer { $0.baseAddress! }
  }
}
