internal import CKernels

/// Weights as whole numbers from -127 to 127, and their scale: what a column of them becomes in `WeightStorage.int8`.
package enum IntegerWeights {
  /// Rounds a column of weights to the nearest, ties to even, the largest magnitude becoming 127.
  ///
  /// The scale has 16 significant bits: a whole number times it is exact, and rounding what was rounded changes nothing. It is
  /// NaN where a weight is not finite, and 0 where all are smaller than 2⁻¹⁰⁰.
  /// - Parameter rounded: as many numbers as there are weights.
  /// - Returns: the scale.
  package static func round(_ weights: Span<Float>, into rounded: inout MutableSpan<Int8>) -> Float {
    require(rounded.count == weights.count, "\(weights.count) weights into \(rounded.count) numbers")
    return unsafe weights.withUnsafeBufferPointer { weights in
      unsafe rounded.withUnsafeMutableBufferPointer { rounded in
        guard let source = weights.baseAddress, let target = rounded.baseAddress else { return 0 }
        return unsafe rk_round_integers(weights.count, source, target)
      }
    }
  }
}
