internal import Kernels

/// The outputs of both directions as one, and the way back.
extension Memory where Element: KernelScalar {
  /// - Parameter target: twice as wide as the two where they are concatenated.
  func merge(_ forward: Region, _ reverse: Region, _ merge: Directions.Merge, into target: Region) {
    switch merge {
    case .concatenate:
      copy(forward, to: target.columns(0..<forward.columns))
      copy(reverse, to: target.columns(forward.columns..<target.columns))
    case .sum, .average:
      copy(forward, to: target)
      add(reverse, to: target)
      if merge == .average { scale(target, by: 0.5, into: target) }
    case .product:
      multiply(forward, by: reverse, into: target)
    }
  }

  /// The derivative of `merge`: dL/d(each direction) from dL/d(merged) and, for the product, their outputs.
  func unmerge(
    _ gradient: Region, _ merge: Directions.Merge, _ forward: Region, _ reverse: Region,
    into forwardGradient: Region, _ reverseGradient: Region
  ) {
    switch merge {
    case .concatenate:
      copy(gradient.columns(0..<forwardGradient.columns), to: forwardGradient)
      copy(gradient.columns(forwardGradient.columns..<gradient.columns), to: reverseGradient)
    case .sum, .average:
      scale(gradient, by: merge == .sum ? 1 : 0.5, into: forwardGradient)
      copy(forwardGradient, to: reverseGradient)
    case .product:
      multiply(gradient, by: reverse, into: forwardGradient)
      multiply(gradient, by: forward, into: reverseGradient)
    }
  }
}
