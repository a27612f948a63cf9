import Foundation
import Recurrent
import Testing

/// Student's t and the negative binomial where their formulas lose their digits; ordinary outputs are compared with PyTorch's.
@Suite("Likelihoods at their limits")
struct LikelihoodTests {
  private func student(_ outputs: [Double], _ value: Double) -> (loss: Double, gradient: [Double]) {
    Loss.studentT.evaluate(outputs, outputSize: 3, values: [value])
  }

  private func counts(_ outputs: [Double], _ count: Double, scale: Double = 1) -> (loss: Double, gradient: [Double]) {
    Loss.negativeBinomial(scales: [scale]).evaluate(outputs, outputSize: 2, values: [count])
  }

  @Test("With many degrees of freedom Student's t is the normal density")
  func normal() {
    for degrees in [1e9, 1e15, 1e300] {
      let (loss, gradient) = student([0.5, 0.25, degrees], 2)
      let inverse: Double = exp(-0.25)
      let z: Double = 1.5 * inverse
      let expected: Double = 0.25 + 0.5 * log(2 * Double.pi) + z * z / 2
      let slopes: [Double] = [-z * inverse, 1 - z * z]
      #expect(abs(loss - expected) < 1e-8)
      #expect(abs(gradient[0] - slopes[0]) < 1e-8 && abs(gradient[1] - slopes[1]) < 1e-8)
      #expect(abs(gradient[2]) < 1e-15)
    }
  }

  @Test("Without dispersion the negative binomial is Poisson's")
  func poisson() {
    for count in [0.0, 1, 5, 33, 300] {
      for dispersion in [-40.0, -500, -1e6] {
        let (loss, gradient) = counts([2, dispersion], count)
        let mean = log(1 + exp(2.0))
        let expected: Double = mean - count * log(mean) + GammaFunctions.logGamma(count + 1)
        let bound: Double = 1e-13 * (1 + count * log(count + 2))
        #expect(abs(loss - expected) <= bound)
        let slope: Double = (1 - count / mean) / (1 + exp(-2.0))
        let slopeBound: Double = 1e-13 * (1 + count)
        #expect(abs(gradient[0] - slope) <= slopeBound)
        #expect(gradient[1].isFinite && abs(gradient[1]) < 1e-10)
      }
    }
  }

  @Test("Extreme outputs have finite losses and gradients")
  func extremes() {
    for degrees in [-800.0, 0, 800] {
      for value in [0, 1e6, -1e6] as [Double] {
        let (loss, gradient) = student([0, -20, degrees], value)
        #expect(loss.isFinite && gradient.allSatisfy(\.isFinite), "\(degrees), \(value)")
      }
    }
    for mean in [-800.0, -40, 0, 40, 1e6] {
      for dispersion in [-800.0, -40, 0, 40, 1e6] {
        for count in [0, 1, 32, 33, 1e6] as [Double] {
          for scale in [1e-3, 1, 1e6] {
            let (loss, gradient) = counts([mean, dispersion], count, scale: scale)
            #expect(
              loss.isFinite && gradient.allSatisfy(\.isFinite), "\(mean), \(dispersion), \(count): \(loss), \(gradient)"
            )
          }
        }
      }
    }
    #expect(student([.nan, 0, 0], 1).loss.isNaN && student([0, 0, .nan], 1).gradient[2].isNaN)
    #expect(counts([.nan, 0], 1).loss.isNaN && counts([0, .nan], 40).gradient[1].isNaN)
  }

  @Test("Derivatives are those of the losses, on both sides of every change of formula")
  func derivatives() {
    func check(_ outputs: [Double], _ loss: ([Double]) -> (loss: Double, gradient: [Double])) {
      let gradient = loss(outputs).gradient
      for place in outputs.indices {
        func at(_ step: Double) -> Double {
          var moved = outputs
          moved[place] += step
          return loss(moved).loss
        }
        // Of the fourth order: errors of h⁴ and of the loss's roundoffs over h.
        let h = 1e-3
        let near: Double = at(h) - at(-h)
        let far: Double = at(2 * h) - at(-2 * h)
        let slope: Double = (8 * near - far) / (12 * h)
        let bound: Double = 1e-8 * (1 + abs(gradient[place])) + 1e-13 * abs(loss(outputs).loss) / h
        #expect(abs(slope - gradient[place]) <= bound, "\(outputs), \(place): \(slope), \(gradient[place])")
      }
    }
    for degrees in [-3.0, 0, 5, 11.9, 12.1, 30] {
      for value in [0.1, 4, 300] { check([0, 0.3, degrees]) { student($0, value) } }
    }
    for dispersion in [-12.0, -7, -2.7, -2.6, 0, 3] {
      for count in [0.0, 1, 31, 32, 33, 34, 500] {
        for mean in [-3.0, 0.5, 8] { check([mean, dispersion]) { counts($0, count) } }
      }
    }
  }

  /// By mpmath, to 40 digits.
  @Test(arguments: [
    (0.1, 2.252712651734206, -10.423754940411076), (1, 0, -0.5772156649015329),
    (13.9, 22.29224316208063, 2.595486530172877), (14, 22.552163853123425, 2.6029180902322224),
    (1e5, 1051287.7089736569, 11.512920464961896), (3.25, 0.9358019311087253, 1.016990911068179),
  ])
  func gammaFunctions(x: Double, logGamma: Double, digamma: Double) {
    let bounds: [Double] = [4e-15 * max(1, abs(logGamma)), 4e-15 * max(1, abs(digamma))]
    #expect(abs(GammaFunctions.logGamma(x) - logGamma) <= bounds[0])
    #expect(abs(GammaFunctions.digamma(x) - digamma) <= bounds[1])
  }

  @Test func halfSteps() {
    for x in [1, 2.5, 13.9, 14, 20, 150] as [Double] {
      let (value, slope) = GammaFunctions.halfStep(x)
      let expected: Double = 0.5 * log(x) - GammaFunctions.logGamma(x + 0.5) + GammaFunctions.logGamma(x)
      let bound: Double = 1e-15 * (20 + x * log(x + 1))
      #expect(abs(value - expected) <= bound)
      let expectedSlope: Double = 0.5 / x - GammaFunctions.digamma(x + 0.5) + GammaFunctions.digamma(x)
      #expect(abs(slope - expectedSlope) <= 1e-14)
    }
  }
}
