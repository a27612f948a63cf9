internal import Kernels

/// States as columns, one for each sequence of the batch: its parts, and in each its recurrences, stand one below the other.
extension RecurrentState where S == Double {
  mutating func setColumns(_ columns: ColumnMatrix<Double>) {
    for (piece, rows) in pieces(columns.rows) { values.replaceSubrange(piece, with: columns.values[rows]) }
  }

  func copyColumns(into columns: inout ColumnMatrix<Double>) {
    for (piece, rows) in pieces(columns.rows) { columns.values.replaceSubrange(rows, with: values[piece]) }
  }

  /// Where each piece stands in `values`, and where in those of columns of so many rows.
  private func pieces(_ rows: Int) -> [(piece: Range<Int>, rows: Range<Int>)] {
    (0..<batchSize).flatMap { column in
      var first = column * rows
      return (0..<partCount).flatMap { part in
        (0..<recurrenceCount).map { recurrence in
          let piece = range(part, recurrence, column)
          defer { first += piece.count }
          return (piece, first..<first + piece.count)
        }
      }
    }
  }
}
