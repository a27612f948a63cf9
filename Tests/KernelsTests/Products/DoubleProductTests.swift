import Testing

import Kernels

@Suite("Products of double precision in arrays")
struct DoubleProductTests {
  /// Of whole numbers, whose sums are exact: OpenBLAS's triangle, and that of our kernels.
  @Test(arguments: [(1, 1), (3, 5), (40, 127), (70, 128), (33, 129), (20, 300)])
  func gram(rows: Int, columns: Int) {
    let a = (0..<rows * columns).map { Double(($0 * 7919) % 23 - 11) }
    let start = (0..<columns * columns).map { Double($0 % 5) }
    var expected = start
    for row in 0..<columns {
      for column in row..<columns {
        for index in 0..<rows {
          expected[row * columns + column] += a[index * columns + row] * a[index * columns + column]
        }
      }
    }
    var (whole, strips) = (start, start)
    DoubleProducts.addGram(of: a, rows: rows, columns: columns, to: &whole)
    DoubleProducts.addGramInStrips(of: a, rows: rows, columns: columns, to: &strips)
    for row in 0..<columns {
      let upper = row * columns + row..<(row + 1) * columns
      #expect(whole[upper] == expected[upper])
      #expect(strips[upper] == expected[upper])
    }
  }
}
