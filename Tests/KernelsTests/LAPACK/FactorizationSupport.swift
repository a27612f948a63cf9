import Kernels
import Testing

/// Shapes that factorizations are tried on: nothing, single rows and columns, both sides of LAPACK's block sizes (32 and 64),
/// and lying and standing matrices.
let factorizedShapes = [
  (0, 0), (0, 3), (3, 0), (1, 1), (1, 7), (7, 1), (2, 2), (3, 2), (2, 3), (5, 5), (17, 40), (40, 17), (64, 64),
  (65, 65),
  (129, 30), (30, 129), (200, 200),
]

let factorizedOrders = [0, 1, 2, 3, 5, 17, 63, 64, 65, 130, 200]

extension ColumnMatrix {
  /// Independent entries within 1.
  static func random(_ rows: Int, _ columns: Int, seed: Int = 1) -> ColumnMatrix {
    var generator = SplitMix64(seed)
    return ColumnMatrix(generator.numbers(rows * columns, within: 1), rows: rows, columns: columns)
  }

  /// (B + Bᵀ) / 2 of a random B.
  static func symmetric(_ order: Int, seed: Int = 1) -> ColumnMatrix {
    let b = random(order, order, seed: seed)
    return ColumnMatrix(
      (0..<order * order).map { (b[$0 % order, $0 / order] + b[$0 / order, $0 % order]) / 2 }, rows: order,
      columns: order)
  }

  /// A random symmetric matrix with its diagonal raised beyond the sum of a row.
  static func definite(_ order: Int) -> ColumnMatrix {
    var matrix = symmetric(order)
    for index in 0..<order { matrix[index, index] += S(order) }
    return matrix
  }

  /// Of columns `rank`, the others being sums of them.
  static func deficient(_ rows: Int, _ columns: Int, rank: Int) -> ColumnMatrix {
    let product = random(rows, rank, seed: 2).exact.times(random(rank, columns, seed: 3).exact)
    return ColumnMatrix(product.values.map { S($0) }, rows: rows, columns: columns)
  }

  /// 1 / (i + j + 1): the condition grows by a factor of 33 with each row.
  static func hilbert(_ order: Int) -> ColumnMatrix {
    ColumnMatrix((0..<order * order).map { 1 / S($0 % order + $0 / order + 1) }, rows: order, columns: order)
  }

  /// The same numbers in double precision.
  var exact: ColumnMatrix<Double> { ColumnMatrix<Double>(values.map { Double($0) }, rows: rows, columns: columns) }

  static func diagonal(_ values: [S]) -> ColumnMatrix {
    var matrix = ColumnMatrix(rows: values.count, columns: values.count)
    for (index, value) in values.enumerated() { matrix[index, index] = value }
    return matrix
  }
}

extension ColumnMatrix<Double> {
  var norm: Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// A·B, with A or B transposed if asked, by the products of `Memory`: what is column-major is the transpose of a row-major
  /// matrix, so both sides change places.
  func times(_ other: ColumnMatrix, transposingSelf: Bool = false, transposingOther: Bool = false) -> ColumnMatrix {
    let (m, n) = (transposingSelf ? columns : rows, transposingOther ? other.rows : other.columns)
    let arena = Arena<Double>(count: values.count + other.values.count + m * n, filledWith: 0)
    let memory = arena.memory
    memory.write(values.span, at: 0)
    memory.write(other.values.span, at: values.count)
    let a = Region(offset: 0, rows: columns, columns: rows)
    let b = Region(offset: values.count, rows: other.columns, columns: other.rows)
    let c = Region(offset: values.count + other.values.count, rows: n, columns: m)
    memory.multiply(b, a, transposingA: transposingOther, transposingB: transposingSelf, into: c)
    return ColumnMatrix((0..<m * n).map { memory[c.offset + $0] }, rows: m, columns: n)
  }

  func distance(to other: ColumnMatrix) -> Double {
    zip(values, other.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// ‖VᵀV − I‖ for the columns of this matrix.
  var skewness: Double { times(self, transposingSelf: true).distance(to: .identity(columns)) }
}

/// What orthogonal transformations of a [rows, columns] matrix may be off by, relative to its norm: up to `columns` reflections
/// from either side, each a sum over the rows taken twice. Iterations add some sweeps of rotations, which are fewer.
func orthogonalRoundings<S: KernelScalar>(_ rows: Int, _ columns: Int, _ scalar: S.Type) -> Double {
  4 * Double(max(1, rows) * max(1, columns)) * S.unitRoundoff
}
