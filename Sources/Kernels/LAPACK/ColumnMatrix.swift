/// A matrix column by column, as LAPACK wants it: entry (i, j) stands at j · rows + i. So the rows of a row-major matrix are
/// the columns of one of these.
package struct ColumnMatrix<S: LAPACKScalar>: Sendable, Hashable {
  package let rows: Int, columns: Int
  package var values: [S]

  package init(rows: Int, columns: Int, repeating value: S = 0) {
    self.init([S](repeating: value, count: rows * columns), rows: rows, columns: columns)
  }

  /// - Parameter values: one column after the other.
  package init(_ values: [S], rows: Int, columns: Int) {
    require(rows >= 0 && columns >= 0, "a matrix needs sizes of 0 or more, got [\(rows), \(columns)]")
    require(values.count == rows * columns, "expected \(rows * columns) entries, got \(values.count)")
    (self.rows, self.columns, self.values) = (rows, columns, values)
  }

  /// - Parameter values: one row after the other.
  package init(rowMajor values: [S], rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns)
    require(values.count == rows * columns, "expected \(rows * columns) entries, got \(values.count)")
    for row in 0..<rows {
      for column in 0..<columns { self.values[column * rows + row] = values[row * columns + column] }
    }
  }

  package static func identity(_ order: Int) -> ColumnMatrix {
    var matrix = ColumnMatrix(rows: order, columns: order)
    for index in 0..<order { matrix[index, index] = 1 }
    return matrix
  }

  package subscript(row: Int, column: Int) -> S {
    get {
      require(
        row >= 0 && row < rows && column >= 0 && column < columns, "entry (\(row), \(column)) of [\(rows), \(columns)]")
      return values[column * rows + row]
    }
    set {
      require(
        row >= 0 && row < rows && column >= 0 && column < columns, "entry (\(row), \(column)) of [\(rows), \(columns)]")
      values[column * rows + row] = newValue
    }
  }

  /// Takes the entries of a matrix of the same shape, without new memory.
  package mutating func copy(_ other: ColumnMatrix) {
    require(
      other.rows == rows && other.columns == columns,
      "expected [\(rows), \(columns)], got [\(other.rows), \(other.columns)]")
    unsafe values.withUnsafeMutableBufferPointer { target in
      unsafe other.values.withUnsafeBufferPointer { source in _ = unsafe target.update(fromContentsOf: source) }
    }
  }
}
