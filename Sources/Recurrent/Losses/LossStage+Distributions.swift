internal import Foundation
internal import Kernels

/// Losses of outputs that describe a distribution: quantiles, or mean and variance. Sums are in double precision.
extension LossStage {
  /// Σ max(q·(y − ŷ), (q − 1)·(y − ŷ)) over the quantiles of each value (Koenker & Bassett 1978).
  func pinball<S: Scalar>(
    _ output: Region, _ target: Region, quantiles: Int, count: Int, scale: Double, in memory: LossMemory<S>
  ) -> Double {
    var sum = 0.0
    for column in 0..<output.columns {
      let quantile = memory.sums[quantiles + column % count]
      let error =
        Double(memory.scalars[target.offset + column / count]) - Double(memory.scalars[output.offset + column])
      // Where they are equal any slope between the two is right; NaN must stay NaN.
      let slope = error > 0 ? quantile : error < 0 ? quantile - 1 : error
      sum += slope * error
      memory.scalars[output.offset + column] = S(-slope * scale)
    }
    return sum
  }

  /// Σ ½·(s + (y − μ)²·e^(−s)) over the values, of which the first half of the outputs has the means μ, the second the
  /// logarithms of the variances s (Nix & Weigend 1994).
  func gaussian<S: Scalar>(_ output: Region, _ target: Region, scale: Double, in memory: LossMemory<S>) -> Double {
    let count = target.columns
    var sum = 0.0
    for column in 0..<count {
      let (mean, spread) = (output.offset + column, output.offset + count + column)
      let error = Double(memory.scalars[mean]) - Double(memory.scalars[target.offset + column])
      let logarithm = Double(memory.scalars[spread])
      let inverse = exp(-logarithm)
      sum += 0.5 * (logarithm + error * error * inverse)
      memory.scalars[mean] = S(error * inverse * scale)
      memory.scalars[spread] = S(0.5 * (1 - error * error * inverse) * scale)
    }
    return sum
  }
}
