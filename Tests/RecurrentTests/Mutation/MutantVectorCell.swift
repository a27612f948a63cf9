import Recurrent

/// A mutant of a cell with vectors of its own.
protocol MutantVectorCell: MutantCell, VectorCell where Original: VectorCell {}

extension MutantVectorCell {
  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    preconditionFailure("\(name) has vectors")
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    preconditionFailure("\(name) has vectors")
  }

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>,
    vectors: Span<S>
  ) {
    S._forward(Self.original, &gates, previous, &next, &saved, vectors)
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>,
    vectors: Span<S>, vectorGradient: inout MutableSpan<S>
  ) {
    S._backward(Self.original, &gates, previous, next, saved, &gradient, vectors, &vectorGradient)
  }
}
