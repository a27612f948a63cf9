/// A row-major matrix inside a `Memory`, as plain integers: where it starts, its shape and the distance of its rows.
package struct Region: Sendable, Hashable, BitwiseCopyable {
  /// Index of the first scalar in the memory.
  package var offset: Int
  package var rows: Int
  package var columns: Int
  /// Scalars from one row to the next.
  package var stride: Int

  @inlinable package init(offset: Int, rows: Int, columns: Int, stride: Int? = nil) {
    self.offset = offset
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  /// Of an operand that is not there.
  @inlinable package static var empty: Region { Region(offset: 0, rows: 0, columns: 0) }

  /// Number of scalars when the rows are contiguous.
  @inlinable package var count: Int { rows * columns }

  @inlinable package func rows(_ range: Range<Int>) -> Region {
    require(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of [\(rows), \(columns)]")
    return Region(offset: offset + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  @inlinable package func columns(_ range: Range<Int>) -> Region {
    require(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of [\(rows), \(columns)]")
    return Region(offset: offset + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  @inlinable package func row(_ index: Int) -> Region { rows(index..<index + 1) }

  /// The same region, its first row counted as row `first`: rows before that do not exist.
  @inlinable package func counted(from first: Int) -> Region {
    Region(offset: offset - first * stride, rows: first + rows, columns: columns, stride: stride)
  }

  @inlinable package func moved(by distance: Int) -> Region {
    Region(offset: offset + distance, rows: rows, columns: columns, stride: stride)
  }
}
