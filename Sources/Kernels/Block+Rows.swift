/// Operations on rows and columns of matrices in a block.
extension Block where Element: KernelScalar {
  /// target += source, row by row.
  package func add(_ source: Matrix, to target: Matrix) {
    precondition(source.rows == target.rows && source.columns == target.columns, "sum of unequal shapes")
    let from = unsafe pointer(source)
    let to = unsafe pointer(target)
    for row in 0..<source.rows {
      unsafe Element._Kernels.add(source.columns, from + row * source.stride, to + row * target.stride)
    }
  }

  /// target = factor · source; both may be the same place.
  package func scale(_ source: Matrix, by factor: Element, into target: Matrix) {
    precondition(source.rows == target.rows && source.columns == target.columns, "scaling of unequal shapes")
    let from = unsafe pointer(source)
    let to = unsafe pointer(target)
    for row in 0..<source.rows {
      unsafe Element._Kernels.scale(source.columns, factor, from + row * source.stride, to + row * target.stride)
    }
  }

  /// target = left · right, element by element; all may be the same place.
  package func multiply(_ left: Matrix, by right: Matrix, into target: Matrix) {
    let (x, y, z) = unsafe factors(left, right, target)
    for row in 0..<target.rows {
      unsafe Element._Kernels.multiply(
        target.columns, x + row * left.stride, y + row * right.stride, z + row * target.stride)
    }
  }

  /// target += left · right, element by element.
  package func multiply(_ left: Matrix, by right: Matrix, addingTo target: Matrix) {
    let (x, y, z) = unsafe factors(left, right, target)
    for row in 0..<target.rows {
      unsafe Element._Kernels.multiplyAdd(
        target.columns, x + row * left.stride, y + row * right.stride, z + row * target.stride)
    }
  }

  @unsafe private func factors(
    _ left: Matrix, _ right: Matrix, _ target: Matrix
  ) -> (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>) {
    precondition(
      left.rows == target.rows && right.rows == target.rows && left.columns == target.columns
        && right.columns == target.columns, "elementwise product of unequal shapes")
    return unsafe (pointer(left), pointer(right), pointer(target))
  }

  /// Writes the vector `bias` (one row) into each row of `matrix`.
  package func broadcast(_ bias: Matrix, to matrix: Matrix) {
    precondition(bias.columns == matrix.columns, "a bias of \(bias.columns) for \(matrix.columns) columns")
    unsafe Element._Kernels.broadcastRows(
      matrix.rows, matrix.columns, pointer(bias), pointer(matrix), matrix.stride)
  }

  /// Adds the sum of each column, from the last row to the first, to the vector `sums` (one row).
  package func addColumnSums(_ matrix: Matrix, to sums: Matrix) {
    precondition(sums.columns == matrix.columns, "\(sums.columns) sums of \(matrix.columns) columns")
    unsafe Element._Kernels.addColumnSums(
      matrix.rows, matrix.columns, pointer(matrix), matrix.stride, pointer(sums))
  }

  /// Row i of `matrix` = row indices[offset + i] of `table`. The indices were checked when they were written.
  package func gather(_ table: Matrix, _ indices: Block<Int32>, at offset: Int, into matrix: Matrix) {
    precondition(table.columns == matrix.columns, "rows of \(table.columns) into \(matrix.columns) columns")
    unsafe Element._Kernels.gatherRows(
      matrix.rows, matrix.columns, pointer(table), table.stride,
      indices.pointer(Matrix(offset: offset, rows: 1, columns: matrix.rows)), pointer(matrix), matrix.stride)
  }

  /// Row indices[offset + i] of `table` += row i of `matrix`, from the last row to the first.
  package func scatterAdd(_ matrix: Matrix, _ indices: Block<Int32>, at offset: Int, into table: Matrix) {
    precondition(table.columns == matrix.columns, "rows of \(matrix.columns) into \(table.columns) columns")
    unsafe Element._Kernels.scatterAddRows(
      matrix.rows, matrix.columns, pointer(matrix), matrix.stride,
      indices.pointer(Matrix(offset: offset, rows: 1, columns: matrix.rows)), pointer(table), table.stride)
  }

  /// target[j, i] = source[i, j]
  package func transpose(_ source: Matrix, into target: Matrix) {
    precondition(
      source.rows == target.columns && source.columns == target.rows,
      "transpose of [\(source.rows), \(source.columns)] into [\(target.rows), \(target.columns)]")
    unsafe Element._Kernels.transpose(
      source.rows, source.columns, pointer(source), source.stride, pointer(target), target.stride)
  }

  /// Inverted dropout of some columns of each row of `source` into `target` (which may be the same place). Whether an
  /// element is kept depends only on `seed` and its number, `first` + row · (columns of `source`) + column.
  package func dropout(
    _ source: Matrix, into target: Matrix, columns: Range<Int>, rate: Double, seed: UInt64, first: Int
  ) {
    precondition(columns.lowerBound >= 0 && columns.upperBound <= source.columns, "columns \(columns)")
    precondition(source.rows == target.rows && source.columns == target.columns, "dropout of unequal shapes")
    let from = unsafe pointer(source)
    let to = unsafe pointer(target)
    let threshold = UInt32(rate * 0x1p32)
    let scale = Element(1 / (1 - rate))
    for row in 0..<source.rows {
      unsafe Element._Kernels.dropout(
        columns.count, from + row * source.stride + columns.lowerBound, to + row * target.stride + columns.lowerBound,
        seed: seed, first: UInt64(first + row * source.columns + columns.lowerBound), threshold: threshold,
        scale: scale)
    }
  }

  /// Zoneout of one row: elements of `state` get the value of `previous` with probability `rate`, as decided by `seed` and
  /// their numbers from `first` on; without a seed all get their expectation.
  package func zoneout(_ previous: Matrix, into state: Matrix, rate: Double, seed: UInt64?, first: Int) {
    precondition(previous.columns == state.columns, "zoneout of unequal shapes")
    let (old, new) = unsafe (pointer(previous), pointer(state))
    if let seed {
      unsafe Element._Kernels.zoneout(
        state.columns, old, new, seed: seed, first: UInt64(first), threshold: UInt32(rate * 0x1p32))
    } else {
      unsafe Element._Kernels.zoneoutMean(state.columns, old, new, rate: Element(rate))
    }
  }

  /// The derivative of `zoneout`: what of `gradient` belongs to the previous state moves to `kept`.
  package func zoneoutGradient(_ gradient: Matrix, kept: Matrix, rate: Double, seed: UInt64?, first: Int) {
    precondition(gradient.columns == kept.columns, "zoneout of unequal shapes")
    let (whole, part) = unsafe (pointer(gradient), pointer(kept))
    if let seed {
      unsafe Element._Kernels.zoneoutGradient(
        kept.columns, whole, part, seed: seed, first: UInt64(first), threshold: UInt32(rate * 0x1p32))
    } else {
      unsafe Element._Kernels.zoneoutMeanGradient(kept.columns, whole, part, rate: Element(rate))
    }
  }
}
