import Foundation
import Recurrent
import Testing

@Suite("Ridge regression")
struct RidgeTests {
  /// Solutions differ by some condition numbers (here below 1e4) times the unit roundoff.
  private static let tolerance = 1e-11

  @Test(
    "As normal equations give it: by Cholesky, eigenvalues and QR", arguments: [(40, 5, 2), (200, 13, 1), (9, 8, 3)])
  func naive(rows: Int, features: Int, targets: Int) throws {
    let problem = RidgeProblem(rows: rows, features: features, targets: targets, seed: UInt64(rows))
    for penalty in [1e-3, 1, 100] {
      let (weights, intercepts) = NaiveRidge.solve(problem.features, problem.targets, penalty: penalty)
      for readout in [
        try problem.gram().solve(penalty: penalty), try problem.gram().spectrum().readout(penalty: penalty),
        try problem.triangle().solve(penalty: penalty),
      ] {
        #expect(relativeDifference(readout.weights, weights.flatMap { $0 }) < Self.tolerance)
        #expect(relativeDifference(readout.intercepts, intercepts) < Self.tolerance)
      }
    }
  }

  @Test("Summed up in blocks, in parts that are added, and at once", arguments: [1, 7, 300])
  func blocks(size: Int) throws {
    // Far from the origin: sums of squares around it would lose seven digits.
    let problem = RidgeProblem(rows: 301, features: 6, targets: 2, offset: 1e4, seed: 4)
    let whole = try problem.gram()
    var gram = try RidgeGram(featureCount: 6, targetCount: 2)
    var (first, second) = (gram, gram)
    var triangle = try RidgeTriangle(featureCount: 6, targetCount: 2)
    for start in stride(from: 0, to: 301, by: size) {
      let rows = start..<min(301, start + size)
      let (features, targets) = (problem.features[rows].flatMap { $0 }, problem.targets[rows].flatMap { $0 })
      gram.add(features: features, targets: targets)
      if start < 150 {
        first.add(features: features, targets: targets)
      } else {
        second.add(features: features, targets: targets)
      }
      try triangle.add(features: features, targets: targets)
    }
    first.add(second)
    let expected = try whole.solve(penalty: 0.1).weights
    #expect(gram.count == 301 && first.count == 301 && triangle.count == 301)
    #expect(relativeDifference(try gram.solve(penalty: 0.1).weights, expected) < 1e-9)
    #expect(relativeDifference(try first.solve(penalty: 0.1).weights, expected) < 1e-9)
    #expect(relativeDifference(try triangle.solve(penalty: 0.1).weights, expected) < 1e-9)
  }

  /// Powers up to the twentieth are dependent on each other to more than sixteen digits once they are squared.
  @Test("QR goes on where the Gram matrix ends")
  func powers() throws {
    let points = (0..<200).map { Double($0) / 199 }
    var problem = RidgeProblem(rows: 1, features: 1, targets: 1, seed: 1)
    problem.features = points.map { x in (1...20).map { pow(x, Double($0)) } }
    problem.targets = points.map { [sin(3 * $0)] }
    let gram = try problem.gram()
    #expect(gram.leastPenalty > 1e-14)
    #expect(throws: RidgeError.notPositiveDefinite(penalty: 0)) { try gram.solve(penalty: 0) }
    #expect(try problem.error(problem.triangle().solve(penalty: 0)) < 1e-15)
    #expect(try problem.error(problem.triangle().solve(penalty: 1e-18)) < 1e-13)
  }

  @Test("With a penalty of 0 and dependent features, the least weights")
  func dependent() throws {
    var problem = RidgeProblem(rows: 30, features: 3, targets: 1, seed: 9)
    problem.features = problem.features.map { $0 + [$0[0]] }
    let readout = try problem.triangle().solve(penalty: 0)
    #expect(abs(readout.weights[0] - readout.weights[3]) < 1e-10)
    let three = RidgeProblem(rows: 30, features: 3, targets: 1, seed: 9)
    #expect(try abs(problem.error(readout) - three.error(three.triangle().solve(penalty: 0))) < 1e-10)
  }

