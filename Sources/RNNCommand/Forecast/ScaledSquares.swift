/// A sum of squares that neither vanishes nor overflows on the way to its root, however small or large the numbers are (as
/// BLAS's nrm2 does it).
struct ScaledSquares {
  private var largest = 0.0
  /// In units of its square.
  private var sum = 0.0

  mutating func add(_ value: Double) {
    let size = abs(value)
    guard size != 0 else { return }
    if size > largest {
      sum = 1 + (largest == 0 ? 0 : sum * (largest / size) * (largest / size))
      largest = size
    } else {
      sum += (size / largest) * (size / largest)
    }
  }

  var root: Double { largest * sum.squareRoot() }
}
