import Recurrent

/// A built-in cell of which one function, forward or backward, is written once more in plain Swift, with one fault or
/// none. What a mutant does not write itself is the original's.
protocol MutantCell: RecurrentCell, Mutant {
  associatedtype Original: RecurrentCell
  static var original: Original { get }
}

extension MutantCell {
  var name: String { Self.original.name }
  var structure: CellStructure { Self.original.structure }

  func forward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
  ) {
    S._forward(Self.original, &gates, previous, &next, &saved)
  }

  func backward<S: Scalar>(
    gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
  ) {
    S._backward(Self.original, &gates, previous, next, saved, &gradient)
  }
}