  @Test("Leave-one-out is what fits without the row give")
  func leaveOneOut() throws {
    let problem = RidgeProblem(rows: 25, features: 4, targets: 2, seed: 5)
    let penalties = [1e-6, 0.1, 10]
    let brute = penalties.map { penalty -> Double in
      var sum = 0.0
      for left in problem.features.indices {
        var (features, targets) = (problem.features, problem.targets)
        let (own, truth) = (features.remove(at: left), targets.remove(at: left))
        let (weights, intercepts) = NaiveRidge.solve(features, targets, penalty: penalty)
        for output in 0..<2 { sum += pow(truth[output] - intercepts[output] - dot(weights[output], own), 2) }
      }
      return sum / 50
    }
    for spectrum in [try problem.gram().spectrum(), try problem.triangle().spectrum()] {
      var errors = RidgeErrors(spectrum, penalties: penalties, rows: .fitted)
      // In two blocks.
      errors.add(features: problem.features[..<9].flatMap { $0 }, targets: problem.targets[..<9].flatMap { $0 })
      errors.add(features: problem.features[9...].flatMap { $0 }, targets: problem.targets[9...].flatMap { $0 })
      #expect(errors.count == 25)
      for (own, naive) in zip(errors.meanSquaredErrors, brute) { #expect(abs(own - naive) < 1e-9 * naive) }
    }
    let spectrum = try problem.gram().spectrum()
    #expect(abs(spectrum.degreesOfFreedom(penalty: 0) - 5) < 1e-9)
    #expect(spectrum.degreesOfFreedom(penalty: 1e9) < 1.001)
  }

  @Test("What is not finite is refused")
  func notFinite() throws {
    for value in [Double.nan, .infinity] {
      var problem = RidgeProblem(rows: 20, features: 3, targets: 1, seed: 2)
      problem.features[7][1] = value
      #expect(throws: RidgeError.notFinite) { try problem.gram().solve(penalty: 1) }
      #expect(throws: RidgeError.notFinite) { try problem.gram().spectrum() }
      #expect(throws: RidgeError.notFinite) { try problem.triangle().solve(penalty: 1) }
    }
    #expect(throws: RidgeError.noRows(washout: 0)) { try RidgeGram(featureCount: 2, targetCount: 1).solve(penalty: 1) }
  }
}

@Suite("Recursive least squares")
struct RecursiveLeastSquaresTests {
  @Test("Without forgetting it is ridge regression, the intercept penalised too")
  func ridge() throws {
    let problem = RidgeProblem(rows: 60, features: 5, targets: 2, seed: 11)
    var recursive = try RecursiveLeastSquares(featureCount: 5, targetCount: 2, penalty: 0.3)
    for (row, target) in zip(problem.features, problem.targets) { recursive.update(features: row, targets: target) }
    let (weights, _) = NaiveRidge.solve(
      problem.features.map { $0 + [1] }, problem.targets, penalty: 0.3, hasIntercept: false)
    let readout = recursive.readout
    for output in 0..<2 {
      let own = Array(readout.weights[output * 5..<(output + 1) * 5]) + [readout.intercepts[output]]
      #expect(relativeDifference(own, weights[output]) < 1e-10)
    }
  }

  @Test("Forgetting weighs rows by their age")
  func forgetting() throws {
    let problem = RidgeProblem(rows: 80, features: 3, targets: 1, seed: 12)
    var recursive = try RecursiveLeastSquares(featureCount: 3, targetCount: 1, penalty: 0.5, forgetting: 0.95)
    for (row, target) in zip(problem.features, problem.targets) { recursive.update(features: row, targets: target) }
    let shares = (0..<80).map { pow(0.95, Double(79 - $0) / 2) }
    let (weights, _) = NaiveRidge.solve(
      zip(problem.features, shares).map { row, share in (row + [1]).map { share * $0 } },
      zip(problem.targets, shares).map { row, share in row.map { share * $0 } }, penalty: 0.5 * pow(0.95, 80),
      hasIntercept: false)
    #expect(relativeDifference(recursive.readout.weights + recursive.readout.intercepts, weights[0]) < 1e-9)
  }

  /// Rows without any excitation: 0.9⁻²⁰⁰⁰ would be 10⁹¹.
  @Test("Forgetting without news stays bounded")
  func windUp() throws {
    var recursive = try RecursiveLeastSquares(featureCount: 2, targetCount: 1, penalty: 1, forgetting: 0.9)
    for _ in 0..<2000 { recursive.update(features: [0, 0], targets: [1]) }
    let first = recursive.update(features: [1, 0], targets: [3])
    #expect(abs(first[0] - 2) < 0.1)
    #expect(abs(recursive.update(features: [1, 0], targets: [3])[0]) < 0.1)
    #expect(recursive.readout.weights.allSatisfy { $0.isFinite && abs($0) < 10 })
  }
}
