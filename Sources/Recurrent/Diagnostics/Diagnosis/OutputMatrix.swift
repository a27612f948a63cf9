internal import Kernels

/// Outputs of a recurrence as rows, and the products that are made of them in double precision.
struct OutputMatrix {
  let rows: Int, columns: Int
  /// [rows, columns]
  private(set) var values: [Double]

  /// - Parameter values: row-major.
  init(_ values: [Double], columns: Int) {
    (self.values, self.columns) = (values, columns)
    rows = columns == 0 ? 0 : values.count / columns
  }

  /// The outputs of a trajectory after every step, at most `limit`, evenly spread over all.
  init(_ trajectory: Trajectory, limit: Int) {
    let width = trajectory.outputSize
    var rows: [Double] = []
    for place in trajectory.places(limit, before: 0) {
      rows += trajectory.state(place.sequence, after: place.step + 1).prefix(width)
    }
    self.init(rows, columns: width)
  }

  /// The mean of each column.
  var means: [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<rows { for column in 0..<columns { sums[column] += values[row * columns + column] } }
    return sums.map { $0 / Double(max(1, rows)) }
  }

  mutating func subtract(_ means: [Double]) {
    for row in 0..<rows { for column in 0..<columns { values[row * columns + column] -= means[column] } }
  }

  /// The rows of a range.
  func part(_ range: Range<Int>) -> OutputMatrix {
    OutputMatrix(Array(values[range.lowerBound * columns..<range.upperBound * columns]), columns: columns)
  }

  /// AᵀB, by columns.
  func transposedTimes(_ other: OutputMatrix) -> ColumnMatrix<Double> {
    // Row-major BᵀA is column-major AᵀB.
    ColumnMatrix(other.product(self, transposingSelf: true), rows: columns, columns: other.columns)
  }

  /// A·X, row-major, X by columns.
  func times(_ x: ColumnMatrix<Double>) -> OutputMatrix {
    OutputMatrix(
      product(OutputMatrix(x.values, columns: x.rows), transposingOther: true), columns: x.columns)
  }

  private func product(
    _ other: OutputMatrix, transposingSelf: Bool = false, transposingOther: Bool = false
  ) -> [Double] {
    let (m, n) = (transposingSelf ? columns : rows, transposingOther ? other.rows : other.columns)
    let arena = Arena<Double>(count: values.count + other.values.count + m * n, filledWith: 0)
    let memory = arena.memory
    let a = Region(offset: 0, rows: rows, columns: columns)
    let b = Region(offset: values.count, rows: other.rows, columns: other.columns)
    let c = Region(offset: values.count + other.values.count, rows: m, columns: n)
    memory.write(values.span, to: a)
    memory.write(other.values.span, to: b)
    memory.multiply(a, b, transposingA: transposingSelf, transposingB: transposingOther, into: c)
    return memory.array(c)
  }
}
