internal import Foundation
internal import Kernels

/// Lyapunov exponents of a recurrence under its input (Benettin et al. 1980): the logarithms of R's diagonal where vectors
/// that are carried through the steps' derivatives are made orthonormal again after each step. The vectors go back through
/// time: the products of the transposed derivatives have the same singular values.
struct LyapunovSpectrum {
  /// In nats a step, the largest first.
  private(set) var exponents: [Double] = []
  /// Steps that were averaged.
  private(set) var steps = 0

  /// Steps until the vectors lie where they belong; at most a fifth of those of a sequence.
  private static let settling = 50

  init(
    _ trajectory: Trajectory, _ options: DiagnosisOptions, using generator: inout SeededGenerator
  ) throws(DiagnosisError) {
    let size = trajectory.stateSize
    let count = min(options.exponentCount, size)
    var sums = ExponentSums(count: count, size: size)
    var adjoint = try StepAdjoint.planned(trajectory, count: count, threads: options.threads)
    var frame = try OrthonormalFrame(rows: size, columns: count)
    var left = options.exponentSteps
    for sequence in 0..<trajectory.sequenceCount where left > 0 {
      let length = trajectory.steps(sequence)
      guard length > 0 else { continue }
      let settled = min(Self.settling, length / 5)
      let followed = min(length, left + settled)
      try frame.start(using: &generator)
      for step in 0..<followed {
        let place = Trajectory.Place(sequence: sequence, step: length - 1 - step)
        adjoint.multiply(&frame.vectors, at: [Trajectory.Place](repeating: place, count: count))
        try frame.orthonormalize()
        if step >= settled { sums.add(frame.stretches) }
      }
      left -= followed - settled
    }
    (exponents, steps) = (sums.exponents, sums.steps)
  }
}

/// What vectors were stretched by, step for step.
struct ExponentSums {
  private var sums: [Double]
  private let size: Int
  private(set) var steps = 0

  /// - Parameter size: numbers of a vector.
  init(count: Int, size: Int) {
    sums = [Double](repeating: 0, count: count)
    self.size = size
  }

  mutating func add(_ stretches: [Double]) {
    // What is within rounding of nothing is nothing.
    let least = (stretches.max() ?? 0) * Double(size) * .ulpOfOne
    for (index, value) in stretches.enumerated() { sums[index] += value > least ? log(value) : -.infinity }
    steps += 1
  }

  /// In nats a step, the largest first.
  var exponents: [Double] { sums.map { $0 / Double(max(1, steps)) }.sorted(by: >) }
}

/// Vectors that are made orthonormal again and again.
struct OrthonormalFrame {
  /// As columns.
  var vectors: ColumnMatrix<Double>
  private var qr: QRFactorization<Double>

  init(rows: Int, columns: Int) throws(DiagnosisError) {
    do throws(FactorizationError) { qr = try QRFactorization(rows: rows, columns: columns) } catch {
      throw DiagnosisError(error, for: "the Lyapunov exponents")
    }
    vectors = ColumnMatrix(rows: rows, columns: columns)
  }

  /// Random directions.
  mutating func start(using generator: inout SeededGenerator) throws(DiagnosisError) {
    for index in vectors.values.indices { vectors.values[index] = generator.normal() }
    try orthonormalize()
  }

  mutating func orthonormalize() throws(DiagnosisError) {
    do throws(FactorizationError) { try qr.factor(vectors) } catch {
      throw DiagnosisError(error, for: "the Lyapunov exponents")
    }
    qr.formQ(into: &vectors)
  }

  /// How much each vector was longer than 1, beside those before it.
  var stretches: [Double] { (0..<vectors.columns).map { abs(qr.r($0, $0)) } }
}
