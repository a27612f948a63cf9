/// The sums over pairs of labels of a linear chain: [K, K] numbers for each step.
extension Memory where Element == Double {
  /// result[j] = Σ_i vector[i]·matrix[i, j], summed in the order of i, for a square matrix of `count` rows.
  package func chainSums(_ count: Int, vector: Int, matrix: Int, into result: Int) {
    let (vector, matrix, result) = unsafe (row(vector, count), row(matrix, count * count), row(result, count))
    for j in 0..<count { unsafe result[j] = 0 }
    for i in 0..<count {
      let factor = unsafe vector[i]
      guard factor != 0 else { continue }
      let line = unsafe matrix + i * count
      for j in 0..<count { unsafe result[j] += factor * line[j] }
    }
  }

  /// result[i, j] += factor·left[i]·matrix[i, j]·right[j] for square matrices of `count` rows.
  package func chainPairs(
    _ count: Int, left: Int, matrix: Int, right: Int, factor: Double, addingTo result: Int
  ) {
    let (left, right) = unsafe (row(left, count), row(right, count))
    let (matrix, result) = unsafe (row(matrix, count * count), row(result, count * count))
    for i in 0..<count {
      let own = unsafe factor * left[i]
      guard own != 0 else { continue }
      let (line, sums) = unsafe (matrix + i * count, result + i * count)
      for j in 0..<count { unsafe sums[j] += own * line[j] * right[j] }
    }
  }

  @unsafe private func row(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<Double> {
    unsafe pointer(Region(offset: offset, rows: 1, columns: count))
  }
}
