import Kernels
import Testing

@Suite("Rows and columns")
struct RowKernelTests {
  private static let shapes = [
    (0, 3), (1, 1), (1, 9), (2, 17), (3, 32), (4, 33), (5, 5), (7, 64), (13, 100), (37, 35), (66, 71),
  ]

  /// Checks one shape in both precisions.
  private func each(_ check: (MatrixCase<Float>) -> Void, _ checkDouble: (MatrixCase<Double>) -> Void) {
    for (rows, columns) in Self.shapes {
      check(MatrixCase(rows, columns))
      checkDouble(MatrixCase(rows, columns))
    }
  }

  @Test("The bias goes to every row") func broadcast() { each({ $0.broadcast() }, { $0.broadcast() }) }
  @Test("Column sums go up the rows") func sums() { each({ $0.columnSums() }, { $0.columnSums() }) }
  @Test("Rows are gathered") func gather() { each({ $0.gather() }, { $0.gather() }) }
  @Test("Rows are added from the last to the first") func scatter() { each({ $0.scatterAdd() }, { $0.scatterAdd() }) }
  @Test("Transposition") func transpose() { each({ $0.transpose() }, { $0.transpose() }) }
}

/// A matrix with a stride that is wider than its columns.
private struct MatrixCase<Element: KernelScalar> {
  let rows: Int, columns: Int, stride: Int
  let matrix: GuardedRow<Element>
  let before: [Element]
  var random: SplitMix64

  init(_ rows: Int, _ columns: Int) {
    self.rows = rows
    self.columns = columns
    stride = columns + 3
    random = SplitMix64(rows * 1000 + columns)
    before = random.numbers(rows * stride, within: 1)
    matrix = GuardedRow(before)
  }

  private func at(_ i: Int, _ j: Int) -> Element { before[i * stride + j] }

  /// The matrix holds `value` inside and what it held before between the rows.
  private func expectMatrix(_ value: (Int, Int) -> Element) {
    let expected = before.indices.map { index in
      index % stride < columns ? value(index / stride, index % stride) : before[index]
    }
    #expect(matrix.values == expected)
    #expect(matrix.isIntact)
  }

  func broadcast() {
    var random = random
    let bias = GuardedRow<Element>(random.numbers(columns, within: 1))
    unsafe Element.kernels.broadcast_rows(rows, columns, bias.input, matrix.output, stride)
    expectMatrix { _, j in bias[j] }
  }

  func columnSums() {
    var random = random
    let sums = GuardedRow<Element>(random.numbers(columns, within: 1))
    let start = sums.values
    unsafe Element.kernels.add_column_sums(rows, columns, matrix.input, stride, sums.output)
    #expect(sums.values == (0..<columns).map { j in (0..<rows).reversed().reduce(start[j]) { $0 + at($1, j) } })
    #expect(sums.isIntact)
    expectMatrix(at)
  }

  /// A table of five rows, and a row of it for each row of the matrix, many of them repeated.
  private func table() -> (GuardedRow<Element>, [Int32]) {
    var random = random
    let table = GuardedRow<Element>(random.numbers(5 * (columns + 1), within: 1))
    return (table, (0..<rows).map { _ in Int32.random(in: 0..<5, using: &random) })
  }

  func gather() {
    let (table, indices) = table()
    unsafe Element.kernels.gather_rows(rows, columns, table.input, columns + 1, indices, matrix.output, stride)
    expectMatrix { i, j in table[Int(indices[i]) * (columns + 1) + j] }
  }

  func scatterAdd() {
    let (table, indices) = table()
    var expected = table.values
    for i in (0..<rows).reversed() {
      for j in 0..<columns { expected[Int(indices[i]) * (columns + 1) + j] += at(i, j) }
    }
    unsafe Element.kernels.scatter_add_rows(rows, columns, matrix.input, stride, indices, table.output, columns + 1)
    #expect(table.values == expected)
    #expect(table.isIntact)
    expectMatrix(at)
  }

  func transpose() {
    let width = rows + 2
    let out = GuardedRow<Element>([Element](repeating: 7, count: columns * width))
    unsafe Element.kernels.transpose(rows, columns, matrix.input, stride, out.output, width)
    #expect(out.values == out.values.indices.map { $0 % width < rows ? at($0 % width, $0 / width) : 7 })
    #expect(out.isIntact)
    expectMatrix(at)
  }
}
