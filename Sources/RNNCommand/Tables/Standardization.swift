import Recurrent

/// Mean and deviation of each column, measured on the training part and kept with the model.
struct Standardization: Sendable, Hashable {
  let means: [Double]
  /// Standard deviations; 1 for a column that never changes.
  let deviations: [Double]

  init(means: [Double], deviations: [Double]) { (self.means, self.deviations) = (means, deviations) }

  /// - Parameter values: [rows, `width`], at least one row.
  init(of values: some RandomAccessCollection<Double>, width: Int) {
    // In units of a power of two, which changes no digit, the squares of the smallest and the largest numbers are numbers, too.
    var units = [Double](repeating: 0, count: width)
    for (index, value) in values.enumerated() { units[index % width] = max(units[index % width], abs(value)) }
    units = units.map { $0 == 0 ? 1 : Double(sign: .plus, exponent: $0.exponent, significand: 1) }
    var means = [Double](repeating: 0, count: width)
    var squares = means
    let count = Double(values.count / width)
    for (index, value) in values.enumerated() { means[index % width] += value / units[index % width] / count }
    // In a second pass: the difference of two large sums would lose the digits.
    for (index, value) in values.enumerated() {
      let difference = value / units[index % width] - means[index % width]
      squares[index % width] += difference * difference / count
    }
    self.means = zip(means, units).map { $0 * $1 }
    deviations = squares.indices.map { column in
      let deviation = squares[column].squareRoot()
      // Rounding alone makes a deviation of up to some 1e-16 of the mean.
      return deviation > 1e-12 * abs(means[column]) ? deviation * units[column] : 1
    }
  }

  var width: Int { means.count }

  func apply(_ value: Double, column: Int) -> Float { Float((value - means[column]) / deviations[column]) }

  func undo(_ value: Float, column: Int) -> Double { Double(value) * deviations[column] + means[column] }
}
