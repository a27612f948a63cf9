internal import Kernels

/// Which part of earlier inputs can be read off the outputs by a linear map (Jaeger 2001): ridge regression on half of the
/// steps, R² on the other half.
enum MemoryCapacity {
  /// Classes of tokens that are told apart, the most frequent.
  private static let classLimit = 32
  private static let rowLimit = 8192

  /// - Parameters:
  ///   - inputs: of the model, in the order in which the trajectory comes to them.
  /// - Returns: R² of the input 0, 1, … steps ago; empty where there are fewer steps than 4 for each unit.
  static func curve(
    _ trajectory: Trajectory, _ inputs: Trajectory.Inputs, delays: Int
  ) throws(DiagnosisError) -> [Double] {
    let longest = (0..<trajectory.sequenceCount).map { trajectory.steps($0) }.max() ?? 0
    let depth = min(delays, longest / 2)
    let places = trajectory.places(rowLimit, before: depth)
    let units = trajectory.outputSize
    guard places.count >= 4 * units, places.count >= 8 else { return [] }
    var rows: [Double] = []
    for place in places { rows += trajectory.state(place.sequence, after: place.step + 1).prefix(units) }
    let features = OutputMatrix(rows, columns: units)
    let half = places.count / 2
    let means = features.part(0..<half).means
    var (training, held) = (features.part(0..<half), features.part(half..<places.count))
    training.subtract(means)
    held.subtract(means)
    do throws(FactorizationError) {
      var gram = training.transposedTimes(training)
      let trace = (0..<units).reduce(0) { $0 + gram[$1, $1] }
      guard trace > 0 else { return [Double](repeating: 0, count: depth + 1) }
      // Well above what rounding makes of the Gram.
      for unit in 0..<units { gram[unit, unit] += 1e-8 * trace }
      var cholesky = try CholeskyFactorization<Double>(order: units)
      try cholesky.factor(gram)
      let targets = Targets(inputs, classLimit: classLimit)
      var result: [Double] = []
      for delay in 0...depth {
        var wanted = targets.matrix(places, delay: delay)
        let wantedMeans = wanted.part(0..<half).means
        wanted.subtract(wantedMeans)
        var weights = training.transposedTimes(wanted.part(0..<half))
        try cholesky.solve(&weights)
        let (predicted, actual) = (held.times(weights), wanted.part(half..<places.count))
        var (error, total) = (0.0, 0.0)
        for (one, other) in zip(predicted.values, actual.values) {
          error += (one - other) * (one - other)
          total += other * other
        }
        result.append(total > 0 ? max(0, 1 - error / total) : 0)
      }
      return result
    } catch {
      throw DiagnosisError(error, for: "the memory capacity")
    }
  }

  /// The inputs as numbers: vectors as they are, of tokens whether it is each of the most frequent.
  private struct Targets {
    private let inputs: Trajectory.Inputs
    private var column: [Int32: Int] = [:]
    private let width: Int

    init(_ inputs: Trajectory.Inputs, classLimit: Int) {
      self.inputs = inputs
      switch inputs {
      case .vectors(_, let width): self.width = width
      case .tokens(let tokens):
        var counts: [Int32: Int] = [:]
        for token in tokens.joined() { counts[token, default: 0] += 1 }
        let frequent = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(classLimit)
        for (index, count) in frequent.enumerated() { column[count.key] = index }
        width = frequent.count
      }
    }

    /// The input of the step at each place, `delay` steps before.
    func matrix(_ places: [Trajectory.Place], delay: Int) -> OutputMatrix {
      var values: [Double] = []
      values.reserveCapacity(places.count * width)
      for place in places {
        switch inputs {
        case .vectors(let vectors, let width):
          let first = (place.step - delay) * width
          values += vectors[place.sequence][first..<first + width]
        case .tokens(let tokens):
          var row = [Double](repeating: 0, count: width)
          if let column = column[tokens[place.sequence][place.step - delay]] { row[column] = 1 }
          values += row
        }
      }
      return OutputMatrix(values, columns: width)
    }
  }
}
