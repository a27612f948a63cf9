internal import Foundation
internal import Kernels

/// Losses of outputs that are a distribution's parameters: Student's t and negative binomial. In double precision.
extension LossStage {
  /// Σ −log of Student's density, whose location, logarithm of the scale and degrees of freedom are a third of the outputs each.
  func studentT<S: Scalar>(_ output: Region, _ target: Region, scale: Double, in memory: LossMemory<S>) -> Double {
    let count = target.columns
    var sum = 0.0
    for column in 0..<count {
      let (location, spread) = (output.offset + column, output.offset + count + column)
      let degrees = output.offset + 2 * count + column
      let own = StudentTLikelihood(
        of: Double(memory.scalars[target.offset + column]), location: Double(memory.scalars[location]),
        logScale: Double(memory.scalars[spread]), degrees: Double(memory.scalars[degrees]))
      sum += own.loss
      memory.scalars[location] = S(own.location * scale)
      memory.scalars[spread] = S(own.logScale * scale)
      memory.scalars[degrees] = S(own.degrees * scale)
    }
    return sum
  }

  /// Σ −log of the negative binomial probability, whose mean and dispersion are half of the outputs each.
  func negativeBinomial<S: Scalar>(
    _ output: Region, _ target: Region, scales: Int, scale: Double, in memory: LossMemory<S>
  ) -> Double {
    let count = target.columns
    var sum = 0.0
    for column in 0..<count {
      let (mean, dispersion) = (output.offset + column, output.offset + count + column)
      let own = NegativeBinomialLikelihood(
        of: Double(memory.scalars[target.offset + column]), mean: Double(memory.scalars[mean]),
        dispersion: Double(memory.scalars[dispersion]), scale: memory.sums[scales + column])
      sum += own.loss
      memory.scalars[mean] = S(own.mean * scale)
      memory.scalars[dispersion] = S(own.dispersion * scale)
    }
    return sum
  }
}

/// −log p of a value, and its derivatives by the outputs.
struct StudentTLikelihood {
  let loss: Double
  let location: Double
  let logScale: Double
  let degrees: Double

  /// Above it variances are finite.
  static let leastDegrees = 2.0

  init(of value: Double, location: Double, logScale: Double, degrees raw: Double) {
    let inverse = exp(-logScale)
    let z = (value - location) * inverse
    let degrees = Self.leastDegrees + softplus(raw)
    let normalizer = GammaFunctions.halfStep(degrees / 2)
    let share = z * z / degrees
    let far = log1p(share)
    // (ν + 1)·z/(ν + z²), which is small for huge z.
    let pull = (degrees + 1) / degrees * (z.isInfinite ? 0 : z / (1 + share))
    loss = logScale + 0.5 * log(2 * Double.pi) + normalizer.value + 0.5 * (degrees + 1) * far
    self.location = -pull * inverse
    self.logScale = 1 - pull * z
    let slope = 0.5 * (normalizer.slope + far - (degrees + 1) / degrees * (share / (1 + share)))
    self.degrees = slope * sigmoid(raw)
  }
}

/// The same of a count.
struct NegativeBinomialLikelihood {
  let loss: Double
  let mean: Double
  let dispersion: Double

  init(of count: Double, mean rawMean: Double, dispersion rawDispersion: Double, scale: Double) {
    let (mean, logMean) = (scale * softplus(rawMean), log(scale) + logSoftplus(rawMean))
    let unit = 1 / scale.squareRoot()
    let alpha = unit * softplus(rawDispersion)
    let t = alpha * mean
    let rising = Self.rising(count, alpha)
    loss =
      GammaFunctions.logGamma(count + 1) - rising.value + mean * GammaFunctions.logRatio(t) * (1 + alpha * count)
      - (count == 0 ? 0 : count * logMean)
    // By the output, of which the mean is a softplus: its slope over the mean stays finite where both vanish.
    self.mean = (scale * sigmoid(rawMean) - count * exp(logSigmoid(rawMean) - logSoftplus(rawMean))) / (1 + t)
    let slope = mean * mean * GammaFunctions.logRests(t).slope + count * mean / (1 + t) - rising.slope
    dispersion = slope * unit * sigmoid(rawDispersion)
  }

  /// log(Γ(z + r)/Γ(r)) − z·log r with r = 1/α, the sum of log(1 + kα) over k < z, and its derivative by α.
  private static func rising(_ count: Double, _ alpha: Double) -> (value: Double, slope: Double) {
    if count <= 32 {
      var (value, slope, k) = (0.0, 0.0, 1.0)
      while k < count {
        value += log1p(k * alpha)
        slope += k / (1 + k * alpha)
        k += 1
      }
      return (value, slope)
    }
    let r = 1 / alpha
    guard r >= GammaFunctions.large else {
      let value = GammaFunctions.logGamma(count + r) - GammaFunctions.logGamma(r) - count * log(r)
      let slope = GammaFunctions.digamma(count + r) - GammaFunctions.digamma(r) - count / r
      return (value, -r * r * slope)
    }
    let t = count * alpha
    let rest = GammaFunctions.logRests(t).log
    let value =
      count * t * (1 + t * rest + rest) - 0.5 * log1p(t) + GammaFunctions.stirling(count + r)
      - GammaFunctions.stirling(r)
    let slope =
      -count * count * rest - 0.5 * count / (1 + t) + GammaFunctions.digammaRest(count + r) / (1 + t) / (1 + t)
      - GammaFunctions.digammaRest(r)
    return (value, slope)
  }
}

// MARK: Functions

/// log(1 + e^x), without overflow.
func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

/// Its logarithm, also where it is too small to be told from 0.
func logSoftplus(_ x: Double) -> Double { x < -36 ? x : log(softplus(x)) }

func sigmoid(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }

func logSigmoid(_ x: Double) -> Double { -softplus(-x) }
