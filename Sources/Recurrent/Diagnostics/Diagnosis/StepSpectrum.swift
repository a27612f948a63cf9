internal import Kernels

/// The whole Jacobian of a step at some places: a product with the identity, a row for each number of the state.
struct StepSpectrum {
  private(set) var spectrum: StepJacobianSpectrum?
  /// Of each block of a row of gates: the norms of the next state's derivatives by its pre-activations, [places, H] in a row.
  private(set) var sensitivities: [[Double]] = []

  /// A Jacobian of more rows takes too long.
  private static let largestState = 1024

  init(_ trajectory: Trajectory, hidden: Int, _ options: DiagnosisOptions) throws(DiagnosisError) {
    let size = trajectory.stateSize
    guard size <= Self.largestState else { return }
    let places = trajectory.places(options.jacobianCount, before: 0)
    guard !places.isEmpty else { return }
    var adjoint = try StepAdjoint.planned(trajectory, count: size, threads: options.threads)
    var (largest, median, near) = (0.0, 0.0, 0)
    do throws(FactorizationError) {
      var svd = try SingularValues<Double>(rows: size, columns: size, vectors: false)
      for place in places {
        var jacobian = ColumnMatrix<Double>.identity(size)
        adjoint.multiply(&jacobian, at: [Trajectory.Place](repeating: place, count: size))
        try svd.decompose(jacobian)
        largest += svd.values[0]
        median += svd.values[size / 2]
        near += svd.values.count { (0.9...1.1).contains($0) }
        note(adjoint.gateGradients, rows: size, hidden: hidden)
      }
    } catch {
      throw DiagnosisError(error, for: "the Jacobian of a step")
    }
    let count = Double(places.count)
    spectrum = StepJacobianSpectrum(
      count: places.count, largest: largest / count, median: median / count,
      nearOne: Double(near) / (count * Double(size)))
  }

  /// - Parameter gradients: [rows, blocks·H]
  private mutating func note(_ gradients: [Double], rows: Int, hidden: Int) {
    let width = gradients.count / rows
    if sensitivities.isEmpty { sensitivities = [[Double]](repeating: [], count: width / hidden) }
    var squares = [Double](repeating: 0, count: width)
    for row in 0..<rows {
      for column in 0..<width {
        let value = gradients[row * width + column]
        squares[column] += value * value
      }
    }
    for block in sensitivities.indices {
      sensitivities[block] += squares[block * hidden..<(block + 1) * hidden].map { $0.squareRoot() }
    }
  }
}
