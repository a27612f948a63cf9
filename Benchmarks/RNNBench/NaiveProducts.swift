// The products that a programmer writes first, in plain Swift on arrays: what the engine is compared with.

/// C[m, n] = A[m, k]·B[k, n] as in the textbook: for each element of C the sum over k. B is read column by column.
func textbookProduct(_ a: [Float], _ b: [Float], _ c: inout [Float], m: Int, n: Int, k: Int) {
  for i in 0..<m {
    for j in 0..<n {
      var sum: Float = 0
      for p in 0..<k { sum += a[i * k + p] * b[p * n + j] }
      c[i * n + j] = sum
    }
  }
}

/// The same with the loops in cache order: every array is read row by row.
func cacheOrderProduct(_ a: [Float], _ b: [Float], _ c: inout [Float], m: Int, n: Int, k: Int) {
  for i in 0..<m {
    for j in 0..<n { c[i * n + j] = 0 }
    for p in 0..<k {
      let factor = a[i * k + p]
      for j in 0..<n { c[i * n + j] += factor * b[p * n + j] }
    }
  }
}
