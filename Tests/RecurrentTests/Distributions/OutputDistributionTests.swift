import Foundation
import Recurrent
import Testing

/// Against scipy (1.15) where a number stands, and against sums and integrals.
@Suite struct OutputDistributionTests {
  static let all: [OutputDistribution] = [
    .gaussian(mean: 2, deviation: 3), .studentT(location: -1, scale: 2, degrees: 2.5),
    .studentT(location: 0, scale: 1, degrees: 30), .negativeBinomial(mean: 4, dispersion: 0.5),
    .negativeBinomial(mean: 300, dispersion: 0.01), .negativeBinomial(mean: 3, dispersion: 0),
    .negativeBinomial(mean: 0.2, dispersion: 4),
  ]

  @Test func outputsAreParameters() {
    let outputs: [Double] = [1, 2, 0, log(4), 3, -1]
    #expect(
      Loss.gaussian.distributions(Array(outputs[..<4])) == [
        .gaussian(mean: 1, deviation: 1), .gaussian(mean: 2, deviation: 2),
      ])
    let own = OutputDistribution.studentT(location: 1, scale: exp(2), degrees: 2 + log(2))
    let student = Loss.studentT.distributions(outputs, outputSize: 3)
    #expect(student.count == 2 && student[0] == own)
    let counts = Loss.negativeBinomial(scales: [4]).distributions([0, 0] as [Float])
    guard case .negativeBinomial(let mean, let dispersion) = counts[0] else {
      Issue.record("no counts")
      return
    }
    let expected: [Double] = [4 * log(2), log(2) / 2]
    #expect(abs(mean - expected[0]) < 1e-15 && abs(dispersion - expected[1]) < 1e-15)
  }

  @Test(arguments: [
    (all[0], 3.5, 0.6914624612740131), (all[1], 1.0, 0.7979694863608632), (all[2], -2.0, 0.027312522481491547),
    (all[3], 5.0, 0.736625514403292),
    (all[4], 280.0, 0.29456493158989855), (all[5], 2.0, 0.42319008112684364), (all[6], 0.0, 0.8633400213704505),
  ])
  func probabilities(distribution: OutputDistribution, value: Double, expected: Double) {
    #expect(abs(distribution.probability(upTo: value) - expected) < 1e-9)
  }

  @Test(arguments: all) func quantilesUndoProbabilities(distribution: OutputDistribution) {
    for share in [1e-6, 0.025, 0.1, 0.5, 0.9, 0.975, 1 - 1e-6] {
      let value = distribution.quantile(share)
      if case .negativeBinomial = distribution {
        #expect(distribution.probability(upTo: value) >= share && value >= 0 && value == value.rounded())
        #expect(value == 0 || distribution.probability(upTo: value - 1) < share)
      } else {
        #expect(abs(distribution.probability(upTo: value) - share) < 1e-12)
      }
    }
  }

  /// Means of 20,000 values: within 5 standard errors.
  @Test(arguments: all) func samples(distribution: OutputDistribution) {
    var generator = SeededGenerator(seed: 3)
    let samples = (0..<20_000).map { _ in distribution.sample(using: &generator) }
    let mean = samples.reduce(0, +) / 20_000
    // The tails of 2.5 degrees of freedom are too heavy for a standard error that means anything.
    if distribution != Self.all[1] {
      let error: Double = 5 * (distribution.variance / 20_000).squareRoot()
      #expect(abs(mean - distribution.mean) < error)
    }
    for share in [0.1, 0.5, 0.9] {
      let value = distribution.quantile(share)
      let below = Double(samples.count { $0 <= value }) / 20_000
      // Of a share of one half the standard error is 0.0035.
      #expect(abs(below - distribution.probability(upTo: value)) < 0.018)
    }
    var again = SeededGenerator(seed: 3)
    #expect(samples[0] == distribution.sample(using: &again))
  }

  @Test(arguments: all) func scores(distribution: OutputDistribution) {
    for value in [0.0, 3, 7] {
      // The integral, by its definition.
      let isCount = if case .negativeBinomial = distribution { true } else { false }
      let step = isCount ? 1 : 0.02
      let integral = (0..<20_000).reduce(0.0) { sum, index in
        let x = isCount ? Double(index % 2000) : Double(index - 10_000) * step + step / 2
        guard !isCount || index < 2000 else { return sum }
        let share = distribution.probability(upTo: x) - (x >= value ? 1 : 0)
        return sum + share * share * step
      }
      #expect(abs(distribution.crps(of: value) - integral) < 2e-3, "\(value)")
      var generator = SeededGenerator(seed: 5)
      let samples = (0..<4000).map { _ in distribution.sample(using: &generator) }
      let error = 5 * distribution.variance.squareRoot() / 4000.0.squareRoot()
      #expect(abs(OutputDistribution.crps(of: value, samples: samples) - integral) < error, "\(value)")
    }
  }

  @Test func scoresOfSamplesByHand() {
    // |1 − 2| and |4 − 2| halved, less 3 in half of the four pairs.
    #expect(OutputDistribution.crps(of: 2, samples: [1, 4]) == 0.75)
    #expect(OutputDistribution.crps(of: 2, samples: [5]) == 3)
  }

  @Test func hugeCounts() {
    let distribution = OutputDistribution.negativeBinomial(mean: 1e6, dispersion: 0.01)
    // Nearly a gamma distribution of 100 degrees.
    #expect(abs(distribution.quantile(0.5) / 1e6 - 0.9967) < 0.001)
    let normal = OutputDistribution.gaussian(mean: 1e6, deviation: 1e5)
    let ratio: Double = distribution.crps(of: 1.1e6) / normal.crps(of: 1.1e6)
    #expect((0.9..<1.1).contains(ratio))
    var generator = SeededGenerator(seed: 1)
    #expect((0..<100).allSatisfy { _ in (4e5...1.8e6).contains(distribution.sample(using: &generator)) })
  }
}
