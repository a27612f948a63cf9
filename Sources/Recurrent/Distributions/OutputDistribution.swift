internal import Foundation
internal import Storage

/// What a row of outputs says about a value, of a loss that learns distributions.
///
///     let outputs = try model.predict(.vectors(x)).last
///     for distribution in Loss.studentT.distributions(outputs) {
///       print(distribution.mean, distribution.quantile(0.1), distribution.quantile(0.9))
///     }
public enum OutputDistribution: Sendable, Hashable {
  /// Normal.
  case gaussian(mean: Double, deviation: Double)
  /// Student's t: the deviation is the scale times the root of ν/(ν − 2).
  case studentT(location: Double, scale: Double, degrees: Double)
  /// Of counts, with the variance mean + dispersion·mean².
  case negativeBinomial(mean: Double, dispersion: Double)

  /// Its mean.
  public var mean: Double {
    switch self {
    case .gaussian(let mean, _), .negativeBinomial(let mean, _): mean
    case .studentT(let location, _, _): location
    }
  }

  /// Its variance; infinite for Student's t of 2 degrees of freedom or less.
  public var variance: Double {
    switch self {
    case .gaussian(_, let deviation): deviation * deviation
    case .studentT(_, let scale, let degrees):
      degrees > 2 ? scale * scale * (degrees.isFinite ? degrees / (degrees - 2) : 1) : .infinity
    case .negativeBinomial(let mean, let dispersion): mean + dispersion * mean * mean
    }
  }

  /// The same of a + b·x where x has this distribution; of counts it makes no sense.
  /// - Precondition: the distribution is none of counts, and `factor` is above 0.
  public func scaled(by factor: Double, plus shift: Double) -> OutputDistribution {
    require(factor > 0, "a distribution is scaled by what is above 0, got \(factor)")
    return switch self {
    case .gaussian(let mean, let deviation): .gaussian(mean: mean * factor + shift, deviation: deviation * factor)
    case .studentT(let location, let scale, let degrees):
      .studentT(location: location * factor + shift, scale: scale * factor, degrees: degrees)
    case .negativeBinomial: stop("counts are not scaled")
    }
  }
}

extension Loss {
  /// What outputs stand for, from the first value of the first row to the last of the last.
  /// - Parameters:
  ///   - outputs: [rows, O].
  ///   - outputSize: O; nil: there is one row.
  /// - Precondition: the loss is Gaussian, Student's t or negative binomial.
  public func distributions<S: Scalar>(_ outputs: [S], outputSize: Int? = nil) -> [OutputDistribution] {
    let size = outputSize ?? outputs.count
    require(
      size > 0 && outputs.count.isMultiple(of: size), "\(outputs.count) outputs are no rows of \(size)")
    let count = valueCount(outputs: size)
    return (0..<outputs.count / size).flatMap { row in
      (0..<count).map { column in
        func output(_ part: Int) -> Double { Double(outputs[row * size + part * count + column]) }
        switch kind {
        case .gaussian: return .gaussian(mean: output(0), deviation: exp(output(1) / 2))
        case .studentT:
          return .studentT(
            location: output(0), scale: exp(output(1)),
            degrees: StudentTLikelihood.leastDegrees + softplus(output(2)))
        case .negativeBinomial(let scales):
          let scale = scales.isEmpty ? 1 : scales[scales.count == 1 ? 0 : column]
          return .negativeBinomial(
            mean: scale * softplus(output(0)), dispersion: softplus(output(1)) / scale.squareRoot())
        default: stop("the outputs of \(self) are no distributions")
        }
      }
    }
  }
}
