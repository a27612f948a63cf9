internal import Foundation
internal import Kernels

/// The norm of the gradient by the state k steps back, of unit gradients at the output: adjoint rows, each at a place and in a
/// direction of its own, that go back together.
enum GradientCurve {
  /// Rows: the mean of the logarithms is then known to about a tenth of their scatter.
  private static let rows = 64

  /// - Returns: the geometric mean of the norms 0, 1, … steps back; as many steps as there are, or were asked for.
  static func norms(
    _ trajectory: Trajectory, _ options: DiagnosisOptions, using generator: inout SeededGenerator
  ) throws(DiagnosisError) -> [Double] {
    let longest = (0..<trajectory.sequenceCount).map { trajectory.steps($0) }.max() ?? 0
    let depth = min(max(options.delayCount, options.wantedReach), longest)
    guard depth >= 1 else { return [1] }
    // Where there are fewer places each stands for several directions.
    let found = trajectory.places(rows, before: depth - 1)
    var places = (0..<rows).map { found[$0 % found.count] }
    var adjoint = try StepAdjoint.planned(trajectory, count: rows, threads: options.threads)
    var vectors = ColumnMatrix<Double>(rows: trajectory.stateSize, columns: rows)
    for column in 0..<rows {
      for row in 0..<trajectory.outputSize { vectors[row, column] = generator.normal() }
      let norm = norm(vectors, column)
      for row in 0..<trajectory.outputSize { vectors[row, column] /= norm }
    }
    var norms = [1.0]
    for _ in 0..<depth {
      adjoint.multiply(&vectors, at: places)
      let logarithms = (0..<rows).map { log(max(norm(vectors, $0), .leastNormalMagnitude)) }
      norms.append(exp(logarithms.reduce(0, +) / Double(rows)))
      // Beyond either nothing is said, and numbers end.
      guard let last = norms.last, last > 1e-200, last < 1e100 else { break }
      for index in places.indices { places[index].step -= 1 }
    }
    return norms
  }

  private static func norm(_ vectors: ColumnMatrix<Double>, _ column: Int) -> Double {
    var sum = 0.0
    for index in column * vectors.rows..<(column + 1) * vectors.rows {
      sum += vectors.values[index] * vectors.values[index]
    }
    return sum.squareRoot()
  }
}
