internal import CKernels

/// Operations on rows and columns of matrices in a memory.
extension Memory where Element: KernelScalar {
  /// target += source, row by row.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func add(_ source: Region, to target: Region) {
    require(source.rows == target.rows && source.columns == target.columns, "sum of unequal shapes")
    let from = unsafe pointer(source)
    let to = unsafe pointer(target)
    for row in 0..<source.rows {
      unsafe Element.kernels.pointee.add(source.columns, from + row * source.stride, to + row * target.stride)
    }
  }

  /// target = factor · source; both may be the same place.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func scale(_ source: Region, by factor: Double, into target: Region) {
    require(source.rows == target.rows && source.columns == target.columns, "scaling of unequal shapes")
    let from = unsafe pointer(source)
    let to = unsafe pointer(target)
    for row in 0..<source.rows {
      unsafe Element.kernels.pointee.scale(source.columns, factor, from + row * source.stride, to + row * target.stride)
    }
  }

  /// Each row times the number that `factors` has for its index; the indices start at `place`.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func scale(_ rows: Region, by factors: Region, _ indices: Memory<Int32>, at place: Int) {
    require(factors.rows == 1, "expected a row of factors, got \(factors.rows)")
    let (values, matrix) = unsafe (pointer(factors), pointer(rows))
    for row in 0..<rows.rows {
      let index = Int(indices[place + row])
      require((0..<factors.columns).contains(index), "index \(index) of \(factors.columns)")
      let start = unsafe matrix + row * rows.stride
      unsafe Element.kernels.pointee.scale(rows.columns, Double(values[index]), start, start)
    }
  }

  /// target = left · right, element by element; all may be the same place.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiply(_ left: Region, by right: Region, into target: Region) {
    let (x, y, z) = unsafe factors(left, right, target)
    for row in 0..<target.rows {
      unsafe Element.kernels.pointee.multiply(
        target.columns, x + row * left.stride, y + row * right.stride, z + row * target.stride)
    }
  }

  /// target += left · right, element by element.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func multiply(_ left: Region, by right: Region, addingTo target: Region) {
    let (x, y, z) = unsafe factors(left, right, target)
    for row in 0..<target.rows {
      unsafe Element.kernels.pointee.multiply_add(
        target.columns, x + row * left.stride, y + row * right.stride, z + row * target.stride)
    }
  }

  @unsafe private func factors(
    _ left: Region, _ right: Region, _ target: Region
  ) -> (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>) {
    require(
      left.rows == target.rows && right.rows == target.rows && left.columns == target.columns
        && right.columns == target.columns, "elementwise product of unequal shapes")
    return unsafe (pointer(left), pointer(right), pointer(target))
  }

  /// Writes the vector `bias` (one row) into each row of `matrix`.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func broadcast(_ bias: Region, to matrix: Region) {
    require(bias.columns == matrix.columns, "a bias of \(bias.columns) for \(matrix.columns) columns")
    unsafe Element.kernels.pointee.broadcast_rows(
      matrix.rows, matrix.columns, vector(bias), pointer(matrix), matrix.stride)
  }

  /// Adds the sum of each column, from the last row to the first, to the vector `sums` (one row).
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func addColumnSums(_ matrix: Region, to sums: Region) {
    require(sums.columns == matrix.columns, "\(sums.columns) sums of \(matrix.columns) columns")
    unsafe Element.kernels.pointee.add_column_sums(
      matrix.rows, matrix.columns, pointer(matrix), matrix.stride, vector(sums))
  }

  /// Row i of `matrix` = row indices[offset + i] of `table`. The indices were checked when they were written.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func gather(_ table: Region, _ indices: Memory<Int32>, at offset: Int, into matrix: Region) {
    require(table.columns == matrix.columns, "rows of \(table.columns) into \(matrix.columns) columns")
    unsafe Element.kernels.pointee.gather_rows(
      matrix.rows, matrix.columns, pointer(table), table.stride,
      indices.pointer(Region(offset: offset, rows: 1, columns: matrix.rows)), pointer(matrix), matrix.stride)
  }

  /// Row indices[offset + i] of `table` += row i of `matrix`, from the last row to the first.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func scatterAdd(_ matrix: Region, _ indices: Memory<Int32>, at offset: Int, into table: Region) {
    require(table.columns == matrix.columns, "rows of \(matrix.columns) into \(table.columns) columns")
    unsafe Element.kernels.pointee.scatter_add_rows(
      matrix.rows, matrix.columns, pointer(matrix), matrix.stride,
      indices.pointer(Region(offset: offset, rows: 1, columns: matrix.rows)), pointer(table), table.stride)
  }

  /// target[j, i] = source[i, j]
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func transpose(_ source: Region, into target: Region) {
    require(
      source.rows == target.columns && source.columns == target.rows,
      "transpose of [\(source.rows), \(source.columns)] into [\(target.rows), \(target.columns)]")
    unsafe Element.kernels.pointee.transpose(
      source.rows, source.columns, pointer(source), source.stride, pointer(target), target.stride)
  }

  /// Inverted dropout of some columns of each row of `source` into `target` (which may be the same place). Whether an
  /// element is kept depends only on `seed` and its number, `first` + row · (columns of `source`) + column.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func dropout(
    _ source: Region, into target: Region, columns: Range<Int>, rate: Double, seed: UInt64, first: Int
  ) {
    require(columns.lowerBound >= 0 && columns.upperBound <= source.columns, "columns \(columns)")
    require(source.rows == target.rows && source.columns == target.columns, "dropout of unequal shapes")
    let from = unsafe pointer(source)
    let to = unsafe pointer(target)
    let threshold = UInt32(rate * 0x1p32)
    let scale = 1 / (1 - rate)
    for row in 0..<source.rows {
      unsafe Element.kernels.pointee.dropout(
        columns.count, from + row * source.stride + columns.lowerBound, to + row * target.stride + columns.lowerBound,
        seed, UInt64(first + row * source.columns + columns.lowerBound), threshold,
        scale)
    }
  }

  /// Zoneout of one row: elements of `state` get the value of `previous` with probability `rate`, as decided by `seed` and
  /// their numbers from `first` on; without a seed all get their expectation.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func zoneout(_ previous: Region, into state: Region, rate: Double, seed: UInt64?, first: Int) {
    require(previous.columns == state.columns, "zoneout of unequal shapes")
    let (old, new) = unsafe (vector(previous), vector(state))
    if let seed {
      unsafe Element.kernels.pointee.zoneout(
        state.columns, old, new, seed, UInt64(first), UInt32(rate * 0x1p32))
    } else {
      unsafe Element.kernels.pointee.zoneout_mean(state.columns, old, new, rate)
    }
  }

  /// The derivative of `zoneout`: what of `gradient` belongs to the previous state moves to `kept`.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  package func zoneoutGradient(_ gradient: Region, kept: Region, rate: Double, seed: UInt64?, first: Int) {
    require(gradient.columns == kept.columns, "zoneout of unequal shapes")
    let (whole, part) = unsafe (vector(gradient), vector(kept))
    if let seed {
      unsafe Element.kernels.pointee.zoneout_gradient(
        kept.columns, whole, part, seed, UInt64(first), UInt32(rate * 0x1p32))
    } else {
      unsafe Element.kernels.pointee.zoneout_mean_gradient(kept.columns, whole, part, rate)
    }
  }

  /// The sum of `count` scalars from `offset` on, at the speed at which they can be read.
  package func readSum(_ offset: Int, count: Int) -> Element {
    unsafe Element(Element.kernels.pointee.read_sum(count, pointer(Region(offset: offset, rows: 1, columns: count))))
  }
}
